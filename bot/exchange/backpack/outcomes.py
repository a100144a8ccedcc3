"""What an answer proves of what was sent: one table for placed orders and for cancels.

Something in front of the engine may have sent a request twice, or answered in its place after it was
executed. So only the engine's own words about the order itself are believed; all else is looked up.
A read has no outcome: it is repeated a few times, and then it failed.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Final

from bot.exchange.backpack.errors import BackpackError, ClockRefused, NotSent, RateLimited


class Proof(StrEnum):
    UNSENT = "unsent"  # it never left this machine
    REFUSED = "refused"  # the engine did not take it
    NOTHING = "nothing"  # it may have been carried out: look it up


# What only the engine can know of an order. FORBIDDEN, PRECONDITION_FAILED, RESOURCE_NOT_FOUND, TOO_EARLY,
# INVALID_CLIENT_REQUEST, INVALID_SOURCE and the like are said by what stands before it as well.
_ENGINE: Final = frozenset(
    {
        *("ACCOUNT_LIQUIDATING", "BORROW_LIMIT", "BORROW_REQUIRES_LEND_REDEEM", "INSUFFICIENT_FUNDS"),
        *("INSUFFICIENT_MARGIN", "INSUFFICIENT_SUPPLY", "INVALID_ASSET", "INVALID_MARKET", "INVALID_ORDER"),
        *("INVALID_PRICE", "INVALID_QUANTITY", "INVALID_RANGE", "INVALID_SYMBOL", "LEND_LIMIT"),
        *("LEND_REQUIRES_BORROW_REPAY", "MAX_LEVERAGE_REACHED", "ORDER_LIMIT", "POSITION_LIMIT"),
        "TRADING_PAUSED",
    }
)
_ENGINE_STATUS: Final = frozenset({None, 400, 422})  # None: a member of a batch has no status of its own
_SEEN_BEFORE: Final = re.compile(r"duplicate|already|client.?(order.?)?id|exists|in use", re.IGNORECASE)


def of_order(error: BackpackError) -> Proof:
    """What the answer to a placed order proves of that order."""
    if _never_left(error):
        return Proof.UNSENT
    if isinstance(error, ClockRefused):
        # An earlier copy of a request "of the future" was of a future still further away.
        return Proof.REFUSED if error.ahead else Proof.NOTHING
    is_engine = error.code in _ENGINE and error.status in _ENGINE_STATUS
    return Proof.REFUSED if is_engine and not _SEEN_BEFORE.search(error.message) else Proof.NOTHING


def of_cancel(error: BackpackError) -> Proof:
    """What the answer to a cancel proves: never that the order rests, for it may just have been filled."""
    return Proof.UNSENT if _never_left(error) else Proof.NOTHING


def _never_left(error: BackpackError) -> bool:
    """No connection came about, or our own limiter, which has no status, held the request back."""
    return isinstance(error, NotSent) or (isinstance(error, RateLimited) and error.status is None)


# A refusal by a market's rule: ours may be older than the exchange's.
RULES: Final = frozenset(
    {"INVALID_PRICE", "INVALID_QUANTITY", "INVALID_RANGE", "INVALID_ORDER", "TRADING_PAUSED"}
)
