"""One Bot API request, whatever way its parameters came: query, form, multipart or JSON.

Telegram takes every parameter as a string or as JSON; the accessors here read both and refuse nonsense.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from aiohttp import BodyPartReader, web

from bot.sandbox.telegram.errors import Json, bad_request


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with the request."""

    name: str
    content: bytes
    mime: str


@dataclass(slots=True)
class Call:
    """The parameters of one call."""

    method: str
    params: Json
    uploads: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """A string parameter, None when absent."""
        value = self.params.get(name)
        return None if value is None else str(value)

    def integer(self, name: str) -> int | None:
        """An integer parameter, None when absent or empty. Raises 400 when it is not a number."""
        value = self.params.get(name)
        if value is None or value == "":
            return None
        try:
            return int(value)
        except (TypeError, ValueError):
            raise bad_request(f'invalid {name} "{value}" specified') from None

    def flag(self, name: str) -> bool:
        """A boolean parameter, False when absent."""
        return str(self.params.get(name, "")).lower() in ("true", "1", "yes")

    def json(self, name: str) -> Any:
        """A JSON-serialised parameter, None when absent or empty. Raises 400 when it does not parse."""
        value = self.params.get(name)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise bad_request(f"can't parse {name.replace('_', ' ')} JSON object") from None

    def object(self, name: str) -> Json | None:
        """As `json`, which must be an object."""
        value = self.json(name)
        if value is not None and not isinstance(value, dict):
            raise bad_request("object expected as " + name.replace("_", " "))
        return value


async def read_call(method: str, request: web.Request) -> Call:
    """Gather parameters and files of a request. Raises 400 for a body that is not what it says."""
    call = Call(method, dict(request.query))
    kind = request.content_type
    if request.method != "POST" or not request.can_read_body:
        return call
    if kind == "application/json":
        try:
            body = await request.json()
        except ValueError:
            raise bad_request("can't parse JSON object") from None
        if not isinstance(body, dict):
            raise bad_request("can't parse JSON object: Object expected")
        call.params |= body
    elif kind == "multipart/form-data":
        async for part in await request.multipart():
            if isinstance(part, BodyPartReader):
                await _take(call, part)
    else:
        call.params |= {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
    return call


async def _take(call: Call, part: BodyPartReader) -> None:
    name = part.name or ""
    if part.filename is None:
        call.params[name] = await part.text()
        return
    content = bytes(await part.read())
    call.uploads[name] = Upload(part.filename, content, part.headers.get("Content-Type", ""))
