"""What scheduled posts say: the market read at their time, in the chat's language, and what was gathered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.markets.funding import next_settlement_ms
from bot.domain.markets.market import Market, MarkPrice
from bot.domain.notifications.preferences import Event
from bot.domain.values import Language
from bot.exchange.backpack import BackpackClient
from bot.kernel.recurrence import HOUR_MS
from bot.kernel.storage import Database
from bot.marketdata import Catalogue, FundingHistory
from bot.notifications import chats, outbox_rows
from bot.notifications.notify import outgoing
from bot.notifications.sender import LANE_DIGEST
from bot.notifications.tables import OutboxMessage as Row
from bot.people import users
from bot.posts.tables import PostKind, ScheduledPost
from bot.posts.views import posts as view
from bot.ui import Locale, Message, funding_table
from bot.ui.lateness import Lateness

_EVENTS: Final = {
    PostKind.FUNDING_TABLE: Event.FUNDING,
    PostKind.FUNDING_EXTREMES: Event.FUNDING,
    PostKind.TOP_MOVERS: Event.MARKET,
    PostKind.DAILY_DIGEST: Event.DIGEST,
}
USUAL_INTERVAL_MS: Final = 8 * HOUR_MS


class NoFunding(LookupError):
    """No perpetual by that name, or none at all, pays funding."""


@dataclass(frozen=True, slots=True)
class BuiltPost:
    """A post ready to be queued. `said` and `counted` are outbox rows a digest speaks of."""

    message: Row
    when: dict[str, Any]
    said: list[int] = field(default_factory=list)
    counted: list[int] = field(default_factory=list)
    now_ms: int = 0

    async def note(self, session: AsyncSession) -> None:
        await outbox_rows.mark_told(session, self.said, self.counted, self.now_ms)


class Posting:
    """Makes posts; implements `posts.jobs.PostContent`."""

    def __init__(
        self,
        database: Database,
        client: BackpackClient,
        catalogue: Catalogue,
        funding: FundingHistory,
        *,
        clock: Callable[[], int],
    ) -> None:
        self._database = database
        self._client = client
        self._catalogue = catalogue
        self._funding = funding
        self._clock = clock

    async def settlement(self, lead_ms: int, symbol: str | None) -> dict[str, Any]:
        """The timing `lead_ms` before each settlement of `symbol`, or of most perpetuals.

        Raises NoFunding, BackpackError.
        """
        marks = await self._funding.marks()
        markets = await self._catalogue.markets()  # after the marks: these tell of another interval first
        return self._settlement(markets, marks, lead_ms, symbol)

    def _settlement(
        self, markets: Mapping[str, Market], marks: Mapping[str, MarkPrice], lead_ms: int, symbol: str | None
    ) -> dict[str, Any]:
        known = {
            name: (mark.next_funding_ms, markets[name].funding_interval_ms or USUAL_INTERVAL_MS)
            for name, mark in marks.items()
            if mark.next_funding_ms is not None and name in markets and symbol in {None, name}
        }
        if not known:
            raise NoFunding(symbol or "")
        (usual, _), *_ = Counter(known.values()).most_common(1)
        settlement_ms, interval_ms = usual
        return {
            "before_funding_ms": lead_ms,
            "interval_ms": interval_ms,
            "settlement_ms": settlement_ms,
            "symbol": symbol,
        }

    async def make(self, post: ScheduledPost, *, due_ms: int, late_ms: int, missed: int) -> BuiltPost:
        """The message of `post`. Raises BackpackError, NoFunding when there is nothing to show yet."""
        locale = await self._locale(post)
        late = Lateness(late_ms, missed)
        now = self._clock()
        if post.kind is PostKind.DAILY_DIGEST:
            return await self._digest(post, locale, late, now)
        when = dict(post.when)
        if post.kind is PostKind.TOP_MOVERS:
            message = view.movers(locale, await self._movers(), late, now_ms=now)
        elif post.kind is PostKind.FUNDING_EXTREMES:
            message = view.extremes(locale, await self._funding.rows(), late, now_ms=now)
        else:
            when, message = await self._funding_table(post, locale, late, due_ms, now)
        return BuiltPost(self._row(post, message), when)

    async def _funding_table(
        self, post: ScheduledPost, locale: Locale, late: Lateness, due_ms: int, now: int
    ) -> tuple[dict[str, Any], Message]:
        """Before each settlement, or at a time of its own: then the next settlement of most markets."""
        lead_ms, symbol = int(post.when.get("before_funding_ms", 0)), post.when.get("symbol")
        known = await self.settlement(lead_ms, symbol)
        interval_ms = known["interval_ms"]
        timed = "before_funding_ms" in post.when
        settled = due_ms + lead_ms if timed else next_settlement_ms(known["settlement_ms"], interval_ms, now)
        table = funding_table.table(
            locale,
            [row for row in await self._funding.rows() if symbol in {None, row.symbol}],
            order=funding_table.SortOrder.EXTREME,
            page=0,
            now_ms=now,
            page_data=lambda order, page: funding_table.TableButton(order, page).pack(),
            symbol_data=lambda name: f"fm:{name}",
        )
        message = view.funding(locale, table, late, settlement_ms=settled, now_ms=now)
        return (known if timed else dict(post.when)), message

    async def _digest(self, post: ScheduledPost, locale: Locale, late: Lateness, now: int) -> BuiltPost:
        async with self._database.read() as session:
            waiting = await outbox_rows.gathered(session, post.chat_id)
            unsaid = list(await outbox_rows.suppressed(session, post.chat_id))
        message = view.digest(
            locale,
            await self._movers(),
            await self._funding.rows(),
            late,
            gathered=[row.text for row in waiting],
            unsaid=len(unsaid),
            now_ms=now,
        )
        return BuiltPost(self._row(post, message), dict(post.when), [row.id for row in waiting], unsaid, now)

    async def _locale(self, post: ScheduledPost) -> Locale:
        """The chat's language, and the post's own time zone."""
        async with self._database.read() as session:
            if post.chat_id > 0:
                user = await users.get(session, post.chat_id)
                language = user.language if user is not None else Language.ENGLISH
            else:
                chat = (await chats.known(session, [post.chat_id])).get(post.chat_id)
                language = chat.language if chat is not None else Language.ENGLISH
        return Locale.of(Language(language), post.time_zone)

    async def _movers(self) -> list[view.Mover]:
        markets, tickers = await self._catalogue.markets(), await self._client.tickers()
        return [
            view.Mover(
                markets[name].base, ticker.last_price, ticker.price_change_percent, ticker.quote_volume
            )
            for name, ticker in tickers.items()
            if name in markets and markets[name].is_perp
        ]

    def _row(self, post: ScheduledPost, message: Message) -> Row:
        return outgoing(
            post.chat_id,
            message,
            LANE_DIGEST,
            self._clock(),
            thread_id=post.thread_id,
            event=_EVENTS[post.kind],
        )
