"""The private calls of one key: what it owns, what rests, and the acts, each sent exactly once.

An order is prepared (signed, with its deadline known) before it is sent, so that the caller can write it
down in between and knows afterwards when an unanswered one is dead for certain.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

import msgspec

from bot.domain.accounts.account import AccountState, Balance, Held, Position
from bot.domain.orders.order import OrderReport, OrderRequest, Resting
from bot.domain.values import Side, plain
from bot.exchange.backpack import mapping, routes
from bot.exchange.backpack.errors import BackpackError, Rejected, UnknownOutcome, error_from_code
from bot.exchange.backpack.history import HistoryReads
from bot.exchange.backpack.requests import PrivateRequest
from bot.exchange.backpack.routes import Route
from bot.exchange.backpack.session import understood
from bot.exchange.backpack.signing import DEFAULT_WINDOW_MS, Param
from bot.exchange.backpack.transport import Answer
from bot.exchange.backpack.wire import account as wa
from bot.exchange.backpack.wire import orders as wo

MAX_BATCH: Final = 50
MAX_CLIENT_ID: Final = 2**32 - 1


@dataclass(frozen=True, slots=True)
class PreparedOrder:
    """One signed and tagged order, made by `AccountClient.prepare_order`; its repr carries no secret."""

    symbol: str
    side: Side
    client_id: int | None
    request: PrivateRequest = field(repr=False)

    def own(self, report: OrderReport) -> OrderReport:
        """`report` if it can be about this order. Raises UnknownOutcome."""
        return _own(self.symbol, self.side, self.client_id, report)

    @property
    def expires_ms(self) -> int:
        """Exchange time after which the exchange refuses this request for good: timestamp plus window."""
        return self.request.expires_ms

    @property
    def body(self) -> bytes:
        """The JSON that goes on the wire, as it was signed."""
        return self.request.body or b""


@dataclass(frozen=True, slots=True)
class PreparedBatch:
    """Several orders under one signature."""

    orders: tuple[OrderRequest, ...]
    request: PrivateRequest = field(repr=False)

    @property
    def expires_ms(self) -> int:
        return self.request.expires_ms


@dataclass(frozen=True, slots=True)
class StrategyRequest:
    """A scheduled (TWAP) strategy; `duration_ms` in all, one slice every `interval_ms`.

    Source: `StrategyCreatePayload`; there is no broker field, as for orders.
    """

    symbol: str
    side: Side
    quantity: Decimal
    duration_ms: int
    interval_ms: int
    randomized: bool = False
    price: Decimal | None = None
    reduce_only: bool = False
    slippage_percent: Decimal | None = None
    client_strategy_id: int | None = None

    def payload(self) -> dict[str, Param]:
        return {
            "strategyType": "Scheduled",
            "symbol": self.symbol,
            "side": self.side.value,
            "quantity": plain(self.quantity),
            "duration": self.duration_ms,
            "interval": self.interval_ms,
            "randomizedIntervalQuantity": self.randomized or None,
            "price": None if self.price is None else plain(self.price),
            "reduceOnly": self.reduce_only or None,
            "slippageTolerance": None if self.slippage_percent is None else plain(self.slippage_percent),
            "slippageToleranceType": None if self.slippage_percent is None else "Percent",
            "clientStrategyId": self.client_strategy_id,
        }


class AccountClient(HistoryReads):
    """One key's view of the exchange. Reads retry; acts raise at once and say whether they had an effect."""

    # --- reads -------------------------------------------------------------------------------------

    async def state(self) -> AccountState:
        """Account, balances, collateral and positions, asked for side by side."""
        summary, capital, margin, held = await asyncio.gather(
            self.summary(), self._get(routes.BALANCES, dict[str, msgspec.Raw]), self.collateral(), self.held()
        )
        return mapping.account_state(summary, self._capital(capital), margin, held)

    async def summary(self) -> wa.AccountSummary:
        """Fees in basis points, leverage limit, open-order counts, whether it is being liquidated."""
        return await self._get(routes.ACCOUNT, wa.AccountSummary)

    async def balances(self) -> dict[str, Balance]:
        """Balances by asset; lent funds are in `state` and `collateral` only."""
        return mapping.balances(self._capital(await self._get(routes.BALANCES, dict[str, msgspec.Raw])).read)

    async def collateral(self) -> wa.MarginSummary:
        """Equity and margin in USD, and what each asset adds to it."""
        return await self._get(routes.COLLATERAL, wa.MarginSummary)

    async def positions(self, symbol: str | None = None) -> dict[str, Position]:
        """Open positions by symbol, with liquidation prices; empty for a symbol without one."""
        return (await self.held(symbol)).positions

    async def positions_in(self, symbols: Iterable[str]) -> dict[str, Position]:
        """Every open position; for whoever concludes something from one of `symbols` not being there.

        Raises UnknownOutcome when one of them is missing and may be in a row that cannot be read.
        """
        held = await self.held()
        if held.unread and any(symbol not in held.positions for symbol in symbols):
            raise UnknownOutcome("a position cannot be read")
        return held.positions

    async def held(self, symbol: str | None = None) -> Held:
        """Open positions, and how many rows of them cannot be read."""
        try:
            rows = await self._rows(routes.POSITIONS, wa.PositionRow, _same, symbol=symbol)
        except Rejected as error:
            if symbol is None or not _is_not_found(error):
                raise
            return Held({})
        return mapping.held(rows)

    async def open_orders(
        self, symbol: str | None = None, market_type: str | None = None
    ) -> list[OrderReport]:
        """Everything that rests, trigger orders included, as far as it can be read."""
        return (await self.resting(symbol, market_type)).orders

    async def resting(self, symbol: str | None = None, market_type: str | None = None) -> Resting:
        """Everything that rests, and the rows of it that cannot be read."""
        rows = await self._rows(
            routes.OPEN_ORDERS, wo.OrderRow, mapping.order_report, symbol=symbol, marketType=market_type
        )
        return Resting(rows.read, tuple(mapping.odd_order(row) for row in rows.odd))

    async def find_order(
        self, symbol: str, *, client_id: int | None = None, order_id: str | None = None
    ) -> OrderReport | None:
        """A resting order by exactly one of its ids. None: it does not rest, it may still have been."""
        params = _one_id(symbol, "clientId", client_id, "orderId", order_id)
        try:
            row = await self._get(routes.OPEN_ORDER, wo.OrderRow, **params)
        except Rejected as error:
            if not _is_not_found(error):
                raise
            return None
        report = understood(lambda: mapping.order_report(row))
        if client_id is not None and report.client_id != client_id:
            raise UnknownOutcome("the answer belongs to another order")
        if order_id is not None and report.exchange_id != order_id:
            raise UnknownOutcome("the answer belongs to another order")
        return report

    async def max_order_quantity(
        self,
        symbol: str,
        side: Side,
        *,
        price: Decimal | None = None,
        reduce_only: bool | None = None,
    ) -> Decimal:
        """The largest base quantity the account could trade now; without `price`, by a market order."""
        row = await self._get(
            routes.MAX_ORDER,
            wa.MaxOrderQuantity,
            symbol=symbol,
            side=side.value,
            price=None if price is None else plain(price),
            reduceOnly=reduce_only,
        )
        return row.max_order_quantity

    async def max_borrow_quantity(self, asset: str) -> Decimal:
        return (await self._get(routes.MAX_BORROW, wa.MaxBorrowQuantity, symbol=asset)).max_borrow_quantity

    async def max_withdrawal_quantity(self, asset: str) -> Decimal:
        """What the user could take out on the web. Information only."""
        row = await self._get(routes.MAX_WITHDRAWAL, wa.MaxWithdrawalQuantity, symbol=asset)
        return row.max_withdrawal_quantity

    async def deposit_address(self, blockchain: str) -> str:
        """Where the user may send funds to."""
        return (await self._get(routes.DEPOSIT_ADDRESS, wa.DepositAddress, blockchain=blockchain)).address

    async def open_strategies(self, symbol: str | None = None) -> list[wo.Strategy]:
        return await self._get(routes.OPEN_STRATEGIES, list[wo.Strategy], symbol=symbol)

    async def find_strategy(
        self, symbol: str, *, strategy_id: str | None = None, client_strategy_id: int | None = None
    ) -> wo.Strategy | None:
        """A running strategy by exactly one of its ids; None when it runs no longer."""
        params = _one_id(symbol, "clientStrategyId", client_strategy_id, "strategyId", strategy_id)
        try:
            return await self._get(routes.OPEN_STRATEGY, wo.Strategy, **params)
        except Rejected as error:
            if not _is_not_found(error):
                raise
            return None

    # --- orders ------------------------------------------------------------------------------------

    def prepare_order(
        self, request: OrderRequest, *, timestamp_ms: int, window_ms: int = DEFAULT_WINDOW_MS
    ) -> PreparedOrder:
        """Sign and tag one order as of `timestamp_ms` (exchange time). Sends nothing."""
        _check_client_id(request.client_id)
        signed = self._builder.build(routes.ORDER, request.payload(), timestamp_ms, window_ms)
        return PreparedOrder(request.symbol, request.side, request.client_id, signed)

    async def send(self, prepared: PreparedOrder) -> OrderReport:
        """Send it, once, ever. A `NoEffect` error means no order; `UnknownOutcome` means: look it up.

        The report is the engine's own answer and carries no fee.
        """
        return prepared.own(self._order(await self._session.send(prepared.request)))

    def prepare_batch(
        self, requests: Sequence[OrderRequest], *, timestamp_ms: int, window_ms: int = DEFAULT_WINDOW_MS
    ) -> PreparedBatch:
        """Sign and tag 1 to 50 orders together. Sends nothing."""
        if not 1 <= len(requests) <= MAX_BATCH:
            raise ValueError(f"a batch holds 1..{MAX_BATCH} orders")
        for request in requests:
            _check_client_id(request.client_id)
        payloads = [request.payload() for request in requests]
        signed = self._builder.build(routes.ORDER_BATCH, payloads, timestamp_ms, window_ms)
        return PreparedBatch(tuple(requests), signed)

    async def send_batch(self, prepared: PreparedBatch) -> list[OrderReport | BackpackError]:
        """Send it once. For each order, in order, its report or the error that is its answer."""
        answer = await self._session.send(prepared.request)
        members = self._session.decode(answer, list[msgspec.Raw])
        if len(members) != len(prepared.orders):
            raise UnknownOutcome(f"{len(members)} answers to {len(prepared.orders)} orders")
        return [
            self._batch_member(request, bytes(member))
            for request, member in zip(prepared.orders, members, strict=True)
        ]

    async def place_batch(self, requests: Sequence[OrderRequest]) -> list[OrderReport | BackpackError]:
        """Prepare and send in one go, for callers that need no record in between."""
        return await self.send_batch(self.prepare_batch(requests, timestamp_ms=self._session.now_ms()))

    async def cancel(
        self, symbol: str, *, order_id: str | None = None, client_id: int | None = None
    ) -> OrderReport | None:
        """Cancel a resting order by exactly one of its ids. None: accepted, not yet done (HTTP 202)."""
        params = _one_id(symbol, "clientId", client_id, "orderId", order_id)
        answer = await self._act(routes.ORDER_CANCEL, params, repeatable=True)
        if answer.status == 202:
            return None
        report = self._order(answer)
        is_other = report.exchange_id != order_id if order_id is not None else report.client_id != client_id
        if is_other or report.symbol != symbol:
            raise UnknownOutcome("the answer belongs to another order")
        return report

    async def cancel_all(self, symbol: str, kind: str | None = None) -> list[OrderReport]:
        """Cancel what rests on one market; `kind` is `RestingLimitOrder` or `ConditionalOrder`.

        An empty list may also mean: accepted, not yet carried out (HTTP 202).
        """
        params: dict[str, Param] = {"symbol": symbol, "orderType": kind}
        answer = await self._act(routes.ORDER_CANCEL_ALL, params, repeatable=True)
        if answer.status == 202:
            return []
        reports = self._session.reader.rows(answer.body, wo.OrderRow, mapping.order_report).read
        return [report for report in reports if report.symbol == symbol]

    # --- strategies and settings -------------------------------------------------------------------

    async def create_strategy(self, request: StrategyRequest) -> wo.Strategy:
        """Start a scheduled strategy: its orders carry the same broker tag as single ones."""
        answer = await self._act(routes.STRATEGY, request.payload())
        return self._session.decode(answer, wo.Strategy)

    async def cancel_strategy(
        self, symbol: str, *, strategy_id: str | None = None, client_strategy_id: int | None = None
    ) -> wo.Strategy | None:
        """Stop a running strategy. None: accepted, not yet done (HTTP 202)."""
        params = _one_id(symbol, "clientStrategyId", client_strategy_id, "strategyId", strategy_id)
        answer = await self._act(routes.STRATEGY_CANCEL, params, repeatable=True)
        return None if answer.status == 202 else self._session.decode(answer, wo.Strategy)

    async def cancel_all_strategies(self, symbol: str) -> list[wo.Strategy]:
        answer = await self._act(routes.STRATEGY_CANCEL_ALL, {"symbol": symbol}, repeatable=True)
        return [] if answer.status == 202 else self._session.decode(answer, list[wo.Strategy])

    async def update_settings(
        self,
        *,
        leverage_limit: Decimal | None = None,
        auto_lend: bool | None = None,
        auto_repay_borrows: bool | None = None,
        auto_borrow_settlements: bool | None = None,
    ) -> None:
        """Change the account as a whole: the leverage limit touches every position."""
        params: dict[str, Param] = {
            "leverageLimit": None if leverage_limit is None else plain(leverage_limit),
            "autoLend": auto_lend,
            "autoRepayBorrows": auto_repay_borrows,
            "autoBorrowSettlements": auto_borrow_settlements,
        }
        await self._act(routes.ACCOUNT_UPDATE, params)

    # --- how ---------------------------------------------------------------------------------------

    async def _act(self, route: Route, params: dict[str, Param], *, repeatable: bool = False) -> Answer:
        return await self._session.act(self._builder, route, params, repeatable=repeatable)

    def _capital(self, rows: dict[str, msgspec.Raw]) -> mapping.Capital:
        """Balances by asset as far as they can be read."""
        capital = mapping.Capital({}, [])
        for asset, raw in rows.items():
            try:
                capital.read[asset] = self._session.reader.read(bytes(raw), wa.BalanceRow)
            except UnknownOutcome:
                capital.odd.append(asset)
        return capital

    def _order(self, answer: Answer) -> OrderReport:
        row = self._session.decode(answer, wo.OrderRow)
        return understood(lambda: mapping.order_report(row))

    def _batch_member(self, request: OrderRequest, body: bytes) -> OrderReport | BackpackError:
        """One order's own verdict; an unreadable one leaves only that order's outcome unknown."""
        try:
            result = self._session.reader.read(body, wo.BatchResult)
            if result.code is not None or result.operation == "Err":
                return error_from_code(result.code, result.message)
            row = self._session.reader.read(body, wo.OrderRow)
            report = understood(lambda: mapping.order_report(row))
            return _own(request.symbol, request.side, request.client_id, report)
        except UnknownOutcome as error:
            return error


def _check_client_id(client_id: int | None) -> None:
    if client_id is not None and not 0 <= client_id <= MAX_CLIENT_ID:
        raise ValueError("a client id is a uint32")


def _one_id(
    symbol: str, number_name: str, number: int | None, text_name: str, text: str | None
) -> dict[str, Param]:
    """Exactly one id: with both, the exchange's own signature check fails."""
    if (number is None) == (text is None):
        raise ValueError(f"give exactly one of {number_name} and {text_name}")
    return {"symbol": symbol, number_name: number, text_name: text}


def _own(symbol: str, side: Side, client_id: int | None, report: OrderReport) -> OrderReport:
    """`report` if it can be about this order. Raises UnknownOutcome."""
    same_id = client_id is None or report.client_id in {None, client_id}
    if report.symbol != symbol or report.side is not side or not same_id:
        raise UnknownOutcome("the answer belongs to another order")
    return report


def _is_not_found(error: Rejected) -> bool:
    """The exchange's own word for it: a page that is missing says nothing of an order."""
    return error.code == "RESOURCE_NOT_FOUND"


def _same(row: wa.PositionRow) -> wa.PositionRow:
    return row
