"""The history routes (`/wapi/v1/history/*`) and the reads of deposits and withdrawals."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from bot.sandbox.exchange import wire
from bot.sandbox.exchange.errors import bad_request
from bot.sandbox.exchange.model import Dust, Fill, FundingPayment, Position, Settlement
from bot.sandbox.exchange.params import INT32, INT64, UINT16, Params
from bot.sandbox.exchange.routes.markets import MarketType
from bot.sandbox.exchange.routing import Call, Page, Route, page
from bot.sandbox.values import ZERO


class FillType(StrEnum):
    USER = "User"
    BOOK = "BookLiquidation"
    ADL = "Adl"
    BACKSTOP = "Backstop"
    LIQUIDATION = "Liquidation"
    ALL = "AllLiquidation"
    CONVERSION = "CollateralConversion"
    CONVERSION_AND_SPOT = "CollateralConversionAndSpotLiquidation"


_SYSTEM_TYPES: dict[FillType, set[str | None]] = {
    FillType.USER: {None},
    FillType.BOOK: {"LiquidatePositionOnBook"},
    FillType.ADL: {"LiquidatePositionOnAdl"},
    FillType.BACKSTOP: {"LiquidatePositionOnBackstop"},
    FillType.LIQUIDATION: {"LiquidatePositionOnBook", "LiquidatePositionOnBackstop"},
    FillType.ALL: {"LiquidatePositionOnBook", "LiquidatePositionOnBackstop", "LiquidatePositionOnAdl"},
    FillType.CONVERSION: {"CollateralConversion"},
    FillType.CONVERSION_AND_SPOT: {"CollateralConversion"},
}


class SettlementSource(StrEnum):
    BACKSTOP = "BackstopLiquidation"
    CULLED_INTEREST = "CulledBorrowInterest"
    CULLED_PNL = "CulledRealizePnl"
    CULLED_BOOK = "CulledRealizePnlBookUtilization"
    FUNDING = "FundingPayment"
    PNL = "RealizePnl"
    FEES = "TradingFees"
    SYSTEM_FEES = "TradingFeesSystem"


class State(StrEnum):
    OPEN = "Open"
    CLOSED = "Closed"


class Side(StrEnum):
    BORROW = "Borrow"
    LEND = "Lend"


class LoanEvent(StrEnum):
    BORROW = "Borrow"
    REPAY = "BorrowRepay"
    LEND = "Lend"
    REDEEM = "LendRedeem"


class InterestSource(StrEnum):
    PNL = "UnrealizedPnl"
    LOAN = "BorrowLend"


def _kind_matches(call: Call) -> Callable[[str], bool]:
    kinds, markets = call.params.choices("marketType", MarketType), call.world.markets
    return lambda symbol: not kinds or markets[symbol].spec.kind.value in kinds


def orders(call: Call) -> object:
    """Every order of the account; there is no filter by client id."""
    params, fits = call.params, _kind_matches(call)
    symbol, order_id, strategy_id = params.text("symbol"), params.text("orderId"), params.text("strategyId")
    rows = [
        order
        for order in call.account.orders
        if symbol in {None, order.symbol}
        and order_id in {None, order.id}
        and strategy_id in {None, order.request.strategy_id}
        and fits(order.symbol)
    ]
    return page(params, rows, wire.past_order)


def fills(call: Call) -> object:
    """`from` is inclusive, `to` exclusive, both in milliseconds. System fills are among them."""
    params, fits = call.params, _kind_matches(call)
    start, end = params.integer("from", 0, INT64), params.integer("to", 0, INT64)
    kind = params.choice("fillType", FillType)
    symbol, order_id, strategy_id = params.text("symbol"), params.text("orderId"), params.text("strategyId")

    def wanted(fill: Fill) -> bool:
        time_ms = fill.time_us // 1000
        return (
            symbol in {None, fill.symbol}
            and order_id in {None, fill.order_id}
            and strategy_id in {None, fill.strategy_id}
            and (start is None or time_ms >= start)
            and (end is None or time_ms < end)
            and (kind is None or fill.system_type in _SYSTEM_TYPES[kind])
            and fits(fill.symbol)
        )

    return page(params, [fill for fill in call.account.fills if wanted(fill)], wire.fill)


def funding(call: Call) -> object:
    call.params.integer("subaccountId", 0, UINT16)
    symbol, user = call.params.text("symbol"), call.account.id

    def row(payment: FundingPayment) -> object:
        return {
            "userId": user,
            "symbol": payment.symbol,
            "quantity": wire.decimal(payment.quantity),
            "intervalEndTimestamp": wire.iso_ms(payment.interval_end_ms),
            "fundingRate": wire.decimal(payment.rate),
        }

    return page(call.params, [p for p in call.account.funding if symbol in {None, p.symbol}], row)


def settlements(call: Call) -> object:
    source, user = call.params.choice("source", SettlementSource), call.account.id

    def row(item: Settlement) -> object:
        return wire.compact(
            {
                "quantity": wire.decimal(item.quantity),
                "source": item.source,
                "timestamp": wire.iso(item.time_us),
                "userId": user,
                "positionId": item.position_id,
                "engineSequence": item.sequence,
            }
        )

    return page(call.params, [s for s in call.account.settlements if source in {None, s.source}], row)


def strategies(call: Call) -> object:
    params, fits = call.params, _kind_matches(call)
    symbol, strategy_id = params.text("symbol"), params.text("strategyId")
    rows = [
        s
        for s in call.world.strategies.values()
        if s.account_id == call.account.id
        and s.status != "Running"
        and symbol in {None, s.request.symbol}
        and strategy_id in {None, s.id}
        and fits(s.request.symbol)
    ]
    return page(params, rows, lambda strategy: wire.strategy(strategy, past=True))


def positions(call: Call) -> object:
    params, fits, who = call.params, _kind_matches(call), call.account
    symbol, state = params.text("symbol"), params.choice("state", State)
    rows = [] if state is State.OPEN else list(who.closed_positions)
    rows += [] if state is State.CLOSED else list(who.positions.values())
    chosen = [p for p in rows if symbol in {None, p.symbol} and fits(p.symbol)]
    return page(params, chosen, lambda position: _position(call, position)).items


def _position(call: Call, position: Position) -> object:
    """`PositionHistoryRow`."""
    mark = call.world.markets[position.symbol].mark
    spec = call.world.markets[position.symbol].spec
    unrealized = position.unrealized(mark) if position.quantity else ZERO
    return wire.compact(
        {
            "id": position.id,
            "symbol": position.symbol,
            "netQuantity": wire.decimal(position.quantity),
            "netExposureQuantity": wire.decimal(abs(position.quantity)),
            "netExposureNotional": wire.decimal(abs(position.quantity) * mark),
            "netCost": wire.decimal(position.cost),
            "markPrice": wire.decimal(mark),
            "entryPrice": wire.decimal(position.entry),
            "cumulativePnlRealized": wire.decimal(position.realized),
            "unrealizedPnl": wire.decimal(unrealized),
            "fundingQuantity": wire.decimal(position.funding),
            "interest": "0",
            "liquidated": wire.decimal(position.liquidated),
            "imf": wire.decimal(spec.initial.base),
            "fees": wire.decimal(position.fees),
            "state": "Open" if position.closed_ms is None else "Closed",
            "closedVolume": wire.decimal(position.closed_volume),
            "liquidationFees": wire.decimal(position.liquidation_fees),
            "closingPrice": wire.optional(position.closing_price),
            "accountLeverage": wire.decimal(call.account.settings.leverage_limit),
            "openedAt": wire.iso_ms(position.opened_ms),
            "closedAt": None if position.closed_ms is None else wire.iso_ms(position.closed_ms),
        }
    )


def dust(call: Call) -> object:
    wanted, symbol = call.params.integer("id", -INT64 - 1, INT64), call.params.text("symbol")

    def row(item: Dust) -> object:
        return {
            "id": item.id,
            "quantity": wire.decimal(item.quantity),
            "symbol": item.symbol,
            "usdcReceived": wire.decimal(item.received),
            "timestamp": wire.iso(item.time_us),
        }

    rows = [d for d in call.account.dust if wanted in {None, d.id} and symbol in {None, d.symbol}]
    return page(call.params, rows, row)


def _empty(params: Params) -> Page:
    return page(params, [], lambda row: row)


def loans(call: Call) -> object:
    """No borrowing or lending happens here; the parameters are checked all the same."""
    call.params.choice("type", LoanEvent)
    for name in ("sources", "positionId", "symbol"):
        call.params.text(name)
    return _empty(call.params)


def interest(call: Call) -> object:
    call.params.choice("source", InterestSource)
    for name in ("asset", "symbol", "positionId"):
        call.params.text(name)
    return _empty(call.params)


def loan_positions(call: Call) -> object:
    call.params.text("symbol")
    call.params.choice("side", Side)
    call.params.choice("state", State)
    return _empty(call.params)


def deposits(call: Call) -> object:
    _time_range(call.params)
    call.params.flag("excludePlatform")
    return _empty(call.params).items


def withdrawals(call: Call) -> object:
    _time_range(call.params)
    call.params.integer("id", -INT32 - 1, INT32)
    call.params.text("clientId")
    return _empty(call.params).items


def _time_range(params: Params) -> None:
    start, end = params.integer("from", -INT64 - 1, INT64), params.integer("to", -INT64 - 1, INT64)
    if start is not None and end is not None and start > end:
        raise bad_request("from must not be after to")


ROUTES = (
    Route("GET", "/wapi/v1/history/orders", orders, "orderHistoryQueryAll"),
    Route("GET", "/wapi/v1/history/fills", fills, "fillHistoryQueryAll"),
    Route("GET", "/wapi/v1/history/funding", funding, "fundingHistoryQueryAll"),
    Route("GET", "/wapi/v1/history/settlement", settlements, "settlementHistoryQueryAll"),
    Route("GET", "/wapi/v1/history/strategies", strategies, "strategyHistoryQueryAll"),
    Route("GET", "/wapi/v1/history/position", positions, "positionHistoryQueryAll"),
    Route("GET", "/wapi/v1/history/dust", dust, "dustHistoryQueryAll"),
    Route("GET", "/wapi/v1/history/borrowLend", loans, "borrowHistoryQueryAll"),
    Route("GET", "/wapi/v1/history/interest", interest, "interestHistoryQueryAll"),
    Route("GET", "/wapi/v1/history/borrowLend/positions", loan_positions, "borrowPositionHistoryQueryAll"),
    Route("GET", "/wapi/v1/capital/deposits", deposits, "depositQueryAll"),
    Route("GET", "/wapi/v1/capital/withdrawals", withdrawals, "withdrawalQueryAll"),
)
