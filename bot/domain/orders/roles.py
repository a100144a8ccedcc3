"""What an order is to its position, and to the orders it belongs with: known when it is written."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from bot.domain.values import ExitKind


class OrderRole(StrEnum):
    """What an order is to the position."""

    ENTRY = "entry"  # a trade of its own: opens, adds, or buys and sells coins
    CLOSE = "close"  # takes a position back, now or at a limit
    TAKE_PROFIT = "take_profit"  # waits for a better price to take it back
    STOP = "stop"  # waits for a worse one

    @classmethod
    def of_exit(cls, kind: ExitKind) -> OrderRole:
        """The role of what people write as `tp` or `sl`."""
        return _BY_KIND[kind]

    @property
    def closes(self) -> bool:
        """Whether the order takes a position back rather than opening one."""
        return self is not OrderRole.ENTRY

    @property
    def exit_kind(self) -> ExitKind:
        """`tp` or `sl`, as people write it. Raises KeyError for a role that is no exit."""
        return _KINDS[self]


_BY_KIND: Final[dict[ExitKind, OrderRole]] = {"tp": OrderRole.TAKE_PROFIT, "sl": OrderRole.STOP}
_KINDS: Final = {role: kind for kind, role in _BY_KIND.items()}


class Contingency(StrEnum):
    """What an order's execution does to others of its group (FIX: ContingencyType)."""

    NONE = "none"
    OTO = "oto"  # one triggers others: the exits attached to an entry
    OCO = "oco"  # one cancels others: of a target and a stop for the same entry
