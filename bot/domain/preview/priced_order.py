"""An order whose prices are settled and whose size is still open, and what any size of it would really do.

Keeps "what would it cost" apart from "how much": sizing, filters and the preview all ask it here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from bot.domain.accounts.margin import initial_margin, maximum_leverage
from bot.domain.intent import AbsolutePrice, TradeIntent
from bot.domain.markets.fees import fee_of, fee_rate
from bot.domain.markets.market import Market
from bot.domain.preview.instrument_selection import position_in
from bot.domain.preview.preview import PreviewContext
from bot.domain.preview.pricing import (
    Level,
    PriceRange,
    acceptable_prices,
    is_worse,
    limit_price,
    static_range,
    taking_levels,
    trigger_price,
    walk_book,
    worst_taking_price,
)
from bot.domain.refusal import Param, Refusal, RefusalCode
from bot.domain.values import ONE, ZERO, Side, TimeInForce


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a quantity is expected to do: `price` is its average, `taken` the base that fills at once."""

    price: Decimal
    cost: Decimal  # quote: the whole quantity at that price
    worst: Decimal | None
    taken: Decimal
    taken_cost: Decimal  # quote
    fee: Decimal  # quote, positive is paid

    @property
    def is_maker(self) -> bool:
        return not self.taken


@dataclass(frozen=True, slots=True)
class PricedOrder:
    """An intent in a context, with its prices at the tick. `limit` and `trigger` None: a market order now."""

    intent: TradeIntent
    context: PreviewContext
    limit: Decimal | None
    trigger: Decimal | None
    bound: Decimal | None  # the worst price an immediate fill may have; None for a stop
    levels: Sequence[Level]  # what it would take right now, none beyond the bound

    @property
    def market(self) -> Market:
        return self.context.market

    @property
    def side(self) -> Side:
        return self.intent.verb.side

    @property
    def is_immediate(self) -> bool:
        """A market order that fills now or not at all."""
        return self.limit is None and self.trigger is None

    @property
    def must_fill_now(self) -> bool:
        """IOC and FOK limits: what does not fill at once is cancelled."""
        hurried = self.intent.time_in_force in {TimeInForce.IOC, TimeInForce.FOK}
        return self.is_immediate or (hurried and self.trigger is None)

    @property
    def reference(self) -> Decimal:
        """The price that turns money into base where no book is walked."""
        return self.limit or self.trigger or self.context.last

    @property
    def mark(self) -> Decimal:
        """The price exposure is valued at: the mark now, or the trigger of an order asleep until then."""
        if self.trigger is not None:
            return self.trigger
        return self.context.mark.mark if self.context.mark.mark > ZERO else self.context.last

    @property
    def held(self) -> Decimal:
        """Net position in this market (base); zero on spot."""
        return position_in(self.context.account, self.market.symbol) if self.market.is_perp else ZERO

    @property
    def depth(self) -> Decimal:
        """Base units the book offers within the bound."""
        return sum((quantity for _, quantity in self.levels), ZERO)

    def estimate(self, quantity: Decimal) -> Estimate:
        """What `quantity` would do: price, immediate part, fee. A stop is taken to fill at its own price."""
        rates = self.context.account.fees
        taker, maker = (fee_rate(rates, self.market, maker=is_maker) for is_maker in (False, True))
        if self.trigger is not None:
            price = self.reference
            cost = quantity * price
            return Estimate(price, cost, None, quantity, cost, fee_of(cost, taker))
        walk = walk_book(() if self.intent.post_only else self.levels, quantity=quantity)
        if self.must_fill_now:
            # An incomplete IOC pays for what it gets; sized orders of the other kinds always fill completely.
            price = walk.average or self.reference
            cost = walk.cost if walk.complete else price * quantity
            return Estimate(price, cost, walk.worst, walk.filled, walk.cost, fee_of(walk.cost, taker))
        resting = (quantity - walk.filled) * self.reference
        fee = fee_of(walk.cost, taker) + fee_of(resting, maker)
        cost = walk.cost + resting
        price = cost / quantity if quantity else self.reference
        return Estimate(price, cost, walk.worst, walk.filled, walk.cost, fee)

    def margin_change(self, quantity: Decimal) -> Decimal:
        """Initial margin locked (negative: released) by `quantity`, as the exchange counts it: on the net
        exposure at mark, by the IMF or the account's leverage limit, whichever asks more."""
        limit = leverage_cap(self.context)
        after = initial_margin(self.market, (self.held + self.side.sign * quantity) * self.mark, limit)
        return after - initial_margin(self.market, self.held * self.mark, limit)

    def entry_loss(self, estimate: Estimate) -> Decimal:
        """Equity lost at once because the fill is worse than the mark; an entry gain is never counted."""
        return max(ZERO, (estimate.taken_cost - estimate.taken * self.mark) * self.side.sign)

    def need(self, quantity: Decimal) -> Decimal:
        """What `quantity` takes from the free funds: margin (perp), quote (spot buy) or base (spot sell)."""
        estimate = self.estimate(quantity)
        if self.market.is_perp:
            change = max(ZERO, self.margin_change(quantity))
            return change + self.entry_loss(estimate) + max(ZERO, estimate.fee) if change else ZERO
        if self.side is Side.SELL:
            return quantity
        return estimate.cost + max(ZERO, estimate.fee)

    @property
    def free(self) -> Decimal:
        """What `need` is compared with: free equity (perp) or the balance that may be spent (spot)."""
        account = self.context.account
        if self.market.is_perp:
            return account.net_equity_available
        balance = account.balances.get(self.funding_asset)
        return balance.spendable if balance is not None else ZERO

    def redeems(self, quantity: Decimal) -> bool:
        """Whether `quantity` needs funds that are lent out at the moment (spot only)."""
        if self.market.is_perp:
            return False
        balance = self.context.account.balances.get(self.funding_asset)
        return balance is not None and self.need(quantity) > balance.available

    @property
    def funding_asset(self) -> str:
        return self.market.base if self.side is Side.SELL and not self.market.is_perp else self.market.quote


