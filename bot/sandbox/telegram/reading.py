"""What people see over HTTP: who there is, their chats and messages, and a live stream of changes.

Every answer carries the `revision` it shows, so that whoever wants the next change asks for what is new
since then and misses nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from itertools import takewhile

from aiohttp import web

from bot.sandbox.telegram import wire
from bot.sandbox.telegram.bot_api import BotApi
from bot.sandbox.telegram.errors import Json
from bot.sandbox.telegram.methods.profile import commands_for
from bot.sandbox.telegram.people import People, PersonError
from bot.sandbox.telegram.world import ADMINS, MEMBERS, Chat, Message, Press, User

_LONGEST_WAIT = 60.0
_KEEP_ALIVE = 15.0


class Reading:
    """The GET routes of the people's side."""

    def __init__(self, api: BotApi, people: People) -> None:
        self._api, self._world, self._people = api, api.world, people

    def routes(self) -> list[web.RouteDef]:
        """All routes, for aiohttp."""
        return [
            web.get("/sandbox/people", self.people),
            web.get("/sandbox/chats", self.chats),
            web.get("/sandbox/messages", self.messages),
            web.get("/sandbox/press", self.press),
            web.get("/sandbox/wait", self.wait),
            web.get("/sandbox/stream", self.stream),
            web.get("/sandbox/files/{file_id}", self.file),
        ]

    async def people(self, request: web.Request) -> web.Response:
        """The people and the bot."""
        users = [wire.user(person) for person in self._world.users.values()]
        about = self._api.profile.get(("description", ""), "")
        bot = wire.user(self._world.bot) | {"description": about}
        return web.json_response({"revision": self._world.revision, "users": users, "bot": bot})

    async def chats(self, request: web.Request) -> web.Response:
        """The chats of `user_id`, each with its last message and the commands offered there."""
        person = self._people.user(_number(request, "user_id"))
        places = [
            self._chat(place, person)
            for place in self._world.chats.values()
            if place.role(person.id) in MEMBERS and place.migrated_to is None
        ]
        return web.json_response({"revision": self._world.revision, "chats": places})

    def _chat(self, place: Chat, person: User) -> Json:
        bot_role = place.role(self._world.bot.id)
        last = max(place.messages.values(), key=lambda m: m.id, default=None)
        described = {
            **wire.chat(place),
            "role": place.role(person.id),
            "bot_role": bot_role,
            "started": place.started,
            "blocked": place.type == "private" and bot_role == "kicked",
            "can_post": place.type != "channel" or place.role(person.id) in ADMINS,
            "members": sum(1 for role in place.roles.values() if role in MEMBERS),
            "topics": [{"id": thread, "name": name} for thread, name in place.topics.items()],
            "commands": commands_for(self._api, place, person),
            "reply_keyboard": place.reply_keyboard,
            "pinned": place.pinned,
            "unread": sum(1 for item in place.messages.values() if _unread(item, person)),
            "last_message": self.message(last) if last else None,
        }
        if place.type == "private":  # to the person it is a chat with the bot
            described |= {"title": self._world.bot.first_name, "username": self._world.bot.username}
        return described

    def message(self, item: Message) -> Json:
        """A Message with its revision and whether the bot wrote it."""
        return wire.message(self._world, item) | {"revision": item.revision, "by_bot": self._api.is_own(item)}

    async def messages(self, request: web.Request) -> web.Response:
        """The messages of `chat_id` as `user_id` sees them, oldest first; at most the last `limit`."""
        place = self._people.chat(_number(request, "user_id"), _number(request, "chat_id"))
        limit = int(request.query.get("limit", "500"))
        items = sorted(place.messages.values(), key=lambda m: m.id)[-limit:]
        body = {"revision": self._world.revision, "messages": [self.message(item) for item in items]}
        return web.json_response(body)

    async def press(self, request: web.Request) -> web.Response:
        """A press by `press_id`: `answer` is null until the bot answers."""
        press = self._world.presses.get(request.query.get("press_id", ""))
        if press is None:
            raise PersonError(404, "there is no such press")
        return web.json_response(self.pressed(press))

    def pressed(self, press: Press) -> Json:
        """A press and what the bot answered, if it did."""
        return {
            "revision": self._world.revision,
            "press_id": press.id,
            "data": press.data,
            "answer": press.answer,
        }

    async def wait(self, request: web.Request) -> web.Response:
        """Long poll: answers once the revision exceeds `since`, or after `timeout` seconds."""
        timeout = min(float(request.query.get("timeout", "25")), _LONGEST_WAIT)
        revision = await self._world.wait(_number(request, "since"), timeout)
        return web.json_response({"revision": revision})

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: every change in chats of `user_id`, each with the message as it now is."""
        user_id = _number(request, "user_id")
        self._people.user(user_id)
        since = int(
            request.headers.get("Last-Event-ID") or request.query.get("since") or self._world.revision
        )
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        )
        await response.prepare(request)
        await response.write(b"retry: 500\n\n")
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            while True:
                events = self._events(user_id, since)
                since = self._world.revision
                await response.write("".join(events).encode() or b": still here\n\n")
                await self._world.wait(since, _KEEP_ALIVE)
        return response

    def _events(self, user_id: int, since: int) -> list[str]:
        oldest = self._world.changes[0].revision if self._world.changes else 0
        if since + 1 < oldest or since > self._world.revision:
            return [_event(self._world.revision, {"kind": "reload"})]
        events = []
        newest_first = takewhile(lambda change: change.revision > since, reversed(self._world.changes))
        for change in reversed(list(newest_first)):
            place = self._world.chats.get(change.chat_id)
            if place is not None and place.role(user_id) not in MEMBERS:
                continue
            body = {"kind": change.kind, "chat_id": change.chat_id, **change.data}
            item = place.messages.get(change.data.get("message_id", 0)) if place else None
            if item is not None and change.kind in ("message", "edit"):
                body["message"] = self.message(item)
            events.append(_event(change.revision, body))
        return events

    async def file(self, request: web.Request) -> web.Response:
        """The bytes of a photo or document; only a photo is shown in the page, the rest is saved."""
        stored = self._api.files.find(request.match_info["file_id"])
        if stored is None:
            raise PersonError(404, "there is no such file")
        shown = stored.size is not None
        headers = {
            "Content-Type": stored.mime if shown else "application/octet-stream",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, max-age=3600",
        }
        if not shown:
            headers["Content-Disposition"] = "attachment"
        return web.Response(body=stored.content, headers=headers)


def _unread(item: Message, person: User) -> bool:
    own = item.sender is not None and item.sender.id == person.id
    event = "forum_topic_created" in item.content
    return not own and not event and item.id > item.chat.read.get(person.id, 0)


def _event(revision: int, body: Json) -> str:
    return f"id: {revision}\ndata: {json.dumps(body)}\n\n"


def _number(request: web.Request, name: str) -> int:
    try:
        return int(request.query[name])
    except (KeyError, ValueError):
        raise PersonError(400, f"{name} must be an integer") from None
