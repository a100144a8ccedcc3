"""Whether a mend is one somebody may have meant: the one home of that question, for prices and for sizes.

What is absurd is not offered, for a button is tapped sooner than it is read. Pure.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

from bot.domain.intent import CloseIntent, Intent, PercentOffset, PriceExpr, ProtectIntent, TradeIntent
from bot.domain.preview.preview import PreviewContext
from bot.domain.preview.priced_order import usable_leverage
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import HUNDRED, ZERO

BAND_PERCENT: Final = Decimal(15)  # a proposed price may be this far from the mark
ENOUGH: Final = Decimal("0.9")  # funds that cover less of what was asked are not what was asked for

_FUNDS: Final = frozenset({RefusalCode.INSUFFICIENT_MARGIN, RefusalCode.INSUFFICIENT_BALANCE})
_GUESSES: Final = frozenset({RefusalCode.WRONG_SIDE_STOP, RefusalCode.WRONG_SIDE_TARGET})


def is_sane(asked: Intent, mend: Intent, context: PreviewContext) -> bool:
    """Whether every price that `mend` proposes is near the mark.

    Prices that were typed are their user's own, wherever the mend puts them.
    """
    typed, proposed = _prices(asked), _prices(mend)
    changed = [price for name, price in proposed.items() if price != typed.get(name)]
    new = [price for price in changed if price not in typed.values()]
    return all(_distance(price, mend, context) <= BAND_PERCENT for price in new)


def can_nearly(refusal: Refusal) -> bool:
    """Whether the funds nearly cover what was asked; else the mend would be all they own."""
    if refusal.code not in _FUNDS:
        return True
    required, available = refusal.params.get("required"), refusal.params.get("available")
    if not isinstance(required, Decimal) or not isinstance(available, Decimal):
        return False
    return available >= required * ENOUGH


def without_guess(refusal: Refusal) -> Refusal:
    """The refusal of an exit that has no mend does not ask whether one was meant either."""
    if refusal.code not in _GUESSES or refusal.mend_intent is not None:
        return refusal
    return replace(
        refusal, params={name: value for name, value in refusal.params.items() if name != "nearest"}
    )


def _prices(intent: Intent) -> dict[str, PriceExpr]:
    """Every price an intent says, by its field."""
    names: tuple[str, ...] = ()
    if isinstance(intent, TradeIntent):
        names = ("price", "trigger", "take_profit", "stop_loss")
    elif isinstance(intent, CloseIntent | ProtectIntent):
        names = ("price",)
    found = {name: getattr(intent, name) for name in names}
    return {name: price for name, price in found.items() if price is not None}


def _distance(price: PriceExpr, intent: Intent, context: PreviewContext) -> Decimal:
    """How far a price is from the mark, in per cent of it."""
    if isinstance(price, PercentOffset):
        leverage = intent.leverage if isinstance(intent, TradeIntent) else None
        return abs(price.percent) / ((leverage or usable_leverage(context)) if price.roi else Decimal(1))
    mark = context.mark.mark if context.market.is_perp else context.last
    return abs(price.price - mark) * HUNDRED / mark if mark > ZERO else HUNDRED
