"""The people's side over HTTP: `/sandbox/...`, used by the chat page and by tests.

JSON in and out, loopback only. Every reading carries the `revision` it shows, so that whoever wants the
next change asks for what is new since then and misses nothing.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import json
from typing import Any

from aiohttp import web

from bot.sandbox.telegram import wire
from bot.sandbox.telegram.bot_api import BotApi
from bot.sandbox.telegram.call import Upload
from bot.sandbox.telegram.errors import BotApiError, Json
from bot.sandbox.telegram.faults import Fault, Faults
from bot.sandbox.telegram.methods.profile import commands_for
from bot.sandbox.telegram.people import People, PersonError, Sending
from bot.sandbox.telegram.world import ADMINS, MEMBERS, Chat, Message, Press, User

_LONGEST_WAIT = 60.0
_KEEP_ALIVE = 15.0


class UserApi:
    """Routes of the people's side."""

    def __init__(self, api: BotApi, faults: Faults) -> None:
        self._api, self._world, self._faults = api, api.world, faults
        self._people = People(api)

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
            web.post("/sandbox/read", self.read),
            web.post("/sandbox/send", self.send),
            web.post("/sandbox/edit", self.edit),
            web.post("/sandbox/delete", self.delete),
            web.post("/sandbox/tap", self.tap),
            web.post("/sandbox/block", self.block),
            web.post("/sandbox/role", self.role),
            web.post("/sandbox/migrate", self.migrate),
            web.get("/sandbox/faults", self.list_faults),
            web.post("/sandbox/faults", self.add_fault),
            web.delete("/sandbox/faults", self.clear_faults),
        ]

    # reading

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
            "last_message": self._message(last) if last else None,
        }
        if place.type == "private":  # to the person it is a chat with the bot
            described |= {"title": self._world.bot.first_name, "username": self._world.bot.username}
        return described

    def _message(self, item: Message) -> Json:
        return wire.message(self._world, item) | {"revision": item.revision, "by_bot": self._api.is_own(item)}

    async def messages(self, request: web.Request) -> web.Response:
        """The messages of `chat_id` as `user_id` sees them, oldest first; at most the last `limit`."""
        place = self._people.chat(_number(request, "user_id"), _number(request, "chat_id"))
        limit = int(request.query.get("limit", "500"))
        items = sorted(place.messages.values(), key=lambda m: m.id)[-limit:]
        body = {"revision": self._world.revision, "messages": [self._message(item) for item in items]}
        return web.json_response(body)

    async def press(self, request: web.Request) -> web.Response:
        """A press by `press_id`: `answer` is null until the bot answers."""
        press = self._world.presses.get(request.query.get("press_id", ""))
        if press is None:
            raise PersonError(404, "there is no such press")
        return web.json_response(self._press(press))

    def _press(self, press: Press) -> Json:
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
        for change in self._world.changes:
            place = self._world.chats.get(change.chat_id)
            if change.revision <= since or (place is not None and place.role(user_id) not in MEMBERS):
                continue
            body = {"kind": change.kind, "chat_id": change.chat_id, **change.data}
            item = place.messages.get(change.data.get("message_id", 0)) if place else None
            if item is not None and change.kind in ("message", "edit"):
                body["message"] = self._message(item)
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

    # acting

    async def read(self, request: web.Request) -> web.Response:
        """Note that `user_id` has seen everything up to `message_id`."""
        body = await _body(request)
        user_id, seen = _integer(body, "user_id"), _integer(body, "message_id")
        read = self._people.chat(user_id, _integer(body, "chat_id")).read
        read[user_id] = max(seen, read.get(user_id, 0))
        return web.json_response({"revision": self._world.revision})

    async def send(self, request: web.Request) -> web.Response:
        """Write as `user_id` into `chat_id`; the other fields are those of `Sending`."""
        body = await _body(request)
        how = Sending(
            reply_to=body.get("reply_to"),
            thread_id=body.get("thread_id"),
            forwarded_from=body.get("forwarded_from"),
            speak_as=body.get("speak_as", "user"),
            channel_id=body.get("channel_id"),
            via_bot=body.get("via_bot"),
            seconds_ago=int(body.get("seconds_ago", 0)),
            photo=self._photo(body.get("photo_base64")),
        )
        user_id, chat_id = _integer(body, "user_id"), _integer(body, "chat_id")
        message = self._people.send(user_id, chat_id, str(body.get("text", "")), how)
        return self._done(message)

    def _photo(self, encoded: str | None) -> Json | None:
        if not encoded:
            return None
        try:
            content = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            raise PersonError(400, "photo_base64 is not base64") from None
        stored = self._api.files.keep(Upload("photo", content, ""), "photos")
        if stored.size is None:
            raise PersonError(400, "the photo is not a picture")
        width, height = stored.size
        return {"photo": [stored.describe() | {"width": width, "height": height}]}

    async def edit(self, request: web.Request) -> web.Response:
        """Edit one's own message."""
        body = await _body(request)
        return self._done(self._people.edit(*_where(body), str(body.get("text", ""))))

    async def delete(self, request: web.Request) -> web.Response:
        """Delete a message for everyone."""
        self._people.delete(*_where(await _body(request)))
        return web.json_response({"revision": self._world.revision})

    async def tap(self, request: web.Request) -> web.Response:
        """Tap a button, by `row` and `column` or by `data`; `times` at once; `again`: a press re-sent."""
        body = await _body(request)
        if "again" in body:
            return web.json_response(self._press(self._people.tap_again(str(body["again"]))))
        user_id, chat_id, message_id = _where(body)
        data = body.get("data")
        if data is None:
            item = self._people.message(user_id, chat_id, message_id)
            data = _button_data(item, _integer(body, "row"), _integer(body, "column"))
        times = max(1, int(body.get("times", 1)))
        presses = [self._people.tap(user_id, chat_id, message_id, str(data)) for _ in range(times)]
        return web.json_response(self._press(presses[0]) | {"press_ids": [press.id for press in presses]})

    async def block(self, request: web.Request) -> web.Response:
        """Block (or with `blocked: false` unblock) the bot."""
        body = await _body(request)
        self._people.block(_integer(body, "user_id"), bool(body.get("blocked", True)))
        return web.json_response({"revision": self._world.revision})

    async def role(self, request: web.Request) -> web.Response:
        """Give `target_id` (the bot by default) the role `role` in `chat_id`."""
        body = await _body(request)
        target, role = int(body.get("target_id", self._world.bot.id)), body.get("role")
        if role not in ("creator", "administrator", "member", "left", "kicked"):
            raise PersonError(400, f"there is no role {role!r}")
        self._people.set_role(_integer(body, "user_id"), _integer(body, "chat_id"), target, role)
        return web.json_response({"revision": self._world.revision})

    async def migrate(self, request: web.Request) -> web.Response:
        """Upgrade a basic group to a supergroup; answers its new `chat_id`."""
        body = await _body(request)
        new = self._people.migrate(_integer(body, "user_id"), _integer(body, "chat_id"))
        return web.json_response({"revision": self._world.revision, "chat_id": new.id})

    def _done(self, message: Message) -> web.Response:
        return web.json_response({"revision": self._world.revision, "message": self._message(message)})

    # faults

    async def list_faults(self, request: web.Request) -> web.Response:
        """Faults still to come."""
        return web.json_response({"faults": self._faults.describe()})

    async def add_fault(self, request: web.Request) -> web.Response:
        """Order a fault; the fields are those of `Fault`."""
        try:
            self._faults.add(Fault(**await _body(request)))
        except (TypeError, ValueError) as error:
            raise PersonError(400, str(error)) from None
        return await self.list_faults(request)

    async def clear_faults(self, request: web.Request) -> web.Response:
        """Cancel all faults."""
        self._faults.clear()
        return await self.list_faults(request)


