"""What happens beside the feed: executions on our accounts, markets that come and go, keys that are refused.

Executions and the list of markets are rows of the database, so nothing of them is lost while nobody watches;
a decision about one carries a claim on its row (`decisions.Claim`), so it is told once, by one process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.alerts.decisions import FillSeen, MarketSeen
from bot.alerts.evaluator import Evaluator
from bot.alerts.storage import alerts as rows
from bot.domain.alerts.alert import MarketNewsKind
from bot.domain.markets.market import Market
from bot.kernel.storage import Database
from bot.marketdata import known_markets
from bot.trading.storage import fills
from bot.trading.storage.tables import FillRow

LOOKED: Final = "markets:"  # the watermark of the last look at the list of markets


class DatabaseInput:
    """Tells the evaluator. `now_ms` is exchange time."""

    def __init__(self, database: Database, evaluator: Evaluator, *, now_ms: Callable[[], int]) -> None:
        self._database = database
        self._evaluator = evaluator
        self._now_ms = now_ms
        self._judged: set[int] = set()  # executions that are decided and perhaps not yet written
        self._is_loaded = False  # until then no alert is known
        self._states: dict[str, str] | None = None  # None: nobody ever looked
        self._markets: Mapping[str, Market] = {}
        self._unwatched_since_ms: int | None = None  # until the first look

    async def load(self) -> None:
        """What was known when somebody last looked."""
        async with self._database.read() as session:
            self._states = await known_markets.states(session) or None
            self._unwatched_since_ms = (await rows.watermarks(session)).get(LOOKED)
        self._is_loaded = True

    async def passes_over(self, session: AsyncSession, fill: FillRow) -> bool:
        """Note that no alert waits for an execution, where that is so: in the transaction that writes it."""
        if not self._is_loaded or self._evaluator.event_conditions.waits_for(fill.account_id, fill.symbol):
            return False
        return await fills.judge(session, fill.id)

    async def look_at_fills(self) -> None:
        """Executions nobody has judged, oldest first."""
        async with self._database.read() as session:
            found = await fills.unjudged(session)
        self._judged &= {fill.id for fill in found}
        for fill in found:
            if fill.id not in self._judged:
                self._judged.add(fill.id)
                told = self._evaluator.event_conditions.filled(
                    fill.account_id, fill.symbol, fill.timestamp_ms
                )
                detail = {"symbol": fill.symbol, "side": fill.side.value, "quantity": str(fill.quantity)}
                claim = FillSeen(fill.id)
                self._evaluator.happened(told, fill.price, fill.timestamp_ms, detail, claim=claim)

    def look_at_markets(self, markets: Mapping[str, Market]) -> bool:
        """Compare the list with the one before; whether it is a new one."""
        if not markets or markets is self._markets:
            return False
        self._markets = markets
        states = {market.symbol: market.state for market in markets.values() if market.visible}
        before, self._states = self._states, states
        for symbol in sorted({*states, *(before or {})}):
            was, now = (before or {}).get(symbol), states.get(symbol)
            if was != now:
                self._changed(MarketSeen(symbol, was, now), is_news=before is not None)
        self._unwatched_since_ms = None
        return True

    def _changed(self, seen: MarketSeen, *, is_news: bool) -> None:
        at_ms, detail = self._now_ms(), dict[str, Any](symbol=seen.symbol)
        kind = MarketNewsKind.HALTED
        if seen.before is None or seen.after is None:
            kind = MarketNewsKind.LISTED if seen.before is None else MarketNewsKind.DELISTED
        else:
            detail |= {"before": seen.before, "after": seen.after}
        if self._unwatched_since_ms is not None:
            detail["unwatched_ms"] = at_ms - self._unwatched_since_ms
        told = self._evaluator.event_conditions.news(kind, seen.symbol, at_ms) if is_news else []
        late = self._unwatched_since_ms is not None
        self._evaluator.happened(told, None, at_ms, detail, late=late, claim=seen)

    def key_trouble(self, account_id: int, label: str, reason: str) -> None:
        """The exchange refuses a key or its stream: `reason` says which."""
        now = self._now_ms()
        told = self._evaluator.event_conditions.key_trouble(account_id, now)
        self._evaluator.happened(told, None, now, {"account": label, "reason": reason})
