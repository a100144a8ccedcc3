"""What happened in an account: pages of the exchange's histories, newest first unless asked otherwise.

Paging is by `limit` (at most 1000) and `offset`; times are unix ms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from bot.domain.orders.order import Fill, OrderReport
from bot.exchange.backpack import mapping, routes
from bot.exchange.backpack.errors import UnknownOutcome
from bot.exchange.backpack.requests import RequestBuilder
from bot.exchange.backpack.routes import Route
from bot.exchange.backpack.session import Session
from bot.exchange.backpack.signing import Param, Signer
from bot.exchange.backpack.wire import account as wa
from bot.exchange.backpack.wire import orders as wo
from bot.exchange.backpack.wire.base import Rows

R = TypeVar("R")
T = TypeVar("T")

NEWEST_FIRST: Final = "Desc"
PAGE: Final = 100


class HistoryReads:
    """The signed reads of the past. Every one raises `BackpackError`s after a few retries."""

    def __init__(self, session: Session, signer: Signer) -> None:
        self._session = session
        self._builder = RequestBuilder(signer, session.broker)

    async def order_history(
        self,
        symbol: str | None = None,
        *,
        order_id: str | None = None,
        strategy_id: str | None = None,
        market_type: str | None = None,
        limit: int = PAGE,
        offset: int = 0,
        sort: str = NEWEST_FIRST,
    ) -> list[OrderReport]:
        """Past orders, with expiry reasons. It cannot be filtered by client id: see `find_past_order`."""
        rows = await self._order_rows(
            symbol=symbol,
            orderId=order_id,
            strategyId=strategy_id,
            marketType=market_type,
            limit=limit,
            offset=offset,
            sortDirection=sort,
        )
        return self._showing(rows, order_id)

    async def find_past_order(
        self, symbol: str, client_id: int, *, since_ms: int, pages: int = 5
    ) -> OrderReport | None:
        """The newest past order with this client id made at or after `since_ms`, looked for page by page.

        None means: not in the history yet. History may lag behind the engine, so ask again before despairing.
        """
        for page in range(pages):
            rows = await self._order_rows(
                symbol=symbol, limit=PAGE, offset=page * PAGE, sortDirection=NEWEST_FIRST
            )
            reports = rows.read
            for report in reports:
                is_recent = report.created_ms is None or report.created_ms >= since_ms
                if report.client_id == client_id and is_recent:
                    return report
            self._showing(rows, str(client_id))
            oldest = reports[-1].created_ms if reports else None
            if len(reports) + len(rows.odd) < PAGE or (oldest is not None and oldest < since_ms):
                return None
        return None

    async def fills(
        self,
        symbol: str | None = None,
        *,
        order_id: str | None = None,
        strategy_id: str | None = None,
        from_ms: int | None = None,
        to_ms: int | None = None,
        fill_type: str | None = None,
        market_type: str | None = None,
        limit: int = PAGE,
        offset: int = 0,
        sort: str = NEWEST_FIRST,
    ) -> list[Fill]:
        """Executions, the system's (liquidation, ADL, …) included unless `fill_type` is `User`.

        `from_ms` is inclusive, `to_ms` exclusive.
        """
        rows = await self._rows(
            routes.HISTORY_FILLS,
            wo.FillRow,
            mapping.fill,
            symbol=symbol,
            orderId=order_id,
            strategyId=strategy_id,
            **{"from": from_ms, "to": to_ms},
            fillType=fill_type,
            marketType=market_type,
            limit=limit,
            offset=offset,
            sortDirection=sort,
        )
        return self._showing(rows, order_id)

    async def funding_payments(
        self, symbol: str | None = None, *, limit: int = PAGE, offset: int = 0, sort: str = NEWEST_FIRST
    ) -> list[wo.FundingPayment]:
        """My funding; positive is received."""
        return await self._page(routes.HISTORY_FUNDING, wo.FundingPayment, limit, offset, sort, symbol=symbol)

    async def position_history(
        self,
        symbol: str | None = None,
        *,
        state: str | None = None,
        limit: int = PAGE,
        offset: int = 0,
        sort: str = NEWEST_FIRST,
    ) -> list[wo.PositionHistoryRow]:
        """Positions with their realised profit and costs; `state` is `Open` or `Closed`."""
        return await self._page(
            routes.HISTORY_POSITIONS,
            wo.PositionHistoryRow,
            limit,
            offset,
            sort,
            symbol=symbol,
            state=state,
        )

    async def strategy_history(
        self,
        symbol: str | None = None,
        *,
        strategy_id: str | None = None,
        limit: int = PAGE,
        offset: int = 0,
        sort: str = NEWEST_FIRST,
    ) -> list[wo.Strategy]:
        """Strategies that run no longer."""
        return await self._page(
            routes.HISTORY_STRATEGIES,
            wo.Strategy,
            limit,
            offset,
            sort,
            symbol=symbol,
            strategyId=strategy_id,
        )

    async def settlements(
        self,
        source: str | None = None,
        *,
        limit: int = PAGE,
        offset: int = 0,
        sort: str = NEWEST_FIRST,
    ) -> list[wo.WireSettlement]:
        return await self._page(
            routes.HISTORY_SETTLEMENT, wo.WireSettlement, limit, offset, sort, source=source
        )

    async def interest_payments(
        self,
        asset: str | None = None,
        *,
        symbol: str | None = None,
        source: str | None = None,
        limit: int = PAGE,
        offset: int = 0,
        sort: str = NEWEST_FIRST,
    ) -> list[wo.InterestPayment]:
        """Interest of borrows, lends and unrealised profit."""
        return await self._page(
            routes.HISTORY_INTEREST,
            wo.InterestPayment,
            limit,
            offset,
            sort,
            asset=asset,
            symbol=symbol,
            source=source,
        )

    async def borrow_lend_history(
        self,
        symbol: str | None = None,
        *,
        kind: str | None = None,
        limit: int = PAGE,
        offset: int = 0,
        sort: str = NEWEST_FIRST,
    ) -> list[wo.BorrowLendMovement]:
        """Borrows, lends and their ends; `kind` is `Borrow`, `BorrowRepay`, `Lend` or `LendRedeem`."""
        return await self._page(
            routes.HISTORY_BORROW_LEND,
            wo.BorrowLendMovement,
            limit,
            offset,
            sort,
            symbol=symbol,
            type=kind,
        )

    async def borrow_lend_positions_history(
        self,
        symbol: str | None = None,
        *,
        side: str | None = None,
        state: str | None = None,
        limit: int = PAGE,
        offset: int = 0,
        sort: str = NEWEST_FIRST,
    ) -> list[wo.BorrowLendPositionRow]:
        return await self._page(
            routes.HISTORY_BORROW_POSITIONS,
            wo.BorrowLendPositionRow,
            limit,
            offset,
            sort,
            symbol=symbol,
            side=side,
            state=state,
        )

    async def dust_history(
        self, symbol: str | None = None, *, limit: int = PAGE, offset: int = 0, sort: str = NEWEST_FIRST
    ) -> list[wo.DustConversion]:
        return await self._page(routes.HISTORY_DUST, wo.DustConversion, limit, offset, sort, symbol=symbol)

    async def deposits(
        self,
        *,
        from_ms: int | None = None,
        to_ms: int | None = None,
        limit: int = PAGE,
        offset: int = 0,
    ) -> list[wa.Deposit]:
        """Money that came in."""
        times: dict[str, Param] = {"from": from_ms, "to": to_ms}
        return await self._get(routes.DEPOSITS, list[wa.Deposit], **times, limit=limit, offset=offset)

    async def withdrawals(
        self,
        *,
        from_ms: int | None = None,
        to_ms: int | None = None,
        limit: int = PAGE,
        offset: int = 0,
    ) -> list[wa.Withdrawal]:
        """Money the user took out on the web; there is no code here that could."""
        times: dict[str, Param] = {"from": from_ms, "to": to_ms}
        return await self._get(routes.WITHDRAWALS, list[wa.Withdrawal], **times, limit=limit, offset=offset)

    async def _order_rows(self, **params: Param) -> Rows[OrderReport]:
        return await self._rows(routes.HISTORY_ORDERS, wo.OrderRow, mapping.order_report, **params)

    def _showing(self, rows: Rows[T], wanted: str | None) -> list[T]:
        """The rows that can be read. Raises UnknownOutcome when one that cannot may be what is looked for."""
        if wanted is not None and rows.hide(wanted):
            raise UnknownOutcome("the row that was looked for cannot be read")
        return rows.usable("a history")

    async def _rows(self, route: Route, kind: type[R], make: Callable[[R], T], **params: Param) -> Rows[T]:
        return await self._session.read_private_rows(self._builder, route, params, kind, make)

    async def _page(
        self, route: Route, kind: type[T], limit: int, offset: int, sort: str, **filters: Param
    ) -> list[T]:
        rows = await self._rows(
            route, kind, lambda row: row, **filters, limit=limit, offset=offset, sortDirection=sort
        )
        return rows.usable("a history")

    async def _get(self, route: Route, kind: type[T], **params: Param) -> T:
        return await self._session.read_private(self._builder, route, params, kind)
