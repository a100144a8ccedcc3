"""Wire models of public market data. Source: Backpack OpenAPI schemas of the same names."""

from __future__ import annotations

from decimal import Decimal

from bot.exchange.backpack.wire.base import Time, WireStruct


class SqrtFunction(WireStruct):
    """`PositionImfFunction`: only `sqrt` is known; another `type` is carried and not computed with."""

    type: str = "sqrt"
    base: Decimal | None = None
    factor: Decimal | None = None


class MultiplierBand(WireStruct):
    max_multiplier: Decimal | None = None
    min_multiplier: Decimal | None = None


class PremiumBand(WireStruct):
    tolerance_pct: Decimal | None = None


class PriceFilter(WireStruct):
    tick_size: Decimal
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    max_multiplier: Decimal | None = None
    min_multiplier: Decimal | None = None
    max_impact_multiplier: Decimal | None = None
    min_impact_multiplier: Decimal | None = None
    mean_mark_price_band: MultiplierBand | None = None
    mean_premium_band: PremiumBand | None = None


class QuantityFilter(WireStruct):
    step_size: Decimal
    min_quantity: Decimal
    max_quantity: Decimal | None = None


class Filters(WireStruct):
    price: PriceFilter
    quantity: QuantityFilter


class MarketRow(WireStruct):
    """`Market`. Funding bounds are in basis points, the interval in ms."""

    symbol: str
    base_symbol: str
    quote_symbol: str
    market_type: str
    filters: Filters
    order_book_state: str = "Open"
    imf_function: SqrtFunction | None = None
    mmf_function: SqrtFunction | None = None
    funding_interval: int | None = None
    funding_rate_upper_bound: Decimal | None = None
    funding_rate_lower_bound: Decimal | None = None
    open_interest_limit: Decimal | None = None
    position_limit_weight: Decimal | None = None
    visible: bool = True
    created_at: Time = None
    rwa_market_type: str | None = None


class DepthRow(WireStruct):
    """`Depth`: levels as (price, quantity), in whatever order; `timestamp` in microseconds."""

    asks: list[tuple[Decimal, Decimal]]
    bids: list[tuple[Decimal, Decimal]]
    last_update_id: str | int
    timestamp: int = 0


class MarkPriceRow(WireStruct):
    symbol: str
    mark_price: Decimal
    index_price: Decimal | None = None
    funding_rate: Decimal | None = None
    next_funding_timestamp: int | None = None


class Ticker(WireStruct):
    """24 h (or 1 w) statistics; `price_change_percent` is a fraction as the exchange sends it."""

    symbol: str
    first_price: Decimal
    last_price: Decimal
    price_change: Decimal
    price_change_percent: Decimal
    high: Decimal
    low: Decimal
    volume: Decimal
    quote_volume: Decimal
    trades: int | str = 0


class WireKline(WireStruct):
    """One candle. Prices are None where nothing traded; `start` and `end` as they came (UTC)."""

    start: str
    end: str
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None
    close: Decimal | None = None
    volume: Decimal = Decimal(0)
    quote_volume: Decimal = Decimal(0)
    trades: int | str = 0


class WireTrade(WireStruct):
    """A public trade; `timestamp` in ms."""

    price: Decimal
    quantity: Decimal
    quote_quantity: Decimal
    timestamp: int
    is_buyer_maker: bool
    id: int | None = None


class FundingIntervalRate(WireStruct):
    symbol: str
    interval_end_timestamp: Time
    funding_rate: Decimal


class WireOpenInterest(WireStruct):
    """Base units; None where the market has none."""

    symbol: str
    open_interest: Decimal | None = None
    timestamp: int = 0


class Token(WireStruct):
    display_name: str
    blockchain: str
    contract_address: str | None = None
    deposit_enabled: bool = False
    minimum_deposit: Decimal = Decimal(0)
    native_decimals: int | None = None


class Asset(WireStruct):
    symbol: str
    display_name: str = ""
    coingecko_id: str | None = None
    tokens: tuple[Token, ...] = ()


class HaircutKind(WireStruct):
    type: str
    base: Decimal | None = None
    factor: Decimal | None = None


class Haircut(WireStruct):
    weight: Decimal
    kind: HaircutKind | None = None


class CollateralParameters(WireStruct):
    """`CollateralSummary`: how much of an asset counts as collateral."""

    symbol: str
    imf_function: SqrtFunction | None = None
    mmf_function: SqrtFunction | None = None
    haircut_function: Haircut | None = None


class BorrowLendMarket(WireStruct):
    """Rates are fractions by the year: what borrowers of the asset pay, and what lenders receive."""

    symbol: str
    state: str
    borrow_interest_rate: Decimal
    lend_interest_rate: Decimal


class SystemStatus(WireStruct):
    """`status` is `Ok` or `Maintenance`; other values are carried."""

    status: str
    message: str | None = None


class Wallet(WireStruct):
    blockchain: str
    address: str


class MarketSession(WireStruct):
    """Hours of a market that closes; times local to `timezone`, weekdays ISO (1 is Monday)."""

    name: str
    start_time: str
    end_time: str
    timezone: str
    start_weekday: int
    end_weekday: int
    description: str | None = None


class SecuritySession(WireStruct):
    name: str
    min_quantity: Decimal
    step_size: Decimal
    max_quantity: Decimal | None = None


class Security(WireStruct):
    asset: str
    name: str
    cusip: str | None = None
    sessions: tuple[SecuritySession, ...] = ()


class PredictionTag(WireStruct):
    slug: str
    title: str


class PredictionMarket(WireStruct):
    market_symbol: str
    question: str
    active_price: Decimal | None = None
    yes_outcome_label: str = ""
    no_outcome_label: str = ""
    resolved_at: Time = None
    resolution_price: Decimal | None = None
    quote_volume: Decimal | None = None


class PredictionEvent(WireStruct):
    slug: str
    title: str
    description: str = ""
    resolved: bool = False
    quote_volume: Decimal | None = None
    tags: tuple[PredictionTag, ...] = ()
    prediction_markets: tuple[PredictionMarket, ...] = ()
