"""Whether the fills known here are those of the exchange's history, to the last digit."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Final

from bot.domain.orders.order import Fill
from bot.domain.values import plain
from bot.rebates.model.rebate import Month

CLOCKS_MS: Final = 1_000  # the stream and the history may date one execution this far apart


@dataclass(frozen=True, slots=True)
class Difference:
    """One fill both sides know, and what they say of it: (exchange, here) by name."""

    fill: Fill
    fields: dict[str, tuple[str, str]]


@dataclass(slots=True)
class Comparison:
    """What a history and the fills known here do not agree on; `equal` of them they do."""

    equal: int = 0
    missing: list[Fill] = field(default_factory=list)  # here
    unknown: list[Fill] = field(default_factory=list)  # to the exchange
    different: list[Difference] = field(default_factory=list)

    def add(self, difference: Difference) -> None:
        """Another thing both sides say otherwise of a fill they know."""
        for known in self.different:
            if key_of(known.fill) == key_of(difference.fill):
                known.fields.update(difference.fields)
                return
        self.equal -= 1
        self.different.append(difference)

    @property
    def is_equal(self) -> bool:
        return not (self.missing or self.unknown or self.different)


def key_of(fill: Fill) -> Hashable:
    """What makes an execution the same one on both sides."""
    if fill.trade_id is not None:
        return fill.symbol, fill.exchange_order_id, fill.trade_id
    return fill.symbol, fill.exchange_order_id, fill.timestamp_ms, fill.price, fill.quantity


def compare(
    exchange: Iterable[Fill], here: Iterable[Fill], *, from_ms: int, to_ms: int, young_ms: int
) -> Comparison:
    """Compare what was executed in [from, to); both sides may be given with a margin around it.

    The history lags: what was executed here at `young_ms` or later may be missing there.
    """
    theirs = {key_of(fill): fill for fill in exchange}
    ours = {key_of(fill): fill for fill in here}
    found = Comparison()
    for key, fill in theirs.items():
        mine = ours.get(key)
        if not from_ms <= fill.timestamp_ms < to_ms:
            continue
        if mine is None:
            found.missing.append(fill)
        elif fields := _differences(fill, mine):
            found.different.append(Difference(fill, fields))
        else:
            found.equal += 1
    for key, fill in ours.items():
        if key not in theirs and from_ms <= fill.timestamp_ms < min(to_ms, young_ms):
            found.unknown.append(fill)
    return found


def _differences(theirs: Fill, mine: Fill) -> dict[str, tuple[str, str]]:
    found = {
        name: (plain(getattr(theirs, name)), plain(getattr(mine, name)))
        for name in ("price", "quantity", "fee")
        if getattr(theirs, name) != getattr(mine, name)
    }
    for name in ("side", "fee_symbol", "is_maker"):
        if getattr(theirs, name) != getattr(mine, name):
            found[name] = str(getattr(theirs, name)), str(getattr(mine, name))
    if abs(theirs.timestamp_ms - mine.timestamp_ms) > CLOCKS_MS:
        found["time"] = str(theirs.timestamp_ms), str(mine.timestamp_ms)
    months = str(Month.of(theirs.timestamp_ms)), str(Month.of(mine.timestamp_ms))
    if months[0] != months[1]:  # however near: it is paid in one of them
        found["month"] = months
    return found
