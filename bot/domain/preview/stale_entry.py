"""A callout is somebody else's trade, perhaps an hour old: an entry far from the market says it is over.

A line has a callout's shape when its price is absolute and follows `@` or `entry`, it names a stop or a
target, and it has none of the words only a deliberate order has (`limit`, `at`, `post`, `ioc`, `fok`, `gtc`,
`trigger`). The grammar sees the shape; how far is too far is decided here.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

from bot.domain.intent import AbsolutePrice, TradeIntent
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import HUNDRED, ceil_to

MOST_PERCENT: Final = Decimal(2)  # a stated entry may be this far from the market, on either side

_SHOWN: Final = Decimal("0.01")  # rounded up, so that what is too far never reads as the limit itself


def check_callout(intent: TradeIntent, market: Decimal) -> Refusal | None:
    """Refuse a callout whose entry is more than `MOST_PERCENT` from the price `market`.

    The mend says the same price with `at`: then it is a limit somebody chose.
    Source: docs/grammar.md, *Callouts*.
    """
    if not intent.callout or not isinstance(intent.price, AbsolutePrice):
        return None
    entry = intent.price.price
    if abs(entry - market) * HUNDRED <= market * MOST_PERCENT:
        return None
    return Refusal(
        RefusalCode.FAR_FROM_MARKET,
        {
            "price": entry,
            "market": market,
            "distance": ceil_to(abs(entry - market) * HUNDRED / market, _SHOWN),
            "limit": MOST_PERCENT,
        },
        mend_intent=replace(intent, callout=False),
    )
