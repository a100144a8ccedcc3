"""Accounts as trading last told of them, revalued at every mark: margin, distance, profit, cost.

Nothing is asked of the exchange here: between two pictures only the marks move.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from decimal import Decimal
from typing import Final

from bot.alerts.trigger import ValueSeries
from bot.domain.accounts.account import Position
from bot.domain.accounts.account_snapshot import (
    AccountSnapshot,
    Marked,
    distance_percent,
    funding_cost,
    margin_percent,
    profit,
    return_percent,
)
from bot.domain.values import ZERO

STALE: Final = Decimal("0.01")  # a mark moved so far: liquidation prices are no longer what they were
FAR: Final = Decimal(1_000)  # per cent: the distance of a position that is closed, or cannot be liquidated
ALL: Final = "*"

Tell = Callable[[ValueSeries, Decimal, int], None]


class Accounts:
    """Only those somebody has an alert on. `tell` hears every value, `stale` of pictures that are too old."""

    def __init__(self, tell: Tell, stale: Callable[[int], None]) -> None:
        self._tell = tell
        self._stale = stale
        self._pictures: dict[int, AccountSnapshot] = {}
        self._holders: dict[str, dict[int, None]] = {}  # accounts by the market of a position
        self._marks: dict[str, Marked] = {}

    @property
    def symbols(self) -> Iterable[str]:
        """Markets in which somebody holds a position."""
        return [symbol for symbol, holders in self._holders.items() if holders]

    def changed(self, account_id: int, picture: AccountSnapshot) -> None:
        """The desk has a new picture of an account."""
        before = self._pictures.get(account_id)
        closed = set(before.positions) - set(picture.positions) if before is not None else set()
        for symbol in closed:
            self._holders.get(symbol, {}).pop(account_id, None)
        self._pictures[account_id] = picture
        for symbol in closed:
            self._tell_position(account_id, symbol, None, picture.at_ms)
        for symbol, position in picture.positions.items():
            self._holders.setdefault(symbol, {})[account_id] = None
            self._tell_position(account_id, symbol, position, picture.at_ms)
        self._tell_whole(account_id, picture, picture.at_ms)

    def mark(self, symbol: str, marked: Marked, at_ms: int) -> None:
        """A mark moved."""
        self._marks[symbol] = marked
        for account_id in self._holders.get(symbol, ()):
            picture = self._pictures[account_id]
            position = picture.positions[symbol]
            self._tell_position(account_id, symbol, position, at_ms)
            self._tell_whole(account_id, picture, at_ms)
            if abs(marked.mark - position.mark_price) > position.mark_price * STALE:
                self._stale(account_id)

    def values(self, account_id: int) -> dict[ValueSeries, tuple[Decimal, int]]:
        """Everything its last picture tells at the marks of now, and when it was taken; empty without one."""
        picture = self._pictures.get(account_id)
        if picture is None:
            return {}
        found: dict[ValueSeries, tuple[Decimal, int]] = {}

        def note(series: ValueSeries, value: Decimal, at_ms: int) -> None:
            found[series] = value, at_ms

        for symbol, position in picture.positions.items():
            self._tell_position(account_id, symbol, position, picture.at_ms, note)
        self._tell_whole(account_id, picture, picture.at_ms, note)
        return found

    def keep(self, wanted: Collection[int]) -> None:
        """Forget every other account: nobody takes new pictures of it."""
        for account_id in self._pictures.keys() - wanted:
            self.forget(account_id)

    def forget(self, account_id: int) -> None:
        self._pictures.pop(account_id, None)
        for holders in self._holders.values():
            holders.pop(account_id, None)

    def _tell_position(
        self,
        account_id: int,
        symbol: str,
        position: Position | None,
        at_ms: int,
        tell: Tell | None = None,
    ) -> None:
        tell = tell or self._tell
        subject = f"{account_id}:{symbol}"
        if position is None:
            for measure, value in (("distance", FAR), ("profit", ZERO), ("return", ZERO), ("cost", ZERO)):
                tell(ValueSeries(measure, subject), value, at_ms)
            return
        now = self._marks.get(symbol, Marked(position.mark_price))
        values = {
            "distance": distance_percent(position, now.mark) or FAR,
            "profit": profit(position, now.mark),
            "return": return_percent(position, now.mark),
            "cost": funding_cost(position, now),
        }
        for measure, found in values.items():
            if found is not None:
                tell(ValueSeries(measure, subject), found, at_ms)

    def _tell_whole(
        self, account_id: int, picture: AccountSnapshot, at_ms: int, tell: Tell | None = None
    ) -> None:
        tell = tell or self._tell
        margin = margin_percent(picture, self._marks)
        if margin is not None:
            tell(ValueSeries("margin", str(account_id)), margin, at_ms)
        gain, cost = ZERO, ZERO
        for symbol, position in picture.positions.items():
            now = self._marks.get(symbol, Marked(position.mark_price))
            gain += profit(position, now.mark)
            cost += funding_cost(position, now) or ZERO
        tell(ValueSeries("profit", f"{account_id}:{ALL}"), gain, at_ms)
        tell(ValueSeries("cost", f"{account_id}:{ALL}"), cost, at_ms)
