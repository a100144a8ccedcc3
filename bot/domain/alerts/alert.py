"""What an alert watches for, in values; the words are the grammar's, the watching is `bot.alerts`'.

**Crossing.** A level `L` is crossed upwards by the first observation `v >= L` after an observation `v < L`,
and downwards by the first `v <= L` after `v > L`. An alert sees the observations after it was armed; for the
time nobody observed (restart, gap in the feed) the high and the low of the candles over it count as observed.
An alert whose condition already holds when it is made speaks at once if it repeats; else its person is asked
(`WhenTrue`).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Source(StrEnum):
    """Which price is watched. `MARK` and `INDEX` exist on perps only."""

    LAST = "last"
    MARK = "mark"
    INDEX = "index"


class Trend(StrEnum):
    """Which way a value must go: `EITHER` is a crossing, a move or a flip in any direction."""

    UP = "up"
    DOWN = "down"
    EITHER = "either"


class FundingUnit(StrEnum):
    """What a funding rate is quoted per. The exchange's own unit is the market's interval."""

    INTERVAL = "interval"
    HOUR = "1h"
    EIGHT_HOURS = "8h"
    YEAR = "apr"  # simple, not compounded: rate × intervals a year


@dataclass(frozen=True, slots=True)
class PriceLevel:
    """Price above (`UP`), below (`DOWN`) or through (`EITHER`) `level`, in quote."""

    symbol: str
    level: Decimal
    trend: Trend
    source: Source = Source.LAST


@dataclass(frozen=True, slots=True)
class PriceMove:
    """The price moved by `percent` or more within the last `window_ms` (against the window's extreme)."""

    symbol: str
    percent: Decimal
    window_ms: int
    trend: Trend = Trend.EITHER
    source: Source = Source.LAST


@dataclass(frozen=True, slots=True)
class PriceTrail:
    """The price moved by `percent` from an anchor.

    `UP` measures from the lowest price since the alert was armed, `DOWN` from the highest, `EITHER` from the
    price when armed, unless `anchor` names a fixed price.
    """

    symbol: str
    percent: Decimal
    trend: Trend = Trend.EITHER
    anchor: Decimal | None = None
    source: Source = Source.LAST


@dataclass(frozen=True, slots=True)
class FundingLevel:
    """The current funding rate goes above or below `percent` per `unit`. `symbol` None: any perp.

    Rates are compared by the year, so that a market whose interval changes is compared with what was meant.
    """

    symbol: str | None
    percent: Decimal
    trend: Trend
    unit: FundingUnit = FundingUnit.INTERVAL
    interval_ms: int | None = None  # what `INTERVAL` was when the alert was set; intervals change


@dataclass(frozen=True, slots=True)
class FundingFlip:
    """The sign of the funding rate changes: `UP` to positive, `DOWN` to negative, `EITHER` any.

    It counts at a settlement, or live when the rate is clearly beyond nought (`bot.alerts.funding_flips`).
    """

    symbol: str | None
    trend: Trend = Trend.EITHER


@dataclass(frozen=True, slots=True)
class FundingExtreme:
    """The rate is outside the middle 95 % of the market's own settlements of the last 30 days."""

    symbol: str | None


@dataclass(frozen=True, slots=True)
class FundingSoon:
    """`lead_ms` before the market's next settlement."""

    symbol: str
    lead_ms: int


@dataclass(frozen=True, slots=True)
class FundingCost:
    """The next settlement would cost my position `amount` USD or more. `symbol` None: all together."""

    symbol: str | None
    amount: Decimal


class Activity(StrEnum):
    OPEN_INTEREST = "oi"
    VOLUME = "volume"


@dataclass(frozen=True, slots=True)
class ActivityMove:
    """Open interest, or the volume of a window against the window before, changed by `percent` or more."""

    symbol: str
    activity: Activity
    percent: Decimal
    window_ms: int
    trend: Trend = Trend.EITHER


@dataclass(frozen=True, slots=True)
class SpreadLevel:
    """Best ask over best bid is wider than `percent` of the middle."""

    symbol: str
    percent: Decimal


@dataclass(frozen=True, slots=True)
class BasisLevel:
    """Perp mark against index, in per cent of the index, goes above or below `percent` (signed)."""

    symbol: str
    percent: Decimal
    trend: Trend


@dataclass(frozen=True, slots=True)
class LiquidationSize:
    """A liquidation of `notional` USD or more on the market. `symbol` None: any."""

    symbol: str | None
    notional: Decimal


@dataclass(frozen=True, slots=True)
class MyFill:
    """One of my orders fills, wherever it was placed."""

    symbol: str | None = None


@dataclass(frozen=True, slots=True)
class MarginLevel:
    """My account's margin fraction falls below `percent`."""

    percent: Decimal


@dataclass(frozen=True, slots=True)
class LiquidationDistance:
    """The mark comes within one of `percents` of my liquidation price; each level speaks once an approach."""

    symbol: str | None
    percents: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True)
class ProfitLevel:
    """Unrealised profit goes above or below: `amount` in USD, or `percent` of the position's initial margin.

    Exactly one of the two is set. `symbol` None: all positions together (money only).
    """

    symbol: str | None
    trend: Trend
    amount: Decimal | None = None
    percent: Decimal | None = None


class MarketNewsKind(StrEnum):
    LISTED = "listed"
    DELISTED = "delisted"
    HALTED = "halted"  # the book's state left `Open`, or came back to it


@dataclass(frozen=True, slots=True)
class MarketNews:
    """A market is listed, delisted or halted. `symbol` None: any."""

    kind: MarketNewsKind
    symbol: str | None = None


@dataclass(frozen=True, slots=True)
class KeyTrouble:
    """The exchange refuses one of my keys, or its stream cannot be held."""


Condition = (
    PriceLevel
    | PriceMove
    | PriceTrail
    | FundingLevel
    | FundingFlip
    | FundingExtreme
    | FundingSoon
    | FundingCost
    | ActivityMove
    | SpreadLevel
    | BasisLevel
    | LiquidationSize
    | MyFill
    | MarginLevel
    | LiquidationDistance
    | ProfitLevel
    | MarketNews
    | KeyTrouble
)


class WhenTrue(StrEnum):
    """What to do with an alert whose condition is true already when it is set.

    `ASK` its person, unless it repeats: then it speaks at once. `NOW`: it speaks at once. `AGAIN`: when the
    condition has ceased and comes true again.
    """

    ASK = "ask"
    NOW = "now"
    AGAIN = "again"


class Audience(StrEnum):
    """Where an alert speaks. `HERE` is the chat, and topic, in which it was made."""

    HERE = "here"
    PRIVATE = "dm"


class Loudness(StrEnum):
    """How a message arrives: with a sound, without, or not at all."""

    ON = "on"
    SILENT = "silent"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class AlertOptions:
    """How an alert speaks.

    `repeat`: it arms itself again once its condition has ceased to hold. `cooldown_ms`: not again before that
    (also the meaning of `every 1h`, which implies `repeat`). `lifetime_ms`: it expires after that.
    """

    repeat: bool = False
    cooldown_ms: int = 0
    lifetime_ms: int | None = None
    label: str | None = None
    audience: Audience = Audience.HERE
    loudness: Loudness = Loudness.ON
