"""Dust: balances too small for the spot market, turned into USDC at the index price.

Source: `POST /api/v1/account/convertDust`.
"""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

from bot.sandbox.exchange.errors import Refused
from bot.sandbox.exchange.ledger import HOUSE
from bot.sandbox.exchange.markets import ASSETS
from bot.sandbox.exchange.model import Account, Dust
from bot.sandbox.exchange.state import World
from bot.sandbox.values import ZERO

_GRAIN = Decimal("0.000001")


def convert(world: World, account: Account, symbol: str | None) -> None:
    """Convert one asset's dust, or everyone's. Raises `Refused` for an asset that is not dust."""
    if symbol is not None and symbol not in ASSETS:
        raise Refused("INVALID_ASSET", f"Asset {symbol} does not exist")
    names = [symbol] if symbol is not None else sorted(world.ledger.wallets(account.id))
    for name in names:
        quantity = world.ledger.wallet(account.id, name).available
        if _is_dust(world, name, quantity):
            _convert(world, account, name, quantity)
        elif symbol is not None:
            raise Refused("INVALID_QUANTITY", f"The {symbol} balance is not dust")


def _is_dust(world: World, asset: str, quantity: Decimal) -> bool:
    market = world.markets.get(f"{asset}_USDC")
    return market is not None and ZERO < quantity < market.spec.min_quantity


def _convert(world: World, account: Account, asset: str, quantity: Decimal) -> None:
    received = (quantity * world.paths[asset].value).quantize(_GRAIN, ROUND_FLOOR)
    world.ledger.transfer(account.id, HOUSE, asset, quantity)
    world.ledger.transfer(HOUSE, account.id, "USDC", received)
    account.dust.append(Dust(world.sequence(), asset, quantity, received, world.now_us()))
