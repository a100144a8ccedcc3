"""Funding: at the end of each market's interval longs pay shorts, or the other way round, through the house.

Payment is rate times quantity times mark price; positive in the history is received.
"""

from __future__ import annotations

import random
from decimal import Decimal

from bot.sandbox.exchange import settlement
from bot.sandbox.exchange.ledger import HOUSE
from bot.sandbox.exchange.model import FundingPayment
from bot.sandbox.exchange.state import MarketState, World
from bot.sandbox.values import ZERO

_GRAIN = Decimal("0.000001")
_PAST_MS = 30 * 86_400_000


def prepare(world: World, market: MarketState, seed: int) -> None:
    """Set the first funding time and a past of rates, so that the history is not empty."""
    interval = market.spec.funding_interval_ms
    market.next_funding_ms = (world.now_ms() // interval + 1) * interval
    rng = random.Random(f"{seed}:funding:{market.spec.symbol}")
    for back in range(_PAST_MS // interval, 0, -1):
        rate = Decimal("0.0000125") + Decimal(rng.randint(-80, 120)) / 10_000_000
        market.funding_rates.append((market.next_funding_ms - back * interval, rate))


def pay_due(world: World, market: MarketState) -> None:
    """Pay every interval that has ended."""
    while market.next_funding_ms <= world.now_ms():
        pay(world, market, market.next_funding_ms)
        market.next_funding_ms += market.spec.funding_interval_ms


def pay(world: World, market: MarketState, interval_end_ms: int) -> None:
    """Settle one interval for everyone who holds a position."""
    rate, mark = market.funding_rate, market.mark
    market.funding_rates.append((interval_end_ms, rate))
    for account in world.accounts.values():
        position = account.positions.get(market.spec.symbol)
        if position is None:
            continue
        amount = (-position.quantity * mark * rate).quantize(_GRAIN)
        if amount == ZERO:
            continue
        world.ledger.transfer(HOUSE, account.id, market.spec.quote, amount)
        position.funding += amount
        account.funding.append(FundingPayment(market.spec.symbol, amount, rate, interval_end_ms))
        settlement.record(world, account, amount, "FundingPayment", position.id)
        world.listener.on_position(account, position, "positionAdjusted")
    world.touched.add(market.spec.symbol)
