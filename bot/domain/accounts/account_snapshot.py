"""An account at one moment, and what it is worth at marks that have moved since. Pure.

Formulae as in `margin`: equity counts unrealised profit; the margin fraction is equity over the
exposure of the positions (Backpack OpenAPI: `MarginAccountSummary.marginFraction`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from bot.domain.accounts.account import Position
from bot.domain.markets.funding import funding_payment
from bot.domain.values import HUNDRED, ZERO


@dataclass(frozen=True, slots=True)
class AccountSnapshot:
    """What was last read. Money in USD; `exposure` is `netExposureFutures`."""

    at_ms: int
    equity: Decimal
    exposure: Decimal
    positions: Mapping[str, Position] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Marked:
    """A position's mark and predicted funding rate (a fraction) as of now."""

    mark: Decimal
    rate: Decimal | None = None


Marks = Mapping[str, Marked]


def profit(position: Position, mark: Decimal) -> Decimal:
    """Unrealised profit (USD) at another mark than the one it was read at."""
    return position.unrealized_pnl + position.quantity * (mark - position.mark_price)


def return_percent(position: Position, mark: Decimal) -> Decimal | None:
    """Unrealised profit in per cent of the position's initial margin; None without a margin."""
    margin = abs(position.quantity) * mark * position.imf
    return profit(position, mark) / margin * HUNDRED if margin > ZERO else None


def distance_percent(position: Position, mark: Decimal) -> Decimal | None:
    """How far the mark is from the liquidation price, in per cent of the mark; None: cannot be liquidated."""
    liquidation = position.liquidation_price
    if liquidation is None or liquidation <= ZERO or mark <= ZERO:
        return None
    return abs(mark - liquidation) / mark * HUNDRED


def funding_cost(position: Position, now: Marked) -> Decimal | None:
    """What the next settlement would cost (USD); negative is received. None: the rate is not known."""
    return None if now.rate is None else -funding_payment(position.quantity, now.mark, now.rate)


def margin_percent(picture: AccountSnapshot, marks: Marks) -> Decimal | None:
    """The account's margin fraction in per cent at these marks; None without exposure."""
    equity, exposure = picture.equity, picture.exposure
    for symbol, position in picture.positions.items():
        if symbol in marks:
            moved = marks[symbol].mark - position.mark_price
            equity += position.quantity * moved
            exposure += abs(position.quantity) * moved
    return equity / exposure * HUNDRED if exposure > ZERO else None
