"""The builder of previews: a line in a context becomes the exact order to be sent, or the reason why not.

The stages are: refuse a stale callout, route the words, settle the prices, size and filter, attach the exits,
compose. Every mend offered has gone through the same stages and would be accepted.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from bot.domain.accounts.holdings import parts_of, smallest
from bot.domain.intent import AbsolutePrice, BaseSize, CloseIntent, Intent, ProtectIntent, TradeIntent, Verb
from bot.domain.mends import can_nearly, is_sane, without_guess
from bot.domain.orders.exits import attach_exits
from bot.domain.preview.assemble import compose
from bot.domain.preview.instrument_selection import (
    WHOLE,
    SelectedMarket,
    near_market,
    on_perp_instead,
    position_in,
    route,
    usable,
)
from bot.domain.preview.position_exit import build_protect
from bot.domain.preview.preview import Note, Preview, PreviewContext
from bot.domain.preview.priced_order import draft_order
from bot.domain.preview.projection import after, bought_coins
from bot.domain.preview.sizing import size_order
from bot.domain.preview.stale_entry import check_callout
from bot.domain.refusal import Choice, Param, Refusal, RefusalCode
from bot.domain.values import ZERO, ExitKind, exact

__all__ = ["build_close", "build_orders", "build_preview", "build_protect"]

MENDS_FOLLOWED = 6  # one line rarely has more mistakes

# Notes about the size a line asked for, whatever number of orders it takes.
_OF_THE_SIZE = frozenset({"rounded", "cut", "sell-reduces"})

# Refusals of a size for being too large.
_TOO_MUCH = frozenset(
    {
        RefusalCode.THIN_BOOK,
        RefusalCode.ABOVE_MAX_QUANTITY,
        RefusalCode.INSUFFICIENT_MARGIN,
        RefusalCode.INSUFFICIENT_BALANCE,
        RefusalCode.OPEN_INTEREST_LIMIT,
        RefusalCode.POSITION_LIMIT,
    }
)

# A line without a size, or with a bare number, is right as far as it goes: the rest is asked.
QUESTIONS = frozenset({RefusalCode.MISSING_SIZE, RefusalCode.AMBIGUOUS_NUMBER})


def build_preview(intent: TradeIntent, context: PreviewContext) -> Preview | Refusal:
    """The exact order a line means now, or the first reason why it would be refused.

    `5x` never changes the account (leverage is account-wide) and never multiplies a stated size: `$200 5x` is
    $200 of notional for which the user means to bind $40, shown as the initial margin unless the market asks
    more. Only a size in per cent is multiplied by it: `25% 5x` is a quarter of the free equity, five times.
    """
    with exact():
        context = usable(context)
        outcome = _attempt(intent, context)
        if isinstance(outcome, Preview) or outcome.code is RefusalCode.SHORT_SPOT:
            # The mend of SHORT_SPOT speaks of the perp, of which this context knows nothing.
            return outcome
        if outcome.code is RefusalCode.SPOT_EXITS:
            return replace(outcome, ways=_exits_apart(intent, context))
        if outcome.code in _TOO_MUCH and _may_be_price(intent, context):
            return _price_question(intent, context)
        mend = _accepted(outcome.mend_intent, context) if can_nearly(outcome) else None
        kept = mend if mend is not None and is_sane(intent, mend, context) else None
        return without_guess(replace(outcome, mend_intent=kept))


def _may_be_price(intent: TradeIntent, context: PreviewContext) -> bool:
    """`buy 94000 btc`: more coins than can be had, and a number close to the price of one."""
    size, enters = intent.size, intent.verb is not Verb.SELL and not intent.reduce_only
    if not isinstance(size, BaseSize) or intent.price is not None:
        return False
    return enters and near_market(size.amount, context.last)


def _price_question(intent: TradeIntent, context: PreviewContext) -> Refusal:
    assert isinstance(intent.size, BaseSize)
    number = intent.size.amount
    meant = replace(intent, size=None, price=AbsolutePrice(number))
    params: dict[str, Param] = {"number": number, "symbol": context.market.base, "price": context.last}
    return Refusal(RefusalCode.AMBIGUOUS_NUMBER, params, choices=(Choice("price", meant, None, None),))


def _exits_apart(intent: TradeIntent, context: PreviewContext) -> tuple[tuple[Intent, ...], ...]:
    """Coins carry no exits: bought now with the exit as an order of its own, or the perp, which carries both.

    Of a stop and a target only the stop is placed apart: no order of the exchange would end the one when the
    other has sold the coins.
    """
    perp = ((on_perp_instead(intent, context.market),),) if context.has_perp else ()
    kind: ExitKind = "tp" if intent.stop_loss is None else "sl"
    price = intent.take_profit if intent.stop_loss is None else intent.stop_loss
    bought = _attempt(replace(intent, take_profit=None, stop_loss=None), context)
    fills_now = isinstance(bought, Preview) and bought.worst_price is not None and intent.price is None
    if not isinstance(bought, Preview) or not fills_now or price is None:
        return perp
    coins = context.market.floor_quantity(bought_coins(bought, bought.quantity))
    # By quantity, so that the exit never sells more than was bought.
    purchase = replace(intent, size=BaseSize(bought.quantity), take_profit=None, stop_loss=None)
    guard = ProtectIntent(kind, price, context.market.symbol, BaseSize(coins), intent.account)
    stands = isinstance(build_protect(guard, after(bought, context)), Preview)
    return (((purchase, guard),) if stands else ()) + perp


def build_orders(intent: TradeIntent | CloseIntent, context: PreviewContext) -> list[Preview] | Refusal:
    """The orders a line means, in sending order: one, or, where what it closes is more than the market takes
    in one order, as many as that takes, each previewed against what the ones before it would leave."""
    most = context.market.max_quantity
    whole = _built(intent, context)
    if most is None or isinstance(whole, Preview) or whole.code is not RefusalCode.ABOVE_MAX_QUANTITY:
        return whole if isinstance(whole, Refusal) else [whole]
    unbounded = replace(context, market=replace(context.market, max_quantity=None))
    meant = _built(intent, unbounded)
    if isinstance(meant, Refusal) or not (meant.request.reduce_only or isinstance(intent, CloseIntent)):
        return whole
    parts, _ = parts_of(meant.quantity, context.market)
    return _in_parts(intent, parts, meant, context) if parts else whole


def _built(intent: TradeIntent | CloseIntent, context: PreviewContext) -> Preview | Refusal:
    return build_close(intent, context) if isinstance(intent, CloseIntent) else build_preview(intent, context)


def _in_parts(
    intent: TradeIntent | CloseIntent, parts: list[Decimal], meant: Preview, context: PreviewContext
) -> list[Preview] | Refusal:
    """Orders of `parts` in place of the one that was `meant`; the last says what was to be said of it."""
    made: list[Preview] = []
    for part in parts:
        one = replace(intent, size=BaseSize(part))
        one = replace(one, reduce_only=True) if isinstance(one, TradeIntent) else one
        preview = _built(one, context)
        if isinstance(preview, Refusal):
            return preview
        made.append(preview)
        context = after(preview, context)
    told = tuple(note for note in meant.notes if note.code in _OF_THE_SIZE)
    last = replace(made[-1], notes=made[-1].notes + told)
    is_whole = isinstance(intent, CloseIntent) and (intent.size or WHOLE) == WHOLE
    rest = abs(meant.position_before) - sum(parts, ZERO)
    return [*made[:-1], _naming_rest(last, rest) if is_whole else last]


def build_close(intent: CloseIntent, context: PreviewContext) -> Preview | Refusal:
    """All or part of the position in the context's market: reduce-only on a perp, a sale of coins on spot."""
    market = context.market
    held = position_in(context.account, market.symbol)
    if market.is_perp and not held:
        return Refusal(RefusalCode.NO_POSITION, {"symbol": market.base, "side": "any"})
    coins = context.account.balances.get(market.base)
    if not market.is_perp and (coins is None or coins.total <= ZERO):
        return Refusal(RefusalCode.NO_POSITION, {"symbol": market.base, "side": "any"})
    trade = TradeIntent(
        verb=Verb.BUY if held < ZERO else Verb.SELL,
        symbol=market.symbol,
        size=intent.size or WHOLE,
        price=intent.price,
        reduce_only=market.is_perp,
        account=intent.account,
    )
    outcome = build_preview(trade, context)
    if isinstance(outcome, Preview):
        return _naming_rest(outcome, abs(outcome.position_after)) if trade.size == WHOLE else outcome
    return _speaking_of_closing(outcome, intent)


