"""The sandbox's assets and markets with rules of realistic size.

Shapes and magnitudes follow the exchange's own `/markets` answers; prices are where the random walk begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bot.sandbox.values import ONE, ZERO, MarketKind

D = Decimal
_SPOT_BOUNDS = (D("1.25"), D("0.75"), D("1.03"), D("0.97"))
_PERP_BOUNDS = (D(2), D("0.25"), D("1.01"), D("0.99"))
HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class MarginCurve:
    """Margin fraction of a notional: `base + factor * sqrt(notional)`. Source: `SqrtFunction`."""

    base: Decimal
    factor: Decimal


@dataclass(frozen=True, slots=True)
class Asset:
    symbol: str
    name: str
    blockchain: str
    coingecko: str
    collateral_weight: Decimal
    price: Decimal  # base price in USD
    volatility: Decimal  # largest relative move of one tick


@dataclass(frozen=True, slots=True)
class Spec:
    """One market's rules. Prices in quote, quantities in base, bounds on funding in basis points."""

    symbol: str
    base: str
    quote: str
    kind: MarketKind
    tick: Decimal
    step: Decimal
    depth: Decimal  # quote value the synthetic maker shows at the touch
    bounds: tuple[Decimal, Decimal, Decimal, Decimal]  # multipliers of last (max, min), of best (max, min)
    curve: tuple[MarginCurve, MarginCurve] | None = None  # initial, maintenance
    mean_mark_band: tuple[Decimal, Decimal] | None = None  # minimum, maximum
    premium_tolerance: Decimal | None = None
    open_interest_limit: Decimal | None = None
    base_open_interest: Decimal = ZERO  # what the rest of the world holds
    max_price: Decimal | None = None
    max_quantity: Decimal | None = None
    least_quantity: Decimal | None = None  # None: one step
    funding_interval_ms: int = HOUR_MS
    funding_bound_bps: int = 100
    position_limit_weight: Decimal = ONE

    @property
    def max_multiplier(self) -> Decimal:
        return self.bounds[0]

    @property
    def min_multiplier(self) -> Decimal:
        return self.bounds[1]

    @property
    def max_impact(self) -> Decimal:
        return self.bounds[2]

    @property
    def min_impact(self) -> Decimal:
        return self.bounds[3]

    @property
    def is_perp(self) -> bool:
        return self.kind is MarketKind.PERP

    @property
    def min_quantity(self) -> Decimal:
        return self.least_quantity or self.step

    @property
    def min_price(self) -> Decimal:
        return self.tick

    @property
    def initial(self) -> MarginCurve:
        """Initial-margin curve; only perpetuals have one."""
        assert self.curve is not None
        return self.curve[0]

    @property
    def maintenance(self) -> MarginCurve:
        assert self.curve is not None
        return self.curve[1]


ASSETS: dict[str, Asset] = {
    asset.symbol: asset
    for asset in (
        Asset("USDC", "USD Coin", "Solana", "usd-coin", D(1), D(1), D(0)),
        Asset("USDT", "Tether", "Ethereum", "tether", D("0.98"), D(1), D("0.000004")),
        Asset("SOL", "Solana", "Solana", "solana", D("0.9"), D(150), D("0.0002")),
        Asset("BTC", "Bitcoin", "Bitcoin", "bitcoin", D("0.9"), D(85_000), D("0.0001")),
        Asset("ETH", "Ethereum", "Ethereum", "ethereum", D("0.9"), D(2_750), D("0.00014")),
        Asset("WIF", "dogwifhat", "Solana", "dogwifcoin", D("0.5"), D("0.85"), D("0.0004")),
        Asset("ENA", "Ethena", "Ethereum", "ethena", D("0.5"), D("0.32"), D("0.0004")),
        Asset("JUP", "Jupiter", "Solana", "jupiter-exchange-solana", D("0.7"), D("0.48"), D("0.0003")),
        Asset("DOGE", "Dogecoin", "Dogecoin", "dogecoin", D("0.7"), D("0.18"), D("0.0003")),
        Asset("ADA", "Cardano", "Cardano", "cardano", D("0.7"), D("0.66"), D("0.0003")),
    )
}


