"""Faults on order: the next n calls of a method fail the way real networks and real Telegram fail.

A fault before the method runs loses the request; one after it loses only the answer, which is the case
that makes bots send twice.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from typing import Literal, get_args

from bot.sandbox.telegram.errors import BotApiError, Json, too_many_requests

FaultKind = Literal["429", "500", "502", "timeout", "drop", "late", "drop_answer", "instead", "answer"]


class ConnectionLost(Exception):
    """The server shall close the connection without an answer."""


class OddAnswer(Exception):
    """The server shall answer with this, and nothing else."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"{status} {body[:40]}")
        self.status = status
        self.body = body


@dataclass(slots=True)
class Fault:
    """What shall happen to the next `times` calls of `method` (any but getUpdates for `*`).

    429, 500, 502: refused, nothing done. timeout: nothing done, held for `seconds`, closed. drop: nothing
    done, closed. late: done, answered after `seconds`. drop_answer: done, closed without an answer.
    instead, answer: not done and done, answered with `status` and `body`, whatever they are.
    """

    kind: FaultKind
    method: str = "*"
    times: int = 1
    seconds: float = 30.0
    retry_after: int = 1
    chat_id: int | None = None
    status: int = 200
    body: str = ""

    def __post_init__(self) -> None:
        if self.kind not in get_args(FaultKind):
            raise ValueError(f"unknown fault {self.kind!r}; one of {', '.join(get_args(FaultKind))}")

    def applies(self, method: str, chat_id: object) -> bool:
        """Whether this call is one of those it was ordered for."""
        if self.times <= 0 or (self.chat_id is not None and str(self.chat_id) != str(chat_id)):
            return False
        return self.method.lower() == method or (self.method == "*" and method != "getupdates")

    async def before(self) -> None:
        """Happen before the method runs."""
        if self.kind == "429":
            raise too_many_requests(self.retry_after)
        if self.kind == "500":
            raise BotApiError(500, "Internal Server Error")
        if self.kind == "502":
            raise BotApiError(502, "Bad Gateway")
        if self.kind == "timeout":
            await asyncio.sleep(self.seconds)
        if self.kind in ("timeout", "drop"):
            raise ConnectionLost
        if self.kind == "instead":
            raise OddAnswer(self.status, self.body)

    async def after(self) -> None:
        """Happen after the method ran."""
        if self.kind == "late":
            await asyncio.sleep(self.seconds)
        if self.kind == "drop_answer":
            raise ConnectionLost
        if self.kind == "answer":
            raise OddAnswer(self.status, self.body)


class Faults:
    """The faults still to come, in the order they were asked for."""

    def __init__(self) -> None:
        self._waiting: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Order a fault."""
        self._waiting.append(fault)

    def clear(self) -> None:
        """Cancel all that have not happened."""
        self._waiting.clear()

    def claim(self, method: str, chat_id: object) -> Fault | None:
        """The fault for this call, counted down, or None."""
        for fault in self._waiting:
            if fault.applies(method, chat_id):
                fault.times -= 1
                self._waiting = [left for left in self._waiting if left.times > 0]
                return fault
        return None

    def describe(self) -> list[Json]:
        """Those still to come."""
        return [asdict(fault) for fault in self._waiting]
