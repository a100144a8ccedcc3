"""May this account afford this order? Funds for spot, margin and position limits for futures."""

from __future__ import annotations

from decimal import Decimal

from bot.sandbox.exchange.errors import Refused
from bot.sandbox.exchange.margin import Margin
from bot.sandbox.exchange.markets import ASSETS
from bot.sandbox.exchange.matching import Plan
from bot.sandbox.exchange.model import Account, Order
from bot.sandbox.exchange.state import MarketState, World
from bot.sandbox.values import BPS, ZERO, Side


def check_funds(world: World, order: Order, found: Plan, rest: Decimal) -> None:
    """Raise `Refused` unless the account can pay for `found` now and hold `rest` on the book."""
    if world.accounts[order.account_id].liquidating:
        raise Refused("ACCOUNT_LIQUIDATING", "The account is being liquidated")
    if not world.markets[order.symbol].spec.is_perp:
        _check_balance(world, order, found, rest)
    elif not order.request.reduce_only:
        _check_margin(world, order, found, rest)


def _check_balance(world: World, order: Order, found: Plan, rest: Decimal) -> None:
    spec, account = world.markets[order.symbol].spec, world.accounts[order.account_id]
    if order.side is Side.BUY:
        asset = spec.quote
        needed = found.quote + rest * (order.request.price or ZERO)
        if order.request.quote_quantity is not None:
            needed = max(needed, order.request.quote_quantity)
    else:
        asset, needed = spec.base, found.quantity + rest
    if needed > world.ledger.wallet(account.id, asset).available:
        raise Refused("INSUFFICIENT_FUNDS", f"Insufficient {asset} funds")
    now = world.margin(account)
    collateral = needed * world.paths[asset].value * ASSETS[asset].collateral_weight
    if now.initial and now.available < collateral:
        raise Refused("INSUFFICIENT_MARGIN", "The funds are needed as margin for open positions")


def _check_margin(world: World, order: Order, found: Plan, rest: Decimal) -> None:
    market, account = world.markets[order.symbol], world.accounts[order.account_id]
    before = world.margin(account)
    after = world.margin(account, (order.symbol, order.side, found.quantity + rest))
    if after.exposure <= before.exposure:
        return
    loss = (found.quote - found.quantity * market.mark) * order.side.sign
    fee = found.quote * account.rates.futures_taker / BPS
    if after.equity - max(loss, ZERO) - max(fee, ZERO) < after.locked:
        raise Refused("INSUFFICIENT_MARGIN", "Insufficient margin for the order")
    _check_limits(world, market, account, before, after)


def _check_limits(world: World, market: MarketState, account: Account, before: Margin, after: Margin) -> None:
    growth = after.exposure - before.exposure
    if after.exposure * market.spec.position_limit_weight > account.position_limit:
        raise Refused("POSITION_LIMIT", "The position limit of the account would be exceeded")
    limit = market.spec.open_interest_limit
    if limit is not None and world.open_interest(market.spec.symbol) + growth / market.mark > limit:
        raise Refused("POSITION_LIMIT", "The open interest limit of the market would be exceeded")
