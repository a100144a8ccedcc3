"""Take-profit and stop-loss: where they trigger, whether that is the right side, and what they would bring.

A wrong side is refused with the mirrored price, because a stop one tick from entry would only fire at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from bot.domain.intent import AbsolutePrice, PercentOffset, PriceExpr, TradeIntent
from bot.domain.markets.market import Market
from bot.domain.preview.preview import ExitOutcome
from bot.domain.preview.priced_order import PricedOrder, usable_leverage
from bot.domain.preview.pricing import stated_price, static_range
from bot.domain.refusal import Param, Refusal, RefusalCode
from bot.domain.values import HUNDRED, ONE, ZERO, ExitKind, shown


@dataclass(frozen=True, slots=True)
class ExitSetting:
    """What exits are measured from: `entry` for per cents, `floor`..`ceiling` the prices that may not be
    crossed at once, `direction` +1 for a long and -1 for a short, `leverage` for `roi`."""

    market: Market
    entry: Decimal
    floor: Decimal  # a price below must be below this
    ceiling: Decimal  # a price above must be above this
    direction: int
    leverage: Decimal

    def heading(self, kind: ExitKind) -> int:
        """+1 when this exit lies above the entry, -1 when below."""
        return self.direction if kind == "tp" else -self.direction


def exit_trigger(kind: ExitKind, expression: PriceExpr, setting: ExitSetting) -> Decimal:
    """The trigger price at the nearest tick. `5%` moves from entry in the direction the word implies, a
    signed per cent in its own; `roi` is a return on margin, so it is divided by the leverage."""
    if isinstance(expression, PercentOffset) and expression.roi:
        expression = replace(expression, percent=expression.percent / setting.leverage)
    return setting.market.round_price(stated_price(expression, setting.entry, setting.heading(kind)))


def check_exit(kind: ExitKind, trigger: Decimal, setting: ExitSetting) -> Refusal | None:
    """Refuse a trigger on the wrong side of entry, or outside the market's price filter."""
    heading = setting.heading(kind)
    reference = setting.ceiling if heading > 0 else setting.floor
    if (trigger - reference) * heading <= ZERO:
        code = RefusalCode.WRONG_SIDE_STOP if kind == "sl" else RefusalCode.WRONG_SIDE_TARGET
        side = "long" if setting.direction > 0 else "short"
        nearest = _mirrored(trigger, reference, heading, setting.market)
        params: dict[str, Param] = {"price": trigger, "entry": reference, "side": side, "nearest": nearest}
        return Refusal(code, params)
    prices = static_range(setting.market)
    if trigger in prices:
        return None
    high: Param = prices.high if prices.high is not None else "∞"
    params = {"price": trigger, "low": prices.low, "high": high, "nearest": prices.nearest(trigger)}
    return Refusal(RefusalCode.PRICE_OUT_OF_BAND, params)


def mended_exit(expression: PriceExpr, refusal: Refusal) -> PriceExpr:
    """The expression that says the corrected price: a mistaken sign is dropped, else the price is named."""
    if isinstance(expression, PercentOffset) and expression.signed and expression.percent:
        return replace(expression, percent=abs(expression.percent), signed=False)
    nearest = refusal.params["nearest"]
    return AbsolutePrice(nearest if isinstance(nearest, Decimal) else ZERO)


def _mirrored(trigger: Decimal, reference: Decimal, heading: int, market: Market) -> Decimal:
    """The same distance on the other side; the same ratio where that would be below zero; at least a tick."""
    mirror = market.round_price(2 * reference - trigger)
    if mirror < market.tick and trigger > ZERO:
        mirror = market.round_price(reference * reference / trigger)
    if heading > 0:
        return max(mirror, market.floor_price(reference) + market.tick)
    return min(mirror, market.ceil_price(reference) - market.tick)