def _curve(initial: tuple[str, str], maintenance: tuple[str, str]) -> tuple[MarginCurve, MarginCurve]:
    return (MarginCurve(D(initial[0]), D(initial[1])), MarginCurve(D(maintenance[0]), D(maintenance[1])))


_MAJOR = _curve(("0.02", "0.000075"), ("0.0135", "0.0000375"))
_BITCOIN = _curve(("0.01333333", "0.00002494"), ("0.00666667", "0.00001496"))
_MINOR = _curve(("0.1", "0.00024"), ("0.0625", "0.000144"))
_SMALL = _curve(("0.2", "0.0004"), ("0.125", "0.00024"))


def _spot(base: str, quote: str, tick: str, step: str, depth: int) -> Spec:
    return Spec(f"{base}_{quote}", base, quote, MarketKind.SPOT, D(tick), D(step), D(depth), _SPOT_BOUNDS)


def _perp(
    grid: tuple[str, str, str],
    depth: int,
    *,
    curve: tuple[MarginCurve, MarginCurve],
    band: tuple[str, str],
    interest: tuple[int, int],
) -> Spec:
    """`grid` is base asset, tick and step; `interest` the open-interest limit and what strangers hold."""
    base, tick, step = grid
    return Spec(
        f"{base}_USDC_PERP",
        base,
        "USDC",
        MarketKind.PERP,
        D(tick),
        D(step),
        D(depth),
        _PERP_BOUNDS,
        curve=curve,
        mean_mark_band=(D(band[0]), D(band[1])),
        premium_tolerance=D("0.05"),
        open_interest_limit=D(interest[0]),
        base_open_interest=D(interest[1]),
    )


MARKETS: dict[str, Spec] = {
    spec.symbol: spec
    for spec in (
        _spot("SOL", "USDC", "0.01", "0.01", 4_000),
        _spot("BTC", "USDC", "0.1", "0.00001", 20_000),
        _spot("ETH", "USDC", "0.01", "0.0001", 10_000),
        _spot("WIF", "USDC", "0.0001", "0.1", 900),
        _spot("ENA", "USDC", "0.0001", "0.1", 700),
        _spot("JUP", "USDC", "0.0001", "0.1", 900),
        _spot("DOGE", "USDC", "0.00001", "1", 1_500),
        _spot("ADA", "USDC", "0.0001", "0.1", 1_200),
        _spot("USDT", "USDC", "0.0001", "0.1", 50_000),
        _perp(
            ("SOL", "0.01", "0.01"),
            15_000,
            curve=_MAJOR,
            band=("0.925", "1.075"),
            interest=(4_000_000, 610_000),
        ),
        _perp(
            ("BTC", "0.1", "0.00001"), 60_000, curve=_BITCOIN, band=("0.96", "1.04"), interest=(4_000, 910)
        ),
        _perp(
            ("ETH", "0.01", "0.0001"), 30_000, curve=_MAJOR, band=("0.95", "1.05"), interest=(120_000, 17_400)
        ),
        _perp(
            ("WIF", "0.0001", "0.1"),
            2_000,
            curve=_MINOR,
            band=("0.9", "1.1"),
            interest=(9_000_000, 1_150_000),
        ),
        _perp(
            ("ENA", "0.0001", "0.1"),
            2_000,
            curve=_MINOR,
            band=("0.9", "1.1"),
            interest=(20_000_000, 3_300_000),
        ),
        _perp(
            ("JUP", "0.0001", "0.1"),
            2_000,
            curve=_SMALL,
            band=("0.9", "1.1"),
            interest=(15_000_000, 2_100_000),
        ),
        _perp(
            ("DOGE", "0.00001", "1"),
            4_000,
            curve=_MINOR,
            band=("0.9", "1.1"),
            interest=(60_000_000, 9_800_000),
        ),
        _perp(
            ("ADA", "0.0001", "0.1"),
            3_000,
            curve=_MINOR,
            band=("0.9", "1.1"),
            interest=(20_000_000, 2_700_000),
        ),
    )
}
