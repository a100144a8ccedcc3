"""What a handler is given and may give back, and the table row that says who may call it.

Handlers are plain functions of a `Call`: they read parameters, ask the engine, and return JSON-able data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.sandbox.exchange.auth import Caller
from bot.sandbox.exchange.engine import Engine
from bot.sandbox.exchange.errors import Refused
from bot.sandbox.exchange.model import Account, Tag
from bot.sandbox.exchange.params import UINT64, Params
from bot.sandbox.exchange.state import World

MAX_LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Call:
    """One request, understood and authenticated as far as its route asks."""

    engine: Engine
    params: Params
    batch: tuple[Params, ...]  # the orders of `POST /api/v1/orders`
    caller: Caller | None
    tag: Tag

    @property
    def world(self) -> World:
        return self.engine.world

    @property
    def account(self) -> Account:
        if self.caller is None:
            raise Refused("UNAUTHORIZED", "This route needs a signed request")
        return self.caller.account


@dataclass(frozen=True, slots=True)
class Page:
    """A slice of a list with the numbers of its paging headers."""

    items: list[object]
    total: int
    limit: int
    offset: int

    def headers(self) -> dict[str, str]:
        size = max(self.limit, 1)
        return {
            "ACCESS-CONTROL-EXPOSE-HEADERS": "X-PAGE-COUNT,X-CURRENT-PAGE,X-PAGE-SIZE,X-TOTAL",
            "X-PAGE-COUNT": str(-(-self.total // size)),
            "X-CURRENT-PAGE": str(self.offset // size + 1),
            "X-PAGE-SIZE": str(self.limit),
            "X-TOTAL": str(self.total),
        }


@dataclass(frozen=True, slots=True)
class Text:
    """A plain-text answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """An empty 200."""


Handler = Callable[[Call], object]


@dataclass(frozen=True, slots=True)
class Route:
    """`instruction` None: public. `trades`: a read-only key is refused. `batch`: the body is a list."""

    method: str
    path: str
    handler: Handler
    instruction: str | None = None
    trades: bool = False
    creates: bool = False  # may create orders: broker headers are read, the speed bump applies
    batch: bool = False


def page(
    params: Params, rows: Sequence[Any], form: Callable[[Any], object], max_limit: int = MAX_LIMIT
) -> Page:
    """`rows` (oldest first) newest first unless `sortDirection=Asc`, cut by `limit` and `offset`."""
    limit = params.integer("limit", 0, max_limit)
    limit = 100 if limit is None else limit
    offset = params.integer("offset", 0, UINT64) or 0
    direction = params.text("sortDirection")
    if direction not in {None, "Asc", "Desc"}:
        raise Refused("INVALID_CLIENT_REQUEST", "sortDirection must be Asc or Desc")
    ordered = rows if direction == "Asc" else rows[::-1]
    return Page([form(row) for row in ordered[offset : offset + limit]], len(rows), limit, offset)
