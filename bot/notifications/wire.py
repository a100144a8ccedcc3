"""What a Bot API server answers, in the one shape the library reads, whatever stood on the wire.

The library trusts the body it is given: a page of a proxy, an odd `retry_after` or a result it cannot
read would leave it as some Python error. Here an answer is Telegram's yes, its no, or not Telegram's.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final, TypeGuard

from telegram import ChatFullInfo, ChatMember, File, Message
from telegram.error import NetworkError, TelegramError
from telegram.request import HTTPXRequest

DEFAULT_RETRY_S: Final = 5  # of a 429 that does not say
LONGEST_RETRY_S: Final = 3_600
_MESSAGE_METHODS: Final = ("sendMessage", "sendPhoto", "sendDocument", "editMessage")


class UnreadableAnswer(TelegramError):
    """What was asked for came in a shape nobody can read."""

    def __init__(self) -> None:
        super().__init__("answered in a shape that cannot be read")


class NoBotApi(NetworkError):
    """What answered is no Bot API server, or not this time."""

    def __init__(self, status: int) -> None:
        super().__init__(f"HTTP {status}, and no answer of a Bot API server")
        self.status = status


class Taken(TelegramError):
    """Telegram took a message, and its answer cannot be read; `message_id` where at least that can."""

    def __init__(self, message_id: int | None) -> None:
        super().__init__("taken, with an answer that cannot be read")
        self.message_id = message_id


class NotActiveSender(NetworkError):
    """Nothing left: another process speaks for the bot, or this one is not sure that it does."""

    def __init__(self) -> None:
        super().__init__("this process is not the active one")


class TelegramWire(HTTPXRequest):
    """The library's way to a Bot API server. Raises telegram errors and nothing else.

    `may_act` is asked before every call, for updates too: asking for the next ones confirms the last.
    """

    def __init__(self, may_act: Callable[[], bool], **options: Any) -> None:
        super().__init__(**options)
        self._may_act = may_act

    async def do_request(self, url: str, method: str, *given: Any, **options: Any) -> tuple[int, bytes]:
        if not self._may_act():
            raise NotActiveSender
        code, payload = await super().do_request(url, method, *given, **options)
        if method != "POST":
            return code, payload  # a file: any bytes
        return understood(url.rpartition("/")[2], code, payload)


def understood(method: str, status: int, payload: bytes) -> tuple[int, bytes]:
    """What answered a call of `method` as the library expects it: a result, or the body of a refusal.

    Raises NoBotApi for what no Bot API server would say, Taken for a message nobody can read, Unreadable for
    another result.
    """
    try:
        body = json.loads(payload)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict) or not isinstance(body.get("ok"), bool):
        raise NoBotApi(status)
    fine = HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
    if body["ok"] and fine:
        result = body.get("result", True)
        if method.startswith(_MESSAGE_METHODS) and not _is_readable(result):
            raise Taken(_id_of(result))
        if (read := _READ.get(method)) is not None and not _reads(read, result):
            raise UnreadableAnswer
        return status, payload if "result" in body else b'{"ok":true,"result":true}'
    code = body.get("error_code")
    if fine or body["ok"]:
        status = code if _is_whole(code) and 400 <= code <= 599 else HTTPStatus.BAD_GATEWAY
    return int(status), json.dumps(_refusal(int(status), body)).encode()


def _refusal(status: int, body: dict[str, Any]) -> dict[str, Any]:
    """The fields of a refusal the library looks at, each of its type."""
    said = body.get("description")
    refusal: dict[str, Any] = {"ok": False, "error_code": status}
    if isinstance(said, str):
        refusal["description"] = said
    given = body.get("parameters")
    given = given if isinstance(given, dict) else {}
    moved = given.get("migrate_to_chat_id")
    if _is_whole(moved) and moved:
        refusal["parameters"] = {"migrate_to_chat_id": moved}
    elif status == HTTPStatus.TOO_MANY_REQUESTS:
        refusal["parameters"] = {"retry_after": _seconds(given.get("retry_after"))}
    return refusal


def _seconds(value: object) -> int:
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0:
        return min(math.ceil(value), LONGEST_RETRY_S)
    return DEFAULT_RETRY_S


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_readable(result: object) -> bool:
    """Whether the library makes a message of it. `true` answers the edit of a message without a chat."""
    try:
        return isinstance(result, dict) and _is_whole(Message.de_json(result, None).message_id)
    except Exception:
        return False


def _reads(read: Callable[[Any], object], result: object) -> bool:
    try:
        return bool(read(result))
    except Exception:  # whatever the library meets in it
        return False


def _members(result: object) -> bool:
    return isinstance(result, list) and all(ChatMember.de_json(one, None).user.id for one in result)


# What the library makes of a result we ask for, and what we then look at.
_READ: Final[dict[str, Callable[[Any], object]]] = {
    "getChat": lambda result: ChatFullInfo.de_json(result, None).id,
    "getChatMember": lambda result: isinstance(ChatMember.de_json(result, None).status, str),
    "getChatAdministrators": _members,
    "getFile": lambda result: isinstance(File.de_json(result, None).file_path, str),
}


def _id_of(result: object) -> int | None:
    """A message id in what is no message otherwise."""
    found = result.get("message_id") if isinstance(result, dict) else None
    return found if _is_whole(found) and found > 0 else None
