"""Conditions without a level: something happened, and those who asked for it hear of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from sortedcontainers import SortedList

from bot.alerts.trigger import ValueSeries
from bot.domain.alerts.alert import Condition, KeyTrouble, LiquidationSize, MarketNews, MarketNewsKind, MyFill

_KINDS: Final = (LiquidationSize, MarketNews, MyFill, KeyTrouble)


@dataclass(slots=True)
class WaitingAlert:
    """An alert that waits for an occasion; deaf up to `until_ms`: armed then, or the end of a cooldown."""

    id: int
    condition: Condition
    repeat: bool
    cooldown_ms: int
    until_ms: int


class EventConditions:
    """Alerts by what they wait for. The lookups give those who are to be told, spent or gone afterwards."""

    def __init__(self) -> None:
        self._waiting: dict[int, WaitingAlert] = {}
        self._by_place: dict[ValueSeries, dict[int, None]] = {}
        self._sizes: dict[str, SortedList[tuple[Decimal, int]]] = {}
        self.changed: dict[int, None] = {}

    def __contains__(self, alert_id: int) -> bool:
        return alert_id in self._waiting

    @property
    def accounts(self) -> set[int]:
        """Ids of the accounts somebody waits on."""
        of = [place.measure.partition(":") for place, ids in self._by_place.items() if ids]
        return {int(account_id) for kind, _, account_id in of if kind in {"fill", "key"}}

    @staticmethod
    def takes(condition: Condition) -> bool:
        return isinstance(condition, _KINDS)

    def add(self, waiting: WaitingAlert, account_id: int | None) -> None:
        self._waiting[waiting.id] = waiting
        if isinstance(waiting.condition, LiquidationSize):
            symbol = waiting.condition.symbol or ""
            self._sizes.setdefault(symbol, SortedList()).add((waiting.condition.notional, waiting.id))
        else:
            self._by_place.setdefault(_place(waiting.condition, account_id), {})[waiting.id] = None

    def remove(self, alert_id: int) -> None:
        waiting = self._waiting.pop(alert_id, None)
        if waiting is None:
            return
        self.changed.pop(alert_id, None)
        if isinstance(waiting.condition, LiquidationSize):
            self._sizes[waiting.condition.symbol or ""].discard((waiting.condition.notional, alert_id))
            return
        for places in self._by_place.values():
            places.pop(alert_id, None)

    def memory(self, alert_id: int) -> dict[str, Any]:
        """A cooldown survives a restart."""
        return {"": ["spent", self._waiting[alert_id].until_ms]}

    # --- what happened -----------------------------------------------------------------------------

    def liquidated(self, symbol: str, notional: Decimal, at_ms: int) -> list[WaitingAlert]:
        """A liquidation of `notional` USD."""
        reached: list[int] = []
        for place in (symbol, ""):
            sizes = self._sizes.get(place)
            if sizes:
                reached += [alert_id for _, alert_id in sizes.irange(maximum=(notional, 2**63))]
        return self._told(reached, at_ms)

    def news(self, kind: MarketNewsKind, symbol: str, at_ms: int) -> list[WaitingAlert]:
        """A market came, went or changed its state."""
        return self._told([*self._at(f"news:{kind}", symbol), *self._at(f"news:{kind}", "")], at_ms)

    def waits_for(self, account_id: int, symbol: str) -> bool:
        """Whether any alert may be told of an execution."""
        of = f"fill:{account_id}"
        return any(True for place in (symbol, "") for _ in self._at(of, place))

    def filled(self, account_id: int, symbol: str, at_ms: int) -> list[WaitingAlert]:
        """An order of an account was filled, in part or whole."""
        of = f"fill:{account_id}"
        return self._told([*self._at(of, symbol), *self._at(of, "")], at_ms)

    def key_trouble(self, account_id: int, at_ms: int) -> list[WaitingAlert]:
        """The key of an account is refused, or its stream cannot be held."""
        return self._told(self._at(f"key:{account_id}", ""), at_ms)

    def _at(self, what: str, symbol: str) -> Iterable[int]:
        return self._by_place.get(ValueSeries(what, symbol), ())

    def _told(self, ids: Iterable[int], at_ms: int) -> list[WaitingAlert]:
        told = [self._waiting[one] for one in list(ids) if self._waiting[one].until_ms < at_ms]
        for waiting in told:
            if not waiting.repeat:
                self.remove(waiting.id)
            elif waiting.cooldown_ms:
                waiting.until_ms = at_ms + waiting.cooldown_ms
                self.changed[waiting.id] = None
        return told


def _place(condition: Condition, account_id: int | None) -> ValueSeries:
    match condition:
        case MarketNews(kind=kind, symbol=symbol):
            return ValueSeries(f"news:{kind}", symbol or "")
        case MyFill(symbol=symbol):
            return ValueSeries(f"fill:{account_id}", symbol or "")
        case _:
            return ValueSeries(f"key:{account_id}", "")
