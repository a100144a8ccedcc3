"""A take-profit or stop-loss for something already held: one trigger order, reduce-only on a perp.

It lives on the exchange, so it protects whether or not this bot runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from bot.domain.accounts.holdings import closable, parts_of, too_small_to_close
from bot.domain.accounts.margin import exposure_elsewhere
from bot.domain.intent import BareSize, BaseSize, PercentSize, ProtectIntent, QuoteSize, Verb
from bot.domain.markets.fees import fee_of, fee_rate
from bot.domain.markets.funding import funding_payment
from bot.domain.mends import is_sane, without_guess
from bot.domain.orders.exits import ExitSetting, check_exit, exit_outcome, exit_trigger, mended_exit
from bot.domain.orders.order import OrderReport, OrderRequest
from bot.domain.preview.assemble import trigger_source
from bot.domain.preview.instrument_selection import usable
from bot.domain.preview.preview import ExitOutcome, Note, Preview, PreviewContext
from bot.domain.preview.priced_order import usable_leverage
from bot.domain.refusal import Choice, Param, Refusal, RefusalCode
from bot.domain.values import HUNDRED, ZERO, ExitKind, OrderType, Side, ceil_to, exact, shown

CLOSED_TO_TRIGGERS: Final = frozenset(
    {"Closed", "CancelOnly", "LimitOnly", "PostOnly"}
)  # they fire at market


@dataclass(frozen=True, slots=True)
class _Held:
    """What is to be protected: a position, or the coins of a spot balance (entry price unknown)."""

    quantity: Decimal  # base, negative for a short
    entry: Decimal
    knows_entry: bool
    estimated_liquidation: Decimal | None = None

    @property
    def direction(self) -> int:
        return 1 if self.quantity > ZERO else -1

    @property
    def closing_side(self) -> Side:
        return Side.SELL if self.quantity > ZERO else Side.BUY


def build_protect(intent: ProtectIntent, context: PreviewContext) -> Preview | Refusal:
    """The trigger order that `tp` or `sl` means for what is held in the context's market.

    A per cent is a price move from the position's entry; the side is judged against the mark, so a stop may
    lie in profit, but one the market has already passed is refused. The size is all of it unless said.
    """
    with exact():
        context = usable(context)
        outcome = _attempt(intent, context)
        if isinstance(outcome, Refusal) and isinstance(outcome.mend_intent, ProtectIntent):
            mend = outcome.mend_intent
            accepted = is_sane(intent, mend, context) and isinstance(_attempt(mend, context), Preview)
            return outcome if accepted else without_guess(replace(outcome, mend_intent=None))
        return outcome


def build_exits(intent: ProtectIntent, context: PreviewContext) -> list[Preview] | Refusal:
    """The orders `build_protect` means: several at one trigger where the market takes it in none alone."""
    preview, most = build_protect(intent, context), context.market.max_quantity
    if isinstance(preview, Refusal) or most is None or preview.quantity <= most:
        return preview if isinstance(preview, Refusal) else [preview]
    made: list[Preview] = []
    for part in parts_of(preview.quantity, context.market)[0]:
        one = build_protect(replace(intent, size=BaseSize(part)), context)
        if isinstance(one, Refusal):
            return one
        made.append(one)
    return made


def beside(preview: Preview, kind: str, context: PreviewContext, resting: Iterable[OrderReport]) -> Preview:
    """The preview of an exit of `kind`, knowing what rests: it is added and replaces none, so the nearest of
    its kind that stands already is named. That one may fire first."""
    above = (kind == "tp") == (preview.request.side is Side.SELL)  # where its kind lies, seen from the market
    now = context.mark.mark if context.market.is_perp else context.last
    levels = [
        one.trigger_price
        for one in resting
        if one.symbol == preview.market.symbol
        and one.side is preview.request.side
        and one.trigger_price is not None
        and (one.trigger_price > now) == above
    ]
    if not levels:
        return preview
    nearest = min(levels, key=lambda level: abs(level - now))
    return replace(preview, notes=(*preview.notes, Note("exit-stands", (("kind", kind), ("stop", nearest)))))


def _attempt(intent: ProtectIntent, context: PreviewContext) -> Preview | Refusal:
    held = _held(context)
    if held is None:
        return Refusal(RefusalCode.NO_POSITION, {"symbol": context.market.base, "side": "any"})
    if context.market.state in CLOSED_TO_TRIGGERS:
        params: dict[str, Param] = {"symbol": context.market.base, "state": context.market.state}
        return Refusal(RefusalCode.MARKET_CLOSED, params)
    kind = intent.kind
    trigger = _trigger(kind, intent, held, context)
    if isinstance(trigger, Refusal):
        return trigger
    quantity = _quantity(intent, held, trigger, context)
    if isinstance(quantity, Refusal):
        return quantity
    return _compose(kind, intent, held, trigger, quantity, context)


def _held(context: PreviewContext) -> _Held | None:
    market, account = context.market, context.account
    if market.is_perp:
        position = account.positions.get(market.symbol)
        if position is None or not position.quantity:
            return None
        return _Held(position.quantity, position.entry_price, True, position.liquidation_price)
    coins = account.balances.get(market.base)
    if coins is None or coins.available <= ZERO:
        return None
    return _Held(coins.available, context.last, False)


def _trigger(
    kind: ExitKind, intent: ProtectIntent, held: _Held, context: PreviewContext
) -> Decimal | Refusal:
    now = context.mark.mark if context.market.is_perp else context.last
    setting = ExitSetting(
        market=context.market,
        entry=held.entry,
        floor=now,
        ceiling=now,
        direction=held.direction,
        leverage=usable_leverage(context),
    )
    trigger = exit_trigger(kind, intent.price, setting)
    refusal = check_exit(kind, trigger, setting)
    if refusal is None:
        return trigger
    return replace(refusal, mend_intent=replace(intent, price=mended_exit(intent.price, refusal)))


def _quantity(
    intent: ProtectIntent, held: _Held, trigger: Decimal, context: PreviewContext
) -> Decimal | Refusal:
    market, most, size = context.market, abs(held.quantity), intent.size
    if isinstance(size, BareSize):
        choices = (
            Choice("base", replace(intent, size=BaseSize(size.amount)), size.amount, size.amount * trigger),
            Choice("quote", replace(intent, size=QuoteSize(size.amount)), size.amount / trigger, size.amount),
        )
        params: dict[str, Param] = {"number": size.amount, "symbol": market.base, "price": trigger}
        return Refusal(RefusalCode.AMBIGUOUS_NUMBER, params, choices=choices)
    quantity = max(ZERO, market.floor_quantity(min(most, _asked(size, most, trigger))))
    minimum = max(ceil_to(market.min_quantity, market.step), market.step)
    if quantity >= minimum:
        return quantity
    if closable(most, market) == ZERO:
        return too_small_to_close(most, market)
    params = {"quantity": quantity, "minimum": minimum, "asset": market.base, "nearest": minimum}
    mend = replace(intent, size=BaseSize(minimum)) if minimum <= most else None
    return Refusal(RefusalCode.BELOW_MIN_QUANTITY, params, mend_intent=mend)


def _asked(size: BaseSize | QuoteSize | PercentSize | None, most: Decimal, trigger: Decimal) -> Decimal:
    match size:
        case BaseSize(amount):
            return amount
        case QuoteSize(amount):
            return amount / trigger
        case PercentSize(percent):
            return most * percent / HUNDRED
        case None:
            return most


def _compose(
    kind: ExitKind,
    intent: ProtectIntent,
    held: _Held,
    trigger: Decimal,
    quantity: Decimal,
    context: PreviewContext,
) -> Preview:
    market, account = context.market, context.account
    rate = fee_rate(account.fees, market, maker=False)
    notional = quantity * trigger
    fee = fee_of(notional, rate)
    outcome = _outcome(held, trigger, quantity, rate) if held.knows_entry else None
    after = held.quantity - held.direction * quantity if market.is_perp else ZERO
    funding_rate = context.mark.funding_rate if market.is_perp else None
    funding = None
    if funding_rate is not None:
        funding = funding_payment(held.quantity, context.mark.mark, funding_rate)
    return Preview(
        market=market,
        verb=Verb.SELL if held.closing_side is Side.SELL else Verb.BUY,
        request=_request(held, trigger, quantity, context),
        quantity=quantity,
        notional=notional,
        expected_price=trigger,
        worst_price=None,
        slippage_bps=None,
        best_price=None,
        fee=fee,
        fee_bps=rate,
        is_maker=False,
        position_before=held.quantity if market.is_perp else ZERO,
        position_after=after,
        leverage_used=_leverage_used(context, after, fee),
        initial_margin=ZERO if market.is_perp else None,
        available_after=_available_after(held, quantity, context),
        # Until the trigger the position stands as it is, and so does its liquidation price.
        liquidation_price=held.estimated_liquidation,
        funding_rate=funding_rate,
        next_funding_ms=context.mark.next_funding_ms if market.is_perp else None,
        next_funding_payment=funding,
        take_profit=outcome if kind == "tp" else None,
        stop_loss=outcome if kind == "sl" else None,
        notes=_notes(kind, intent, held, trigger, quantity, context),
    )


def _request(held: _Held, trigger: Decimal, quantity: Decimal, context: PreviewContext) -> OrderRequest:
    """A market order that sleeps until the trigger. It carries no slippage tolerance: a stop that refuses to
    fill in a fast market would leave the position without its protection."""
    return OrderRequest(
        symbol=context.market.symbol,
        side=held.closing_side,
        order_type=OrderType.MARKET,
        reduce_only=context.market.is_perp,
        trigger_price=trigger,
        trigger_by=trigger_source(context.market),
        trigger_quantity=quantity,
    )


def _outcome(held: _Held, trigger: Decimal, quantity: Decimal, rate: Decimal) -> ExitOutcome:
    """Against the position's entry; its entry fee is history and not counted again."""
    return exit_outcome(
        trigger,
        entry=held.entry,
        signed_quantity=quantity * held.direction,
        entry_fee=ZERO,
        exit_rate_bps=rate,
        margin=None,
    )


