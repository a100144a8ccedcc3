"""Which market a line means, and what it says without saying it: `sell` of an open long reduces it.

Nothing here guesses between spot and perp: a line that does not say which gets a refusal with both readings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, TypeVar

from bot.domain.accounts.account import AccountState
from bot.domain.accounts.holdings import closable, too_small_to_close
from bot.domain.accounts.margin import maximum_leverage
from bot.domain.intent import (
    AbsolutePrice,
    BareSize,
    BaseSize,
    CloseIntent,
    PercentSize,
    ProtectIntent,
    QuoteSize,
    TradeIntent,
    Verb,
)
from bot.domain.markets.market import Market, names_perp
from bot.domain.preview.preview import Note, PreviewContext
from bot.domain.refusal import Choice, Refusal, RefusalCode
from bot.domain.values import HUNDRED, ONE, ZERO, MarketKind, Side

Closing = TypeVar("Closing", TradeIntent, CloseIntent, ProtectIntent)
WHOLE = PercentSize(HUNDRED)
SIZE_COINS: Final = "size-coins"
NEAR_MARKET = Decimal("0.3")  # a bare number this close to the market may have been meant as a price


def intended_kind(intent: TradeIntent) -> MarketKind:
    """The market kind the words ask for: `long`/`short` the perp; `buy`/`sell` spot unless leverage, `reduce`
    or `-PERP` is said."""
    says_perp = names_perp(intent.symbol) or intent.leverage is not None or intent.reduce_only
    return MarketKind.PERP if says_perp or intent.verb in {Verb.LONG, Verb.SHORT} else MarketKind.SPOT


def effective_kind(
    intent: TradeIntent, account: AccountState, spot: Market | None, perp: Market | None
) -> MarketKind:
    """The market kind to trade, knowing the account: a sizeless `sell` with no coins and an open long means
    the long. Else it is `intended_kind`; a missing market is refused by the preview, never swapped."""
    kind = intended_kind(intent)
    sizeless_sell = intent.verb is Verb.SELL and intent.size is None
    if kind is not MarketKind.SPOT or not sizeless_sell or perp is None:
        return kind
    coins = account.balances.get(spot.base if spot is not None else perp.base)
    if position_in(account, perp.symbol) > ZERO and (coins is None or coins.total <= ZERO):
        return MarketKind.PERP
    return kind


def usable(context: PreviewContext) -> PreviewContext:
    """The context with a last price: the mark stands in where nothing was traded yet, and the reverse."""
    last, mark = context.last, context.mark.mark
    if last > ZERO and mark > ZERO:
        return context
    price = max(last, mark)
    return replace(context, last=price, mark=replace(context.mark, mark=price))


def position_in(account: AccountState, symbol: str) -> Decimal:
    """Net base units held in `symbol`; zero without a position."""
    position = account.positions.get(symbol)
    return position.quantity if position is not None else ZERO


@dataclass(frozen=True, slots=True)
class SelectedMarket:
    """A line that fits its market, with everything unsaid filled in."""

    intent: TradeIntent
    notes: tuple[Note, ...] = ()


def route(intent: TradeIntent, context: PreviewContext) -> SelectedMarket | Refusal:
    """Fit a line to the market and the account: kind, reductions, size present and unambiguous, leverage."""
    market = context.market
    if market.kind is MarketKind.OTHER:
        return Refusal(RefusalCode.UNSUPPORTED, {"feature": market.symbol})
    routed = _on_perp(intent, context) if market.is_perp else _on_spot(intent, context)
    if isinstance(routed, Refusal):
        return routed
    size = routed.intent.size
    if size is None:
        return Refusal(RefusalCode.MISSING_SIZE, {"symbol": market.base})
    if isinstance(size, BareSize):
        return ambiguous_number(routed.intent, size, context)
    return routed


def coins_to_close(intent: Closing, context: PreviewContext) -> tuple[Closing, tuple[Note, ...]]:
    """A bare number of a close, an exit or a reduction counts coins of what is held, and the preview says so.

    It stays a question where it is more than that, or could be a price (docs/grammar.md, *Size*).
    """
    market, size = context.market, intent.size
    coins = context.account.balances.get(market.base)
    free = coins.available if coins is not None else ZERO
    held = position_in(context.account, market.symbol) if market.is_perp else free
    if not isinstance(size, BareSize) or size.amount > abs(held):
        return intent, ()
    if intent.price is None and near_market(size.amount, usable(context).last):
        return intent, ()
    note = Note(SIZE_COINS, (("size", size.amount),))
    return replace(intent, size=BaseSize(size.amount)), (note,)


def _on_spot(intent: TradeIntent, context: PreviewContext) -> SelectedMarket | Refusal:
    market = context.market
    perp_held = position_in(context.account, f"{market.symbol}_PERP")
    if intent.verb in {Verb.LONG, Verb.SHORT}:
        mend = replace(intent, verb=Verb.BUY, leverage=None) if intent.verb is Verb.LONG else None
        return Refusal(RefusalCode.NO_PERP, {"symbol": market.base}, mend_intent=mend)
    if intent.reduce_only:
        return Refusal(RefusalCode.REDUCE_ON_SPOT, mend_intent=replace(intent, reduce_only=False))
    if intent.leverage is not None:
        return Refusal(RefusalCode.LEVERAGE_ON_SPOT, mend_intent=replace(intent, leverage=None))
    coins = context.account.balances.get(market.base)
    if intent.verb is Verb.SELL and (coins is None or coins.total <= ZERO):
        # With a long open the user most likely means that; it is offered, never assumed.
        perp = replace(
            intent, symbol=f"{market.symbol}_PERP", reduce_only=True, take_profit=None, stop_loss=None
        )
        mend = perp if perp_held > ZERO else None
        ways = ((on_perp_instead(intent, market),),) if context.has_perp and mend is None else ()
        return Refusal(RefusalCode.SHORT_SPOT, {"symbol": market.base}, mend_intent=mend, ways=ways)
    return SelectedMarket(intent)


def _on_perp(intent: TradeIntent, context: PreviewContext) -> SelectedMarket | Refusal:
    market, held = context.market, position_in(context.account, context.market.symbol)
    notes: tuple[Note, ...] = ()
    if intent.verb is Verb.SELL and intent.size is None and held > ZERO and not intent.reduce_only:
        intent = replace(intent, reduce_only=True)
        notes = (Note("sell-reduces", (("symbol", market.base),)),)
    if intent.reduce_only:
        return _reducing(intent, held, market, notes)
    if intended_kind(intent) is MarketKind.SPOT:
        mend = as_perp(intent)
        return Refusal(RefusalCode.NO_SPOT, {"symbol": market.base}, mend_intent=mend)
    if context.account.liquidating:
        return Refusal(RefusalCode.ACCOUNT_LIQUIDATING)
    refusal = _check_leverage(intent, context)
    return refusal if refusal is not None else SelectedMarket(intent, notes)


def _reducing(
    intent: TradeIntent, held: Decimal, market: Market, notes: tuple[Note, ...]
) -> SelectedMarket | Refusal:
    side = intent.verb.side
    if held * side.sign >= ZERO:
        missing = "long" if side is Side.SELL else "short"
        return Refusal(RefusalCode.NO_POSITION, {"symbol": market.base, "side": missing})
    if closable(abs(held), market) == ZERO:
        return too_small_to_close(held, market)
    if intent.take_profit is not None or intent.stop_loss is not None:
        mend = replace(intent, take_profit=None, stop_loss=None)
        return Refusal(RefusalCode.UNSUPPORTED, {"feature": "tp/sl + reduce"}, mend_intent=mend)
    return SelectedMarket(replace(intent, size=intent.size or WHOLE, leverage=None), notes)


def as_perp(intent: TradeIntent) -> TradeIntent:
    """The same line in words that mean the perp even without leverage or `reduce`."""
    return replace(intent, verb=Verb.LONG if intent.verb.side is Side.BUY else Verb.SHORT)


def on_perp_instead(intent: TradeIntent, market: Market) -> TradeIntent:
    """The line of a spot market on the perp of its asset; a share of the coins says nothing there."""
    size = None if isinstance(intent.size, PercentSize) else intent.size
    return replace(as_perp(intent), symbol=market.base, size=size)


def _check_leverage(intent: TradeIntent, context: PreviewContext) -> Refusal | None:
    """Refused, never clamped. The account's limit touches every position, so a line does not change it."""
    asked, limit = intent.leverage, context.account.leverage_limit
    if asked is None:
        return None
    maximum = maximum_leverage(context.market)
    if asked <= ZERO:
        mend = replace(as_perp(intent), leverage=None)
        return Refusal(RefusalCode.UNSUPPORTED, {"feature": f"{asked}x"}, mend_intent=mend)
    if maximum is not None and asked > maximum:
        highest = Decimal(int(min(maximum, limit)))
        return Refusal(
            RefusalCode.LEVERAGE_ABOVE_MARKET,
            {"asked": asked, "maximum": Decimal(int(maximum))},
            mend_intent=replace(intent, leverage=highest) if highest >= ONE else None,
        )
    if asked > limit:
        return Refusal(
            RefusalCode.LEVERAGE_ABOVE_ACCOUNT,
            {"asked": asked, "limit": limit},
            mend_intent=replace(as_perp(intent), leverage=None),
        )
    return None


