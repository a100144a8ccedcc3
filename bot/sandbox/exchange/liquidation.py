"""Liquidation: an account below its maintenance margin loses its orders, then its positions, at the market.

The fee is 1 % of each fill. What remains below zero afterwards is borne by the house.
"""

from __future__ import annotations

from bot.sandbox.exchange import placing
from bot.sandbox.exchange.errors import Refused
from bot.sandbox.exchange.ledger import HOUSE
from bot.sandbox.exchange.model import Account, OrderRequest, Position, Tag
from bot.sandbox.exchange.state import World
from bot.sandbox.values import ZERO, OrderType, Side

BACKSTOP = ("LiquidatePositionOnBackstop", "BACKSTOP_LIQUIDITY_PROVIDER")
AUTO_DELEVERAGING = ("LiquidatePositionOnAdl", "ADL_AUTOCLOSE")


def check(world: World) -> bool:
    """Liquidate every account that a touched market pushed under. True if any was."""
    due = [
        account
        for account in world.accounts.values()
        if any(symbol in world.touched for symbol in account.positions)
        and not account.liquidating
        and _is_under(world, account)
    ]
    for account in due:
        _liquidate(world, account)
    return bool(due)


def _is_under(world: World, account: Account) -> bool:
    margin = world.margin(account)
    return margin.equity < margin.maintenance


def _liquidate(world: World, account: Account) -> None:
    account.liquidating = True
    for order in list(account.open_orders.values()):
        placing.expire(world, order, "Liquidation")
    while account.positions and _is_under(world, account):
        largest = max(
            account.positions.values(), key=lambda p: abs(p.quantity) * world.markets[p.symbol].mark
        )
        _close(world, account, largest)
    account.liquidating = False
    owed = world.ledger.wallet(account.id, "USDC").available
    if not account.positions and owed < ZERO:
        world.ledger.transfer(HOUSE, account.id, "USDC", -owed)


def _close(world: World, account: Account, position: Position) -> None:
    """Sell a position into the book; what the book cannot take goes to the house at the mark."""
    market = world.markets[position.symbol]
    side = Side.SELL if position.quantity > ZERO else Side.BUY
    market.maker.refresh(market.book, market.mid)
    request = OrderRequest(
        position.symbol, side, OrderType.MARKET, quantity=abs(position.quantity), reduce_only=True
    )
    order = placing.create(world, account, request, Tag(received_ms=world.now_ms()))
    order.system_type, order.origin = "LiquidatePositionOnBook", "LIQUIDATION_AUTOCLOSE"
    try:
        placing.run(world, market, account, order, announce="orderAccepted")
    except Refused as refusal:  # a market without quotes
        raise AssertionError(f"a liquidation cannot be refused: {refusal}") from refusal
    rest = account.positions.get(position.symbol)
    if rest is not None:
        placing.take_over(world, account, rest, abs(rest.quantity), BACKSTOP)
