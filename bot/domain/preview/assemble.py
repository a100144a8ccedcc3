"""A sized order becomes a `Preview`: every number a user is shown, and the request that will be sent.

One function per number, so that each states in one place what it counts.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from bot.domain.accounts.margin import exposure_elsewhere, holding_after, liquidation_price
from bot.domain.markets.fees import fee_rate
from bot.domain.markets.funding import funding_payment
from bot.domain.markets.market import Market
from bot.domain.orders.exits import Exits, exit_outcome, opened_by
from bot.domain.orders.order import OrderRequest
from bot.domain.preview.preview import ExitOutcome, Note, Preview
from bot.domain.preview.priced_order import Estimate, PricedOrder, best_price, slippage_of
from bot.domain.preview.sizing import Sized
from bot.domain.preview.warnings import notes_on
from bot.domain.values import BPS, ONE, ZERO, OrderType, Side, shown


def compose(draft: PricedOrder, sized: Sized, exits: Exits, notes: tuple[Note, ...]) -> Preview:
    """The preview of a sized order; `notes` are those of the routing, put first."""
    context, market, quantity = draft.context, draft.market, sized.quantity
    estimate = draft.estimate(quantity)
    best = best_price(context, draft.side)
    notional = estimate.cost
    change = draft.side.sign * quantity if market.is_perp else ZERO
    after = draft.held + change
    margin = _initial_margin(draft, quantity) if market.is_perp else None
    preview = Preview(
        market=market,
        verb=draft.intent.verb,
        request=_request(draft, sized, exits),
        quantity=quantity,
        notional=notional,
        expected_price=shown(estimate.price),
        worst_price=estimate.worst,
        slippage_bps=_slippage_bps(draft, estimate, best),
        best_price=best,
        fee=estimate.fee,
        fee_bps=shown(estimate.fee * BPS / notional) if notional else ZERO,
        is_maker=estimate.is_maker,
        position_before=draft.held,
        position_after=after,
        leverage_used=_leverage_used(draft, estimate, after),
        initial_margin=margin,
        available_after=_available_after(draft, quantity, estimate),
        liquidation_price=_liquidation_price(draft, estimate, change),
        funding_rate=context.mark.funding_rate if market.is_perp else None,
        next_funding_ms=context.mark.next_funding_ms if market.is_perp else None,
        next_funding_payment=_next_funding(draft, after),
        take_profit=_outcome(draft, estimate, quantity, exits.take_profit, margin),
        stop_loss=_outcome(draft, estimate, quantity, exits.stop_loss, margin),
    )
    return replace(preview, notes=notes + notes_on(draft, sized, estimate, preview))


def _request(draft: PricedOrder, sized: Sized, exits: Exits) -> OrderRequest:
    """The order as it goes out. Stops carry `triggerQuantity` instead of `quantity`."""
    intent, by_quote = draft.intent, sized.quote_quantity is not None
    sleeping = draft.trigger is not None
    watched = trigger_source(draft.market)
    at_market = draft.limit is None
    return OrderRequest(
        symbol=draft.market.symbol,
        side=draft.side,
        order_type=OrderType.MARKET if at_market else OrderType.LIMIT,
        quantity=None if sleeping or by_quote else sized.quantity,
        quote_quantity=sized.quote_quantity,
        price=draft.limit,
        time_in_force=intent.time_in_force if not at_market else None,
        post_only=intent.post_only,
        reduce_only=intent.reduce_only,
        trigger_price=draft.trigger,
        trigger_by=watched if sleeping else None,
        trigger_quantity=sized.quantity if sleeping else None,
        take_profit_trigger=exits.take_profit,
        take_profit_by=watched if exits.take_profit is not None else None,
        stop_loss_trigger=exits.stop_loss,
        stop_loss_by=watched if exits.stop_loss is not None else None,
        slippage_percent=slippage_of(intent, draft.context) if at_market else None,
        auto_lend_redeem=draft.redeems(sized.quantity),
    )


def trigger_source(market: Market) -> str:
    """The price a trigger watches: the mark on a perp (as liquidation does), the last price on spot."""
    return "MarkPrice" if market.is_perp else "LastPrice"


def _initial_margin(draft: PricedOrder, quantity: Decimal) -> Decimal:
    """What the exchange locks, or the share the line's leverage means if that is more."""
    locked = max(ZERO, draft.margin_change(quantity))
    leverage = draft.intent.leverage
    if leverage is None:
        return locked
    growth = max(ZERO, abs(draft.held + draft.side.sign * quantity) - abs(draft.held))
    return shown(max(locked, growth * draft.mark / leverage))


def _available_after(draft: PricedOrder, quantity: Decimal, estimate: Estimate) -> Decimal:
    if draft.market.is_perp:
        return draft.free - draft.margin_change(quantity) - draft.entry_loss(estimate) - estimate.fee
    if draft.side is Side.SELL:
        return draft.free - quantity
    return draft.free - estimate.cost  # the fee of a purchase is taken from the coins


def _leverage_used(draft: PricedOrder, estimate: Estimate, after: Decimal) -> Decimal | None:
    if not draft.market.is_perp:
        return None
    account = draft.context.account
    equity = account.net_equity - estimate.fee - draft.entry_loss(estimate)
    if equity <= ZERO:
        return None
    exposure = exposure_elsewhere(account, draft.market.symbol) + abs(after) * draft.mark
    return shown(exposure / equity)


def _liquidation_price(draft: PricedOrder, estimate: Estimate, change: Decimal) -> Decimal | None:
    if not draft.market.is_perp:
        return None
    mark, price = draft.context.mark.mark, estimate.price
    holding = holding_after(
        draft.context.account, draft.market, mark=mark, change=change, price=price, fee=estimate.fee
    )
    # A resting order meets the account at its own price; one that fills now leaves it between fill and mark.
    reference = price
    if draft.must_fill_now:
        reference = max(price, mark) if holding.quantity > ZERO else min(price, mark)
    return liquidation_price(holding, reference)


def _next_funding(draft: PricedOrder, after: Decimal) -> Decimal | None:
    mark = draft.context.mark
    if not draft.market.is_perp or mark.funding_rate is None:
        return None
    return funding_payment(after, mark.mark, mark.funding_rate)


def _slippage_bps(draft: PricedOrder, estimate: Estimate, best: Decimal | None) -> Decimal | None:
    if best is None or not estimate.taken or draft.trigger is not None:
        return None
    average = estimate.taken_cost / estimate.taken
    return shown((average / best - ONE) * draft.side.sign * BPS)


def _outcome(
    draft: PricedOrder, estimate: Estimate, quantity: Decimal, trigger: Decimal | None, margin: Decimal | None
) -> ExitOutcome | None:
    """What an exit brings to the part that was opened, its share of the fee included. Where a position was
    turned, the margin line counts what is locked beyond the old side: no return is reckoned on that."""
    if trigger is None:
        return None
    opened = opened_by(draft, quantity)
    return exit_outcome(
        trigger,
        entry=estimate.price,
        signed_quantity=opened * draft.side.sign,
        entry_fee=estimate.fee * opened / quantity,
        exit_rate_bps=fee_rate(draft.context.account.fees, draft.market, maker=False),
        margin=margin if opened == quantity else None,
    )
