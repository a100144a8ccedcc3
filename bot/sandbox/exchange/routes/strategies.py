"""Routes of the tag Strategy."""

from __future__ import annotations

from enum import StrEnum

from bot.sandbox.exchange import wire
from bot.sandbox.exchange.errors import Refused, bad_request
from bot.sandbox.exchange.model import SelfTrade, Strategy, StrategyRequest
from bot.sandbox.exchange.params import UINT32, UINT64, Params
from bot.sandbox.exchange.routes.markets import MarketType
from bot.sandbox.exchange.routes.orders import SlippageType
from bot.sandbox.exchange.routing import Call, Route
from bot.sandbox.values import Side, TimeInForce


class StrategyKind(StrEnum):
    SCHEDULED = "Scheduled"


def parse_strategy(params: Params) -> StrategyRequest:
    """`StrategyCreatePayload` into words."""
    for name in ("autoLend", "autoLendRedeem", "autoBorrow", "autoBorrowRepay"):
        params.flag(name)
    params.need_choice("strategyType", StrategyKind)
    slippage, kind = params.decimal("slippageTolerance"), params.choice("slippageToleranceType", SlippageType)
    if (slippage is None) != (kind is None) or (slippage is not None and slippage < 0):
        raise bad_request("slippageTolerance must not be negative and goes with slippageToleranceType")
    quantity = params.decimal("quantity")
    duration, interval = params.integer("duration", 0, UINT64), params.integer("interval", 0, UINT64)
    symbol, side = params.need("symbol"), params.need_choice("side", Side)
    if quantity is None:
        raise Refused("INVALID_QUANTITY", "quantity is required")
    if duration is None or interval is None:
        raise Refused("INVALID_RANGE", "duration and interval are required")
    return StrategyRequest(
        symbol=symbol,
        side=side,
        quantity=quantity,
        duration_ms=duration,
        interval_ms=interval,
        price=params.decimal("price"),
        reduce_only=params.flag("reduceOnly") or False,
        post_only=params.flag("postOnly") or False,
        time_in_force=params.choice("timeInForce", TimeInForce) or TimeInForce.IOC,
        self_trade=params.choice("selfTradePrevention", SelfTrade) or SelfTrade.REJECT_TAKER,
        client_id=params.integer("clientStrategyId", 0, UINT32),
        randomized=params.flag("randomizedIntervalQuantity") or False,
        slippage=slippage,
        slippage_type=kind.value if kind else None,
    )


def create(call: Call) -> object:
    strategy = call.engine.start_strategy(call.account, parse_strategy(call.params), call.tag)
    return wire.strategy(strategy, past=False)


def _running(call: Call) -> list[Strategy]:
    call.engine.tick()
    return [
        s for s in call.world.strategies.values() if s.account_id == call.account.id and s.status == "Running"
    ]


def _find(call: Call) -> Strategy | None:
    params = call.params
    symbol, strategy_id = params.need("symbol"), params.text("strategyId")
    client_id = params.integer("clientStrategyId", 0, UINT32)
    if (strategy_id is None) == (client_id is None):
        raise bad_request("Exactly one of strategyId and clientStrategyId must be specified")
    call.world.market(symbol)
    for strategy in _running(call):
        request = strategy.request
        wanted = strategy.id == strategy_id if client_id is None else request.client_id == client_id
        if wanted and request.symbol == symbol:
            return strategy
    return None


def strategy_query(call: Call) -> object:
    found = _find(call)
    if found is None:
        raise Refused("RESOURCE_NOT_FOUND", "Not Found")
    return wire.strategy(found, past=False)


def cancel(call: Call) -> object:
    found = _find(call)
    if found is None:
        raise Refused("RESOURCE_NOT_FOUND", "Not Found", status=400)
    return wire.strategy(call.engine.cancel_strategy(found), past=False)


def running(call: Call) -> object:
    params = call.params
    symbol, kind = params.text("symbol"), params.choice("marketType", MarketType)
    params.choice("strategyType", StrategyKind)
    if symbol is not None:
        call.world.market(symbol)
    markets = call.world.markets
    return [
        wire.strategy(s, past=False)
        for s in _running(call)
        if symbol in {None, s.request.symbol} and kind in {None, markets[s.request.symbol].spec.kind.value}
    ]


def cancel_all(call: Call) -> object:
    symbol = call.params.need("symbol")
    call.params.choice("strategyType", StrategyKind)
    call.world.market(symbol)
    found = [s for s in _running(call) if s.request.symbol == symbol]
    return [wire.strategy(call.engine.cancel_strategy(s), past=False) for s in found]


ROUTES = (
    Route("POST", "/api/v1/strategy", create, "strategyCreate", trades=True, creates=True),
    Route("GET", "/api/v1/strategy", strategy_query, "strategyQuery"),
    Route("DELETE", "/api/v1/strategy", cancel, "strategyCancel", trades=True),
    Route("GET", "/api/v1/strategies", running, "strategyQueryAll"),
    Route("DELETE", "/api/v1/strategies", cancel_all, "strategyCancelAll", trades=True),
)
