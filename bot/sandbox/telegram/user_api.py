"""The people's side over HTTP: what they do, and which faults to expect; `/sandbox/...`.

Used by the chat page and by tests; JSON in and out. What they see is in `reading`.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from aiohttp import web

from bot.sandbox.telegram.bot_api import BotApi
from bot.sandbox.telegram.call import Upload
from bot.sandbox.telegram.errors import BotApiError, Json
from bot.sandbox.telegram.faults import Fault, Faults
from bot.sandbox.telegram.people import People, PersonError, Sending
from bot.sandbox.telegram.reading import Reading
from bot.sandbox.telegram.world import Message


class UserApi:
    """Routes of the people's side."""

    def __init__(self, api: BotApi, faults: Faults) -> None:
        self._api, self._world, self._faults = api, api.world, faults
        self._people = People(api)
        self._reading = Reading(api, self._people)

    def routes(self) -> list[web.RouteDef]:
        """All routes, for aiohttp."""
        return [
            *self._reading.routes(),
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
            media=self._photo(body.get("photo_base64"))
            or self._document(body.get("document_base64"), str(body.get("document_name", "file"))),
        )
        user_id, chat_id = _integer(body, "user_id"), _integer(body, "chat_id")
        message = self._people.send(user_id, chat_id, str(body.get("text", "")), how)
        return self._done(message)

    def _photo(self, encoded: str | None) -> Json | None:
        if not encoded:
            return None
        stored = self._api.files.keep(Upload("photo", _decoded("photo_base64", encoded), ""), "photos")
        if stored.size is None:
            raise PersonError(400, "the photo is not a picture")
        width, height = stored.size
        return {"photo": [stored.describe() | {"width": width, "height": height}]}

    def _document(self, encoded: str | None, name: str) -> Json | None:
        if not encoded:
            return None
        content = _decoded("document_base64", encoded)
        stored = self._api.files.keep(Upload(name, content, ""), "documents")
        return {"document": stored.describe() | {"file_name": stored.name, "mime_type": stored.mime}}

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
            return web.json_response(self._reading.pressed(self._people.tap_again(str(body["again"]))))
        user_id, chat_id, message_id = _where(body)
        data = body.get("data")
        if data is None:
            item = self._people.message(user_id, chat_id, message_id)
            data = _button_data(item, _integer(body, "row"), _integer(body, "column"))
        times = max(1, int(body.get("times", 1)))
        presses = [self._people.tap(user_id, chat_id, message_id, str(data)) for _ in range(times)]
        return web.json_response(
            self._reading.pressed(presses[0]) | {"press_ids": [press.id for press in presses]}
        )

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
        return web.json_response(
            {"revision": self._world.revision, "message": self._reading.message(message)}
        )

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
    except (TypeError, ValueError) as error:
        return web.json_response({"error": f"malformed request: {error}"}, status=400)
    return answer


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


def _decoded(field: str, encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise PersonError(400, f"{field} is not base64") from None


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
