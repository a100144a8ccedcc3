"""What the evaluator takes and gives: alerts as it knows them, and decisions that a condition came true."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from bot.alerts.trigger import ValueSeries
from bot.domain.alerts.alert import Condition


@dataclass(frozen=True, slots=True)
class Watched:
    """What the evaluator needs of an alert."""

    id: int
    condition: Condition
    repeat: bool
    cooldown_ms: int
    since_ms: int  # armed then
    memory: dict[str, Any] | None = None
    account_id: int | None = None


@dataclass(frozen=True, slots=True)
class FillSeen:
    """An execution in our own table."""

    fill_id: int


@dataclass(frozen=True, slots=True)
class MarketSeen:
    """A market that went from one state to another; None: not listed."""

    symbol: str
    before: str | None
    after: str | None


Claim = FillSeen | MarketSeen
"""What has a row of its own beside the alerts: whoever changes that row first tells of it, nobody else."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A condition came true. `happened_ms` by the exchange's clock; `late`: found out afterwards.

    With a `claim` it is a fact only for whoever wins that.
    """

    alert_id: int
    condition: Condition | None  # None: a plain PriceLevel, known by `series` and `level`
    series: ValueSeries
    level: Decimal | None
    value: Decimal | None
    happened_ms: int
    late: bool
    detail: dict[str, Any] = field(default_factory=dict)
    part: str = ""
    goes_on: bool = False  # an alert that speaks once has still more to say (several levels)
    claim: Claim | None = None
    turn: int | None = None  # of a trigger that turns more than once in a millisecond
