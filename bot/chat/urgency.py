"""How urgent an update is, told by a look at its first word: what reduces risk goes before all else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.chat.feature import ActClass, Features
from bot.intake import Arrival, Urgency
from bot.kernel.secret_detection import is_suspect
from bot.language.classify import begins_exit


@dataclass(frozen=True, slots=True)
class Urgencies:
    """Tells exits by what the features say of their buttons."""

    features: Features

    def of(self, arrival: Arrival) -> Urgency:
        """A tap or a line that begins like an exit is one; it is read in full when its turn has come."""
        content = arrival.body[arrival.kind]
        if arrival.kind == "callback_query":
            return self._of_tap(content)
        if "migrate_to_chat_id" in content:
            return Urgency.EXIT  # what is sent to the group from now on needs its new id
        text = text_of(content)
        if is_suspect(text):
            return Urgency.TAP  # it must not stand there, nor be left unread
        if arrival.kind == "message" and is_for_a_bot(arrival) and begins_exit(text):
            return Urgency.EXIT
        return Urgency.LINE

    def _of_tap(self, query: dict[str, Any]) -> Urgency:
        """The text of a line in a token is not looked up."""
        name, _, argument = str(query.get("data", "")).partition(":")
        callback = self.features.callbacks.get(name)
        if callback is None:
            return Urgency.TAP
        begins = callback.line is not None and begins_exit(callback.line(argument))
        return Urgency.EXIT if begins or callback.access is ActClass.REDUCE_RISK else Urgency.TAP


def is_for_a_bot(arrival: Arrival) -> bool:
    """Whether somebody waits for an answer: everything in private, commands and taps in a group."""
    content = arrival.body[arrival.kind]
    if arrival.kind == "callback_query" or content["chat"].get("type") == "private":
        return True
    return text_of(content).startswith("/")


def text_of(message: dict[str, Any]) -> str:
    text = message.get("text") or message.get("caption") or ""
    return text if isinstance(text, str) else ""