@web.middleware
async def explain(request: web.Request, handler: Any) -> web.StreamResponse:
    """Turn a refusal of the people's side into JSON with a reason."""
    try:
        answer: web.StreamResponse = await handler(request)
    except PersonError as error:
        return web.json_response({"error": error.reason}, status=error.status)
    except BotApiError as error:
        return web.json_response({"error": error.description}, status=error.code)
    return answer


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


async def _body(request: web.Request) -> Json:
    # Only a JSON content type: a foreign page cannot send one without asking first.
    if request.content_type != "application/json":
        raise PersonError(415, "send application/json")
    try:
        body = await request.json()
    except ValueError:
        raise PersonError(400, "the body is not JSON") from None
    if not isinstance(body, dict):
        raise PersonError(400, "the body must be a JSON object")
    return body


def _integer(body: Json, name: str) -> int:
    try:
        return int(body[name])
    except (KeyError, TypeError, ValueError):
        raise PersonError(400, f"{name} must be an integer") from None


def _where(body: Json) -> tuple[int, int, int]:
    return _integer(body, "user_id"), _integer(body, "chat_id"), _integer(body, "message_id")


def _button_data(item: Message, row: int, column: int) -> str:
    rows = (item.keyboard or {}).get("inline_keyboard", [])
    if not (0 <= row < len(rows) and 0 <= column < len(rows[row])):
        raise PersonError(404, f"message {item.id} has no button at row {row}, column {column}")
    data = rows[row][column].get("callback_data")
    if data is None:
        raise PersonError(400, "that button sends no callback")
    return str(data)