def leverage_cap(context: PreviewContext) -> Decimal:
    """The account's leverage limit; an unusable value counts as 1x."""
    return context.account.leverage_limit if context.account.leverage_limit > ZERO else ONE


def usable_leverage(context: PreviewContext) -> Decimal:
    """The most leverage account and market allow a small position; 1x on spot."""
    if not context.market.is_perp:
        return ONE
    maximum = maximum_leverage(context.market)
    return leverage_cap(context) if maximum is None else min(leverage_cap(context), maximum)


def draft_order(intent: TradeIntent, context: PreviewContext) -> PricedOrder | Refusal:
    """Settle the prices of a routed intent and refuse what no size could mend."""
    market, side = context.market, intent.verb.side
    refusal = _check_state(intent, context) or _check_words(intent, context)
    if refusal is not None:
        return refusal
    trigger, limit = None, None
    if intent.trigger is not None:
        trigger = trigger_price(intent.trigger, side, context.last, market)
    if intent.price is not None:
        limit = limit_price(intent.price, side, trigger or context.last, market)
    refusal = _check_prices(intent, context, limit, trigger)
    if refusal is not None:
        return refusal
    if trigger is not None:
        return PricedOrder(intent, context, limit, trigger, None, ())
    if limit is not None:
        return PricedOrder(intent, context, limit, None, limit, taking_levels(context.book, side, limit))
    best = best_price(context, side)
    if best is None:
        return Refusal(RefusalCode.EMPTY_BOOK, {"symbol": market.base})
    prices = acceptable_prices(market, context.last, context.mark.mark)
    bound = prices.nearest(worst_taking_price(market, side, best, slippage_of(intent, context)))
    return PricedOrder(intent, context, None, None, bound, taking_levels(context.book, side, bound))


def best_price(context: PreviewContext, side: Side) -> Decimal | None:
    """The price a taker of `side` meets first."""
    levels = taking_levels(context.book, side)
    return levels[0][0] if levels else None