def _leverage_used(context: PreviewContext, after: Decimal, fee: Decimal) -> Decimal | None:
    equity = context.account.net_equity - fee
    if not context.market.is_perp or equity <= ZERO:
        return None
    exposure = exposure_elsewhere(context.account, context.market.symbol) + abs(after) * context.mark.mark
    return shown(exposure / equity)


def _available_after(held: _Held, quantity: Decimal, context: PreviewContext) -> Decimal:
    """A sleeping trigger locks no margin; on spot the coins it would sell are counted as gone."""
    return context.account.net_equity_available if context.market.is_perp else held.quantity - quantity


def _notes(
    kind: ExitKind,
    intent: ProtectIntent,
    held: _Held,
    trigger: Decimal,
    quantity: Decimal,
    context: PreviewContext,
) -> tuple[Note, ...]:
    notes: list[Note] = []
    if context.mapped_quote is not None:
        notes.append(Note("mapped-quote", (("typed", context.mapped_quote), ("used", context.market.quote))))
    if isinstance(intent.size, BaseSize) and intent.size.amount != quantity:
        pairs = (("asked", intent.size.amount), ("sent", quantity), ("asset", context.market.base))
        lost = intent.size.amount - quantity
        notes.append(Note("rounded" if lost < context.market.step else "cut", pairs))
    liquidation = held.estimated_liquidation
    if kind == "sl" and liquidation is not None and (trigger - liquidation) * held.direction <= ZERO:
        notes.append(Note("liquidation-before-stop", (("liquidation", liquidation), ("stop", trigger))))
    return tuple(notes)
