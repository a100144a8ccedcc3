"""Cross margin of one account, computed from the ledger and the positions alone.

Written apart from the bot's own margin code so that the two can contradict each other. Margin fraction is
`base + factor * sqrt(notional)`, the initial one never below one over the account's leverage limit; equity is
haircut collateral plus unrealised profit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from bot.sandbox.exchange.ledger import Wallet
from bot.sandbox.exchange.markets import ASSETS, MarginCurve, Spec
from bot.sandbox.exchange.model import Account, Order
from bot.sandbox.values import ONE, ZERO, Side


def fraction(curve: MarginCurve, notional: Decimal) -> Decimal:
    """Margin fraction of a position of this absolute notional."""
    return curve.base + curve.factor * abs(notional).sqrt()


@dataclass(frozen=True, slots=True)
class Exposure:
    """One futures market as margin sees it; `worst` is the larger of long and short with orders filled."""

    spec: Spec
    mark: Decimal
    net: Decimal
    worst: Decimal  # signed base quantity
    unrealized: Decimal

    @property
    def notional(self) -> Decimal:
        return abs(self.worst) * self.mark

    def initial_fraction(self, leverage: Decimal) -> Decimal:
        return max(fraction(self.spec.initial, self.notional), ONE / leverage)

    def initial(self, leverage: Decimal) -> Decimal:
        return self.notional * self.initial_fraction(leverage)

    @property
    def maintenance_fraction(self) -> Decimal:
        return fraction(self.spec.maintenance, abs(self.net) * self.mark)

    @property
    def maintenance(self) -> Decimal:
        return abs(self.net) * self.mark * self.maintenance_fraction


@dataclass(frozen=True, slots=True)
class Margin:
    """Totals in USD."""

    assets: Decimal  # collateral value of what is held
    liabilities: Decimal  # value of what is owed
    unrealized: Decimal
    equity: Decimal
    initial: Decimal
    maintenance: Decimal
    locked: Decimal  # initial margin plus collateral held by spot orders
    exposure: Decimal  # notional of futures, open orders included

    @property
    def available(self) -> Decimal:
        return self.equity - self.locked


def worst_case(net: Decimal, orders: Iterable[tuple[Side, Decimal]]) -> Decimal:
    """Signed quantity of largest magnitude the position may reach if one side of its orders fills."""
    buys = sells = ZERO
    for side, quantity in orders:
        if side is Side.BUY:
            buys += quantity
        else:
            sells += quantity
    return max(net + buys, net - sells, key=abs)


def exposure_of(
    account: Account, spec: Spec, mark: Decimal, orders: Iterable[Order], extra: tuple[Side, Decimal] | None
) -> Exposure:
    """Exposure to one market, with `extra` as if it were resting too."""
    position = account.positions.get(spec.symbol)
    net = position.quantity if position else ZERO
    resting = [(o.side, o.remaining) for o in orders if not o.request.reduce_only]
    if extra is not None:
        resting.append(extra)
    unrealized = position.unrealized(mark) if position else ZERO
    return Exposure(spec, mark, net, worst_case(net, resting), unrealized)


def total(
    wallets: Mapping[str, Wallet],
    exposures: Iterable[Exposure],
    leverage: Decimal,
    index: Mapping[str, Decimal],
) -> Margin:
    """Sum an account up. `index` prices assets in USD."""
    assets = liabilities = spot_locked = unrealized = initial = maintenance = exposure = ZERO
    for asset, wallet in wallets.items():
        weight = ASSETS[asset].collateral_weight
        if wallet.total >= ZERO:
            assets += wallet.total * index[asset] * weight
        else:
            liabilities -= wallet.total * index[asset]
        spot_locked += wallet.locked * index[asset] * weight
    for item in exposures:
        unrealized += item.unrealized
        initial += item.initial(leverage)
        maintenance += item.maintenance
        exposure += item.notional
    equity = assets - liabilities + unrealized
    return Margin(
        assets, liabilities, unrealized, equity, initial, maintenance, initial + spot_locked, exposure
    )


def liquidation_price(item: Exposure, margin: Margin) -> Decimal:
    """Mark at which equity meets maintenance margin, other markets standing still; 0 when there is none.

    The crossing is found by bisection: the maintenance fraction itself depends on the price.
    """
    if not item.net:
        return ZERO
    others = margin.maintenance - item.maintenance

    def slack(price: Decimal) -> Decimal:
        notional = abs(item.net) * price
        equity = margin.equity + item.net * (price - item.mark)
        return equity - others - notional * fraction(item.spec.maintenance, notional)

    safe = item.mark
    if slack(safe) <= ZERO:
        return item.mark
    danger = ZERO
    if item.net < ZERO:
        danger = item.mark * 2
        while slack(danger) > ZERO:
            danger *= 2
    elif slack(ZERO) > ZERO:
        return ZERO
    for _ in range(48):
        middle = (safe + danger) / 2
        if slack(middle) > ZERO:
            safe = middle
        else:
            danger = middle
    return danger
