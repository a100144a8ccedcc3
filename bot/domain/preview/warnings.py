"""What the user should know beyond the numbers: how the line was read and where it is dangerous.

A note never stops an order; a reason to stop is a refusal and lives with the filters.
"""

from __future__ import annotations

from decimal import Decimal

from bot.domain.intent import AbsolutePrice, BaseSize, QuoteSize
from bot.domain.preview.preview import Note, Preview
from bot.domain.preview.priced_order import Estimate, PricedOrder
from bot.domain.preview.sizing import Sized
from bot.domain.values import BPS, HUNDRED, ZERO

WIDE_SPREAD_BPS = Decimal(50)
OLD_ACCOUNT_MS = 25_000


def notes_on(draft: PricedOrder, sized: Sized, estimate: Estimate, preview: Preview) -> tuple[Note, ...]:
    """The notes of a composed preview; the codes are listed at `Note`."""
    notes: list[Note] = []
    intent, market, context = draft.intent, draft.market, draft.context
    if context.mapped_quote is not None:
        notes.append(Note("mapped-quote", (("typed", context.mapped_quote), ("used", market.quote))))
    notes += _rounding_notes(draft, sized)
    limit = context.account.leverage_limit
    if intent.leverage is not None and intent.leverage != limit:
        notes.append(Note("leverage-is-account-wide", (("leverage", intent.leverage), ("limit", limit))))
    if context.account_age_ms >= OLD_ACCOUNT_MS:
        notes.append(Note("account-age", (("seconds", context.account_age_ms // 1000),)))
    if draft.must_fill_now and estimate.taken < sized.quantity:
        notes.append(Note("partial-depth", (("percent", estimate.taken / sized.quantity * HUNDRED),)))
    if draft.limit is not None and estimate.taken and draft.trigger is None and not draft.must_fill_now:
        share = estimate.taken / sized.quantity * HUNDRED
        average = market.round_price(estimate.taken_cost / estimate.taken)
        notes.append(Note("fills-now", (("percent", share), ("stop", average))))
    if draft.held * preview.position_after < ZERO:
        notes.append(Note("flips", (("symbol", market.base),)))
    if market.is_perp and abs(preview.position_after) > abs(draft.held) and preview.stop_loss is None:
        notes.append(Note("no-stop"))
    notes += _danger_notes(draft, estimate, preview)
    return tuple(notes)


def _rounding_notes(draft: PricedOrder, sized: Sized) -> list[Note]:
    """What was changed to fit the tick and the step. Sizes in money always round and show their base."""
    notes = []
    size, market = draft.intent.size, draft.market
    if sized.asked is not None and not isinstance(size, QuoteSize):
        lost = sized.asked - sized.quantity
        if lost >= market.step or (isinstance(size, BaseSize) and lost > ZERO):
            pairs = (("asked", sized.asked), ("sent", sized.quantity), ("asset", market.base))
            notes.append(Note("rounded" if lost < market.step else "cut", pairs))
    for expression, sent in ((draft.intent.price, draft.limit), (draft.intent.trigger, draft.trigger)):
        if isinstance(expression, AbsolutePrice) and sent is not None and expression.price != sent:
            pairs = (("asked", expression.price), ("sent", sent), ("asset", market.quote))
            notes.append(Note("rounded", pairs))
    return notes


def _danger_notes(draft: PricedOrder, estimate: Estimate, preview: Preview) -> list[Note]:
    notes = []
    liquidation, stop = preview.liquidation_price, preview.stop_loss
    if liquidation is not None and stop is not None:
        direction = 1 if preview.position_after > ZERO else -1
        if (stop.trigger - liquidation) * direction <= ZERO:
            notes.append(
                Note("liquidation-before-stop", (("liquidation", liquidation), ("stop", stop.trigger)))
            )
    book = draft.context.book
    if estimate.taken and draft.trigger is None and book.mid and book.best_ask and book.best_bid:
        spread = (book.best_ask - book.best_bid) / book.mid * BPS
        if spread > WIDE_SPREAD_BPS:
            notes.append(Note("wide-spread", (("bps", spread),)))
    return notes
