"""Cross margin: what a position locks, what it uses, and the price at which the account would be liquidated.

Formulae: Backpack OpenAPI `PositionImfFunction` (`SqrtFunction`) and the exchange's page "Futures Specs":
exposure is valued at mark, equity counts unrealised profit, and an account is liquidated when its equity
falls to the sum of its positions' maintenance margins.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from bot.domain.accounts.account import AccountState
from bot.domain.markets.market import MarginFunction, Market
from bot.domain.values import ONE, ZERO, exact, floor_to


def margin_fraction(function: MarginFunction | None, notional: Decimal) -> Decimal:
    """`base + factor * sqrt(|notional|)`; zero for a market that publishes no function."""
    if function is None:
        return ZERO
    with exact():
        return function.base + function.factor * abs(notional).sqrt()


def maximum_leverage(market: Market) -> Decimal | None:
    """The leverage of the smallest position, `1 / imf base`; larger ones get less. None: not published."""
    if market.imf is None or market.imf.base <= ZERO:
        return None
    with exact():
        return ONE / market.imf.base


def initial_margin(market: Market, notional: Decimal, leverage: Decimal) -> Decimal:
    """Quote locked by an exposure of `notional`: by the market's IMF or by `leverage`, whichever is more."""
    with exact():
        by_leverage = ONE / leverage if leverage > ZERO else ONE
        return abs(notional) * max(margin_fraction(market.imf, notional), by_leverage)


def exposure_elsewhere(account: AccountState, symbol: str) -> Decimal:
    """Absolute notional of all positions but the one in `symbol`, at mark."""
    return sum((p.notional for s, p in account.positions.items() if s != symbol), ZERO)


def maintenance_elsewhere(account: AccountState, symbol: str) -> Decimal:
    """Maintenance margin of all positions but the one in `symbol`, at their current marks."""
    return sum((p.notional * p.mmf for s, p in account.positions.items() if s != symbol), ZERO)


@dataclass(frozen=True, slots=True)
class Holding:
    """A position as it would be after a fill, and the account around it, for any price of its market.

    `base_equity` is the account's equity with this market's price at zero, so that equity at a price is
    `base_equity + quantity * price`. Everything else (other markets, collateral) is held where it is.
    """

    market: Market
    quantity: Decimal  # base, negative for a short
    base_equity: Decimal
    other_maintenance: Decimal

    def equity_at(self, price: Decimal) -> Decimal:
        """Account equity (USD) if this market's mark were `price`."""
        return self.base_equity + self.quantity * price

    def maintenance_at(self, price: Decimal) -> Decimal:
        """Maintenance margin (USD) of the whole account if this market's mark were `price`."""
        notional = abs(self.quantity) * price
        return notional * margin_fraction(self.market.mmf, notional) + self.other_maintenance

    def is_safe_at(self, price: Decimal) -> bool:
        with exact():
            return self.equity_at(price) >= self.maintenance_at(price)


def holding_after(
    account: AccountState, market: Market, *, mark: Decimal, change: Decimal, price: Decimal, fee: Decimal
) -> Holding:
    """The holding once `change` base units (negative sells) were filled at `price` for `fee`.

    The part that was there before is already in the equity at `mark`; the new part starts at its own price.
    """
    with exact():
        position = account.positions.get(market.symbol)
        before = position.quantity if position is not None else ZERO
        return Holding(
            market=market,
            quantity=before + change,
            base_equity=account.net_equity - fee - before * mark - change * price,
            other_maintenance=maintenance_elsewhere(account, market.symbol),
        )


def liquidation_price(holding: Holding, reference: Decimal) -> Decimal | None:
    """The price, at the tick, at which equity would no longer cover maintenance margin. None: never.

    `reference` is a price at which the account is expected to stand, usually the entry. Equity less
    maintenance is concave in the price for a long and falls with it for a short, so there is one crossing on
    the adverse side and bisection over ticks finds it; the result is the last safe tick. An account already
    below its maintenance gets the reference back. Estimate: other markets, collateral values and open orders
    are taken to stay as they are.
    """
    if not holding.quantity:
        return None
    with exact():
        tick = holding.market.tick
        start = int(reference / tick)
        if not holding.is_safe_at(start * tick):
            return start * tick
        if holding.quantity > ZERO:
            if holding.is_safe_at(ZERO):
                return None
            unsafe = 0
        else:
            unsafe = int(holding.base_equity / -holding.quantity / tick) + 1
        return _last_safe_tick(holding, start, unsafe) * tick


def _last_safe_tick(holding: Holding, safe: int, unsafe: int) -> int:
    tick = holding.market.tick
    while abs(safe - unsafe) > 1:
        middle = (safe + unsafe) // 2
        if holding.is_safe_at(middle * tick):
            safe = middle
        else:
            unsafe = middle
    return safe


def largest_affordable(
    need: Callable[[Decimal], Decimal], available: Decimal, step: Decimal, most: Decimal
) -> Decimal:
    """The largest multiple of `step`, at most `most`, whose `need` is covered by `available`; zero if none.

    `need` must not fall with the quantity.
    """
    with exact():
        if need(floor_to(most, step)) <= available:
            return floor_to(most, step)
        enough, too_much = 0, int(most / step) + 1
        while too_much - enough > 1:
            middle = (enough + too_much) // 2
            if need(middle * step) <= available:
                enough = middle
            else:
                too_much = middle
        return enough * step