def exit_outcome(
    trigger: Decimal,
    *,
    entry: Decimal,
    signed_quantity: Decimal,
    entry_fee: Decimal,
    exit_rate_bps: Decimal,
    margin: Decimal | None,
) -> ExitOutcome:
    """What the exit would bring if it filled at its trigger, for `signed_quantity` base (negative: short).

    The exit is a market order, so it pays the taker rate; slippage at the trigger is not foreseen. `percent`
    is the signed price move from entry.
    """
    exit_fee = abs(signed_quantity) * trigger * exit_rate_bps / (HUNDRED * HUNDRED)
    pnl = (trigger - entry) * signed_quantity - entry_fee - exit_fee
    return ExitOutcome(
        trigger=trigger,
        pnl=shown(pnl),
        percent=shown((trigger / entry - ONE) * HUNDRED) if entry else ZERO,
        roi_percent=shown(pnl / margin * HUNDRED) if margin else None,
    )


# --- attached to an order -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Exits:
    """The attached triggers of one order, at the tick."""

    take_profit: Decimal | None = None
    stop_loss: Decimal | None = None


def attach_exits(draft: PricedOrder, quantity: Decimal) -> Exits | Refusal:
    """The triggers a line attaches, checked against the expected entry and, for a fill now, against the mark:
    an exit that the mark has already passed would fire at once."""
    intent = draft.intent
    if intent.take_profit is None and intent.stop_loss is None:
        return Exits()
    if not opened_by(draft, quantity):
        bare = replace(intent, take_profit=None, stop_loss=None)
        return Refusal(RefusalCode.UNSUPPORTED, {"feature": "tp/sl + reduce"}, mend_intent=bare)
    estimate = draft.estimate(quantity)
    now = draft.context.mark.mark if draft.must_fill_now else estimate.price
    setting = ExitSetting(
        market=draft.market,
        entry=estimate.price,
        floor=min(estimate.price, now),
        ceiling=max(estimate.price, now),
        direction=draft.side.sign,
        leverage=_roi_leverage(draft),
    )
    stop, stop_refusal = _exit("sl", intent.stop_loss, setting)
    target, target_refusal = _exit("tp", intent.take_profit, setting)
    if stop_refusal is not None and intent.stop_loss is not None:
        mend = replace(intent, stop_loss=mended_exit(intent.stop_loss, stop_refusal))
        if target_refusal is not None:
            mend = _swapped(intent, stop, target, setting) or mend
        return replace(stop_refusal, mend_intent=mend)
    if target_refusal is not None and intent.take_profit is not None:
        mended = mended_exit(intent.take_profit, target_refusal)
        return replace(target_refusal, mend_intent=replace(intent, take_profit=mended))
    return Exits(target, stop)


def opened_by(draft: PricedOrder, quantity: Decimal) -> Decimal:
    """The part of `quantity` that opens or enlarges a position; the rest closes what is held on the other
    side. Exits of the order are reduce-only, so this part is all they can ever close."""
    return max(ZERO, quantity - max(ZERO, -draft.held * draft.side.sign))


def _swapped(
    intent: TradeIntent, stop: Decimal | None, target: Decimal | None, setting: ExitSetting
) -> TradeIntent | None:
    """The line with stop and target exchanged, when each is right in the other's place."""
    if stop is None or target is None:
        return None
    if check_exit("tp", stop, setting) is not None or check_exit("sl", target, setting) is not None:
        return None
    return replace(intent, take_profit=AbsolutePrice(stop), stop_loss=AbsolutePrice(target))


def _exit(
    kind: ExitKind, expression: PriceExpr | None, setting: ExitSetting
) -> tuple[Decimal | None, Refusal | None]:
    if expression is None:
        return None, None
    trigger = exit_trigger(kind, expression, setting)
    return trigger, check_exit(kind, trigger, setting)


def _roi_leverage(draft: PricedOrder) -> Decimal:
    """The leverage `roi` divides by: the line's own, else the most the account and the market allow."""
    return draft.intent.leverage or usable_leverage(draft.context)