def _naming_rest(preview: Preview, rest: Decimal) -> Preview:
    """What the market's rules leave of a position that was meant to be closed whole."""
    if not preview.market.is_perp or not rest:
        return preview
    params = (("rest", rest), ("least", smallest(preview.market)))
    return replace(preview, notes=(*preview.notes, Note("rest-stays", params)))


def _speaking_of_closing(refusal: Refusal, intent: CloseIntent) -> Refusal:
    def closing(trade: object) -> CloseIntent | TradeIntent | None:
        if not isinstance(trade, TradeIntent) or trade.time_in_force is not None:
            return None
        if trade.post_only:
            return trade  # a close has no word for it
        return replace(intent, scope=None, symbol=trade.symbol, size=trade.size, price=trade.price)

    choices = tuple(
        replace(choice, intent=closed)
        for choice in refusal.choices
        if choice.code in {"base", "quote", "price"} and (closed := closing(choice.intent)) is not None
    )
    return replace(refusal, mend_intent=closing(refusal.mend_intent), choices=choices)


def _accepted(mend: object, context: PreviewContext) -> TradeIntent | None:
    """The mend, or the mend of the mend, that would be accepted or only asked about; else None."""
    for _ in range(MENDS_FOLLOWED):
        if not isinstance(mend, TradeIntent):
            return None
        outcome = _attempt(mend, context)
        if isinstance(outcome, Preview) or outcome.code in QUESTIONS:
            return mend
        mend = outcome.mend_intent if can_nearly(outcome) else None
    return None


def _attempt(intent: TradeIntent, context: PreviewContext) -> Preview | Refusal:
    routed = _routed(intent, context)
    if isinstance(routed, Refusal):
        return routed
    draft = draft_order(routed.intent, context)
    if isinstance(draft, Refusal):
        return draft
    sized = size_order(draft)
    if isinstance(sized, Refusal):
        return sized
    exits = attach_exits(draft, sized.quantity)
    if isinstance(exits, Refusal):
        return exits
    return compose(draft, sized, exits, routed.notes)


def _routed(intent: TradeIntent, context: PreviewContext) -> SelectedMarket | Refusal:
    if context.last <= ZERO:
        return Refusal(RefusalCode.EMPTY_BOOK, {"symbol": context.market.base})
    return check_callout(intent, context.last) or route(intent, context)