def slippage_of(intent: TradeIntent, context: PreviewContext) -> Decimal:
    """Per cent the fill may be worse than the best price: the line's own, else the user's default."""
    asked = intent.slippage if intent.slippage is not None else context.default_slippage_percent
    return max(ZERO, asked)


def _check_state(intent: TradeIntent, context: PreviewContext) -> Refusal | None:
    """Book states that would refuse the order; an unseen state is left for the exchange to judge.

    A trigger order is judged as the order it becomes: what is taken now and refused when it fires protects
    nobody.
    """
    market = context.market
    closed: dict[str, Param] = {"symbol": market.base, "state": market.state}
    if market.state in {"Closed", "CancelOnly"}:
        return Refusal(RefusalCode.MARKET_CLOSED, closed)
    own_best = AbsolutePrice(best_price(context, intent.verb.side.opposite) or context.last)
    resting = replace(intent, price=intent.price or own_best, time_in_force=None, slippage=None)
    if market.state == "LimitOnly" and intent.price is None:
        mend = resting if intent.trigger is None else None
        return Refusal(RefusalCode.MARKET_CLOSED, closed, mend_intent=mend)
    if market.state == "PostOnly" and (not intent.post_only or intent.trigger is not None):
        mend = replace(resting, post_only=True) if intent.trigger is None else None
        return Refusal(RefusalCode.MARKET_CLOSED, closed, mend_intent=mend)
    return None


def _check_words(intent: TradeIntent, context: PreviewContext) -> Refusal | None:
    """Words that contradict each other."""
    side = intent.verb.side
    exits = intent.take_profit is not None or intent.stop_loss is not None
    if intent.post_only and intent.price is None:
        best = best_price(context, side.opposite)
        mend = replace(intent, price=AbsolutePrice(best)) if best is not None else None
        return Refusal(RefusalCode.MISSING_PRICE, {"symbol": context.market.base}, mend_intent=mend)
    if intent.post_only and intent.time_in_force in {TimeInForce.IOC, TimeInForce.FOK}:
        feature = f"post + {intent.time_in_force.value.lower()}"
        mend = replace(intent, time_in_force=None)
        return Refusal(RefusalCode.UNSUPPORTED, {"feature": feature}, mend_intent=mend)
    if exits and side is Side.BUY and not context.market.is_perp:
        return Refusal(RefusalCode.SPOT_EXITS, {"symbol": context.market.base})
    if exits and not context.market.is_perp:
        mend = replace(intent, take_profit=None, stop_loss=None)
        return Refusal(RefusalCode.UNSUPPORTED, {"feature": "tp/sl + spot sell"}, mend_intent=mend)
    return None


def _check_prices(
    intent: TradeIntent, context: PreviewContext, limit: Decimal | None, trigger: Decimal | None
) -> Refusal | None:
    fixed = static_range(context.market)
    if trigger is not None and trigger not in fixed:
        nearest = fixed.nearest(trigger)
        return price_out_of_band(trigger, fixed, replace(intent, trigger=AbsolutePrice(nearest)))
    if limit is None:
        return None
    prices = fixed
    if trigger is None:
        prices = acceptable_prices(context.market, context.last, context.mark.mark)
    if limit not in prices:
        return price_out_of_band(limit, prices, replace(intent, price=AbsolutePrice(prices.nearest(limit))))
    side = intent.verb.side
    best = best_price(context, side)
    if intent.post_only and trigger is None and best is not None and not is_worse(best, limit, side):
        nearest = best - side.sign * context.market.tick
        return Refusal(
            RefusalCode.POST_ONLY_WOULD_TAKE,
            {"price": limit, "nearest": nearest},
            mend_intent=replace(intent, price=AbsolutePrice(nearest)),
        )
    return None


def price_out_of_band(price: Decimal, prices: PriceRange, mend: TradeIntent | None) -> Refusal:
    """The refusal of a price outside `prices`."""
    high: Param = prices.high if prices.high is not None else "∞"
    params: dict[str, Param] = {"price": price, "low": prices.low, "high": high}
    params["nearest"] = prices.nearest(price)
    return Refusal(RefusalCode.PRICE_OUT_OF_BAND, params, mend_intent=mend)
