"""Routes of the tags Markets, Assets and Trades: what anyone may read."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from bot.sandbox.exchange import wire
from bot.sandbox.exchange.candles import INTERVALS, Candle
from bot.sandbox.exchange.errors import Refused, bad_request
from bot.sandbox.exchange.markets import ASSETS, MARKETS, Asset, MarginCurve, Spec
from bot.sandbox.exchange.params import INT64, UINT64
from bot.sandbox.exchange.routing import Call, Page, Route, page
from bot.sandbox.exchange.state import MarketState
from bot.sandbox.exchange.tickers import ticker_of
from bot.sandbox.values import ZERO, Side, plain

_CREATED_US = 1_737_441_294_691_858
_MAX_CANDLES = 1000
_LOAN_RATE = Decimal("0.02")  # by the year
_SPOT_CURVE = (
    MarginCurve(Decimal("0.1"), Decimal("0.0002")),
    MarginCurve(Decimal("0.05"), Decimal("0.0001")),
)


class MarketType(StrEnum):
    SPOT = "SPOT"
    PERP = "PERP"
    IPERP = "IPERP"
    DATED = "DATED"
    PREDICTION = "PREDICTION"
    RFQ = "RFQ"


class KlinePriceType(StrEnum):
    LAST = "Last"
    INDEX = "Index"
    MARK = "Mark"


DEPTH_LIMITS = ("5", "10", "20", "50", "100", "500", "1000")


def assets(call: Call) -> object:
    call.params.text("country")
    return [_asset(asset) for asset in ASSETS.values()]


def _asset(asset: Asset) -> object:
    token = {
        "displayName": asset.name,
        "blockchain": asset.blockchain,
        "depositEnabled": False,
        "minimumDeposit": "0",
        "withdrawEnabled": False,
        "minimumWithdrawal": "0",
        "withdrawalFee": "0",
    }
    return {
        "symbol": asset.symbol,
        "displayName": asset.name,
        "coingeckoId": asset.coingecko,
        "tokens": [token],
    }


def collateral(call: Call) -> object:
    initial, maintenance = _SPOT_CURVE
    return [
        {
            "symbol": asset.symbol,
            "imfFunction": wire.curve(initial),
            "mmfFunction": wire.curve(maintenance),
            "haircutFunction": {"weight": plain(asset.collateral_weight), "kind": {"type": "identity"}},
        }
        for asset in ASSETS.values()
    ]


def loan_markets(call: Call) -> object:
    """Borrow rates that never change: a coin costs the more, the wilder it is."""
    now = wire.iso_ms(call.world.now_ms())
    return [
        {
            "symbol": asset.symbol,
            "state": "Open",
            "assetMarkPrice": plain(asset.price),
            "borrowInterestRate": plain(_LOAN_RATE + 10 * asset.volatility),
            "lendInterestRate": plain(_LOAN_RATE + 5 * asset.volatility),
            "borrowedQuantity": "500000",
            "lentQuantity": "1000000",
            "fee": "0.1",
            "utilization": "0.5",
            "optimalUtilization": "0.8",
            "maxUtilization": "0.95",
            "openBorrowLendLimit": "10000000",
            "throttleUtilizationThreshold": "0.8",
            "throttleUtilizationBound": "0.9",
            "throttleUpdateFraction": "0.1",
            "stepSize": "0.000001",
            "timestamp": f"{now}Z",
        }
        for asset in ASSETS.values()
    ]


def markets(call: Call) -> object:
    wanted = call.params.choices("marketType", MarketType) or {MarketType.SPOT, MarketType.PERP}
    return [_market(m) for m in call.world.markets.values() if m.listed and m.spec.kind.value in wanted]


def market(call: Call) -> object:
    return _market(_symbol(call))


def _symbol(call: Call) -> MarketState:
    return call.engine.refresh(call.params.need("symbol"))


def _market(state: MarketState) -> object:
    """`Market`, with null for what it does not have, as published captures show."""
    spec = state.spec
    perp = spec.is_perp
    bound = str(spec.funding_bound_bps)
    return {
        "symbol": spec.symbol,
        "baseSymbol": spec.base,
        "quoteSymbol": spec.quote,
        "marketType": spec.kind.value,
        "filters": {"price": _price_filter(spec), "quantity": _quantity_filter(spec)},
        "imfFunction": wire.curve(spec.initial) if perp else None,
        "mmfFunction": wire.curve(spec.maintenance) if perp else None,
        "fundingInterval": spec.funding_interval_ms if perp else None,
        "fundingRateUpperBound": bound if perp else None,
        "fundingRateLowerBound": f"-{bound}" if perp else None,
        "openInterestLimit": wire.decimal(spec.open_interest_limit or ZERO),
        "orderBookState": state.state,
        "createdAt": wire.iso(_CREATED_US),
        "visible": True,
        "positionLimitWeight": plain(spec.position_limit_weight) if perp else None,
    }


def _price_filter(spec: Spec) -> object:
    band, tolerance = spec.mean_mark_band, spec.premium_tolerance
    return {
        "minPrice": plain(spec.min_price),
        "maxPrice": wire.optional(spec.max_price),
        "tickSize": plain(spec.tick),
        "maxMultiplier": plain(spec.max_multiplier),
        "minMultiplier": plain(spec.min_multiplier),
        "maxImpactMultiplier": plain(spec.max_impact),
        "minImpactMultiplier": plain(spec.min_impact),
        "meanMarkPriceBand": band and {"minMultiplier": plain(band[0]), "maxMultiplier": plain(band[1])},
        "meanPremiumBand": tolerance and {"tolerancePct": plain(tolerance)},
        "borrowEntryFeeMaxMultiplier": None,
        "borrowEntryFeeMinMultiplier": None,
    }


def _quantity_filter(spec: Spec) -> object:
    return {
        "minQuantity": plain(spec.min_quantity),
        "maxQuantity": wire.optional(spec.max_quantity),
        "stepSize": plain(spec.step),
    }


def depth(call: Call) -> object:
    """Both sides ascending, so that the best bid is the last one."""
    limit = call.params.text("limit") or "1000"
    if limit not in DEPTH_LIMITS:
        raise bad_request(f"limit must be one of {', '.join(DEPTH_LIMITS)}")
    state = _symbol(call)
    bids = state.book.levels(Side.BUY, int(limit))[::-1]
    asks = state.book.levels(Side.SELL, int(limit))
    return {
        "asks": [[plain(price), plain(quantity)] for price, quantity in asks],
        "bids": [[plain(price), plain(quantity)] for price, quantity in bids],
        "lastUpdateId": str(state.depth_id),
        "timestamp": state.depth_us,
    }


def mark_prices(call: Call) -> object:
    kind = call.params.choice("marketType", MarketType) or MarketType.PERP
    symbol = call.params.text("symbol")
    if symbol is not None:
        return [_mark_price(_symbol(call))]
    for base in ASSETS:
        if f"{base}_USDC" in MARKETS:
            call.engine.refresh(f"{base}_USDC")
    return [_mark_price(m) for m in call.world.markets.values() if m.spec.kind.value == kind]


def _mark_price(state: MarketState) -> object:
    row: wire.Json = {"symbol": state.spec.symbol, "markPrice": plain(state.mark)}
    if state.spec.is_perp:
        row |= {
            "fundingRate": plain(state.funding_rate),
            "indexPrice": plain(state.index),
            "nextFundingTimestamp": state.next_funding_ms,
        }
    return row


def open_interest(call: Call) -> object:
    symbol = call.params.text("symbol")
    chosen = [_symbol(call)] if symbol is not None else list(call.world.markets.values())
    if symbol is not None and not chosen[0].spec.is_perp:
        raise Refused("INVALID_MARKET", f"{symbol} is not a futures market")
    now = call.world.now_ms()
    return [
        {
            "symbol": state.spec.symbol,
            "openInterest": plain(call.world.open_interest(state.spec.symbol)),
            "timestamp": now,
        }
        for state in chosen
        if state.spec.is_perp
    ]


def funding_rates(call: Call) -> object:
    state = _symbol(call)
    return page(
        call.params,
        list(state.funding_rates),
        lambda row: {
            "symbol": state.spec.symbol,
            "intervalEndTimestamp": wire.iso_ms(row[0]),
            "fundingRate": plain(row[1]),
        },
        max_limit=10_000,
    )


def klines(call: Call) -> object:
    """Times of the request are in seconds, those of the answer ISO 8601 without zone."""
    params = call.params
    interval = params.need("interval")
    if interval not in INTERVALS:
        raise bad_request(f"interval must be one of {', '.join(INTERVALS)}")
    price_type = params.choice("priceType", KlinePriceType)
    now = call.world.now_ms() // 1000
    start, end = params.integer("startTime", 0, INT64), params.integer("endTime", 0, INT64)
    if start is None:
        raise bad_request("startTime is required")
    state = _symbol(call)
    end = min(now + 1 if end is None else end, now + 1)
    length = INTERVALS[interval]
    by_type = {KlinePriceType.MARK: state.mark_candles, KlinePriceType.INDEX: state.index_candles}
    recorded = by_type.get(price_type or KlinePriceType.LAST, state.candles)
    candles = recorded.between(interval, max(start, end - length * _MAX_CANDLES), end, _MAX_CANDLES)
    return [_kline(state, at, candle, length) for at, candle in candles]


def _kline(state: MarketState, start: int, candle: Candle | None, length: int) -> object:
    """One of the grid; without a trade its prices are null."""
    prices = dict.fromkeys(("open", "high", "low", "close"))
    return {
        "start": wire.iso_second(start),
        "end": wire.iso_second(start + length),
        **{name: candle and _at_tick(getattr(candle, name), state) for name in prices},
        "volume": plain(candle.volume) if candle else "0",
        "quoteVolume": plain(candle.quote_volume) if candle else "0",
        "trades": str(candle.trades) if candle else "0",
    }


def _at_tick(price: Decimal, state: MarketState) -> str:
    return plain(price.quantize(state.spec.tick))


def ticker(call: Call) -> object:
    return ticker_of(call.world, _symbol(call), _ticker_days(call))


def tickers(call: Call) -> object:
    days = _ticker_days(call)
    return [ticker_of(call.world, state, days) for state in call.world.markets.values()]


def _ticker_days(call: Call) -> int:
    interval = call.params.text("interval") or "1d"
    if interval not in {"1d", "1w"}:
        raise bad_request("interval must be one of 1d, 1w")
    return 7 if interval == "1w" else 1


def trades(call: Call) -> object:
    limit = call.params.integer("limit", 1, 1000)
    state = _symbol(call)
    newest = list(state.trades)[::-1][: 100 if limit is None else limit]
    return [wire.trade(item) for item in newest]


def trade_history(call: Call) -> object:
    return page(call.params, list(_symbol(call).trades), wire.trade).items


def prediction_events(call: Call) -> object:
    for name in ("symbol", "tagSlug", "eventSlug", "seriesSlug"):
        call.params.text(name)
    call.params.flag("resolved")
    limit = call.params.integer("limit", 0, 1000)
    return Page([], 0, 100 if limit is None else limit, call.params.integer("offset", 0, UINT64) or 0)


def nothing_listed(call: Call) -> object:
    """The sandbox lists no prediction markets and no securities."""
    return []


ROUTES = (
    Route("GET", "/api/v1/assets", assets),
    Route("GET", "/api/v1/collateral", collateral),
    Route("GET", "/api/v1/markets", markets),
    Route("GET", "/api/v1/market", market),
    Route("GET", "/api/v1/depth", depth),
    Route("GET", "/api/v1/markPrices", mark_prices),
    Route("GET", "/api/v1/openInterest", open_interest),
    Route("GET", "/api/v1/borrowLend/markets", loan_markets),
    Route("GET", "/api/v1/fundingRates", funding_rates),
    Route("GET", "/api/v1/klines", klines),
    Route("GET", "/api/v1/ticker", ticker),
    Route("GET", "/api/v1/tickers", tickers),
    Route("GET", "/api/v1/trades", trades),
    Route("GET", "/api/v1/trades/history", trade_history),
    Route("GET", "/api/v1/prediction", prediction_events),
    Route("GET", "/api/v1/prediction/tags", nothing_listed),
    Route("GET", "/api/v1/market-sessions", nothing_listed),
    Route("GET", "/api/v1/securities", nothing_listed),
)