def near_market(number: Decimal, price: Decimal) -> bool:
    """Whether a number may have been meant as a price."""
    return abs(number - price) <= price * NEAR_MARKET


def told_apart(
    readings: Sequence[TradeIntent | CloseIntent], price: Decimal
) -> TradeIntent | CloseIntent | None:
    """Which reading of two bare numbers is meant: the only one whose price is near the market's, if one is.

    Source: docs/grammar.md, *Size*.
    """
    near = [
        one
        for one in readings
        if isinstance(one.size, BareSize)
        and isinstance(one.price, AbsolutePrice)
        and near_market(one.price.price, price)
    ]
    return near[0] if len(near) == 1 else None


def ambiguous_number(intent: TradeIntent, size: BareSize, context: PreviewContext) -> Refusal:
    """Every reading of a number without a unit, as a line that says it, with the money of each.

    Base and quote always; leverage where a perp could give it; a limit price when it is near the market.
    """
    number, price = size.amount, context.last
    choices = [Choice("base", replace(intent, size=BaseSize(number)), number, number * price)]
    in_base = context.market.floor_quantity(number / price) if price > ZERO else None
    choices.append(Choice("quote", replace(intent, size=QuoteSize(number)), in_base, number))
    maximum = maximum_leverage(context.market)
    entering = context.market.is_perp and not intent.reduce_only and intent.leverage is None
    if entering and maximum is not None and ONE <= number <= maximum and number == number.to_integral_value():
        choices.append(Choice("leverage", replace(intent, size=None, leverage=number), None, None))
    if intent.price is None and near_market(number, price):
        choices.append(Choice("price", replace(intent, size=None, price=AbsolutePrice(number)), None, None))
    return Refusal(
        RefusalCode.AMBIGUOUS_NUMBER,
        {"number": number, "symbol": context.market.base, "price": price},
        choices=tuple(choices),
    )
