"""Which orders can open risk, judged by the order as it was built and by nothing else."""

from __future__ import annotations

import re
from typing import Final

from bot.domain.orders.order import OrderRequest
from bot.domain.values import Side

_COINS_FOR_DOLLARS: Final = re.compile(r"[^_]+_USD[CT]?")


def opens_risk(request: OrderRequest) -> bool:
    """Whether the order could open or enlarge a position, whatever the account holds when it executes.

    Reduce-only never does: the exchange shrinks or refuses what would go beyond the position. Nor does a
    sale of coins for dollars: none of our orders borrows, so it can only give up coins that are there. All
    else does, also an opposite order of the right size: the position may be gone when it executes.
    """
    if request.reduce_only:
        return False
    return request.side is Side.BUY or _COINS_FOR_DOLLARS.fullmatch(request.symbol) is None
