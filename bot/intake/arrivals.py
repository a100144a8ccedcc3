"""One update as Telegram wrote it, with as much of it read as its way through the queues depends on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Final

MAX_ID: Final = 2**53  # Telegram's ids of updates have 32 bits, those of people and chats 52
KINDS: Final = ("message", "edited_message", "callback_query")  # what we ask Telegram for


class Urgency(IntEnum):
    """What overtakes what: an exit a tap, and both a line that waits."""

    EXIT = 0  # panic, and what only reduces risk
    TAP = 1
    LINE = 2


class Unusable(Exception):
    """An update without an id that can be confirmed, or one nobody can be found behind."""


@dataclass(slots=True, eq=False)
class Arrival:
    """An update under way.

    `received_ms` is when it came here, `unknown_ms` how long it may have waited at Telegram before. `ended`
    is done when it was handled, or refused with its reason, or can never be.
    """

    update_id: int
    body: dict[str, Any] = field(repr=False)
    kind: str
    person: int
    chat: int
    received_ms: int
    unknown_ms: int = 0
    urgency: Urgency = Urgency.LINE
    stored: bool = False
    ended: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def end(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)

    def age_ms(self, now_ms: int) -> int:
        """How old it may be by now."""
        return self.unknown_ms + max(0, now_ms - self.received_ms)


def id_of(raw: Any) -> int:
    """The id of an update. Raises Unusable where it has none that could ever be confirmed."""
    found = raw.get("update_id") if isinstance(raw, dict) else None
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found < MAX_ID:
        raise Unusable("no id")
    return found


def arrival_of(raw: dict[str, Any], received_ms: int, unknown_ms: int) -> Arrival:
    """The update, of a kind we ask for. Raises Unusable."""
    kind = next((kind for kind in KINDS if kind in raw), None)
    if kind is None:
        raise Unusable("of a kind we did not ask for")
    content = raw[kind]
    try:
        message = content["message"] if kind == "callback_query" else content
        chat = message["chat"]["id"]
        author = content.get("from") or content.get("sender_chat") or message["chat"]
        person = author["id"]
    except (KeyError, TypeError, AttributeError):
        raise Unusable(f"a {kind} without a person or a chat") from None
    if not all(isinstance(one, int) and -MAX_ID < one < MAX_ID for one in (chat, person)):
        raise Unusable(f"a {kind} with impossible ids")
    return Arrival(id_of(raw), raw, kind, person, chat, received_ms, unknown_ms)
