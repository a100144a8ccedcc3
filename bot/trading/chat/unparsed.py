"""A line the grammar alone cannot read: said with its mends, or told apart by where the market is."""

from __future__ import annotations

from dataclasses import replace

from bot.chat.request import Request
from bot.domain.intent import AbsolutePrice, CloseIntent, TradeIntent
from bot.domain.preview.instrument_selection import intended_kind, told_apart
from bot.domain.refusal import Param, Refusal, RefusalCode
from bot.domain.values import MarketKind
from bot.language import Parsed, ParseFailure
from bot.marketdata import Moment
from bot.trading.queries import Queries
from bot.ui import refusals as refusal_view

Priced = TradeIntent | CloseIntent


async def by_market(request: Request, result: ParseFailure) -> str | None:
    """The reading of two bare numbers that the market tells; None when the user must say it."""
    if result.refusal.code is not RefusalCode.TWO_NUMBERS or "joined" in result.refusal.params:
        return None  # `1 500` may also be one number, whatever the market
    readings = _readings(request, result)
    moment = await _moment(request, readings)
    chosen = told_apart(list(readings.values()), moment.last) if moment is not None else None
    return next((line for line, reading in readings.items() if reading is chosen), None)


async def refuse(request: Request, text: str, result: ParseFailure) -> None:
    """Why the line is not read, where in it, and the lines that may be meant."""
    refusal = await _placed(request, result)
    mend, *others = result.mends or (refusal.mend,)
    data = await request.line_data(mend) if mend else None
    offers = [(f"▸ {other}", await request.line_data(other)) for other in others if other]
    await request.say(
        refusal_view.refusal(
            request.here,
            refusal,
            source=text,
            span=(result.start, result.end),
            mend=mend,
            mend_data=data,
            expected=result.expected,
            offers=offers,
        )
    )


async def _placed(request: Request, result: ParseFailure) -> Refusal:
    """The refusal of a price range, knowing whether the market is inside it.

    Source: docs/grammar.md, *Leverage, price, exits*.
    """
    if result.refusal.code is not RefusalCode.PRICE_RANGE:
        return result.refusal
    readings = _readings(request, result)
    prices = [one.price.price for one in readings.values() if isinstance(one.price, AbsolutePrice)]
    moment = await _moment(request, readings)
    if moment is None or not min(prices) < moment.last < max(prices):
        return result.refusal
    params: dict[str, Param] = {"symbol": moment.market.symbol, "market": moment.last}
    return replace(result.refusal, params={**result.refusal.params, **params})


def _readings(request: Request, result: ParseFailure) -> dict[str, Priced]:
    """By line, the statement in which the mends differ, as each of them reads it."""
    parsed = {line: request.read(line) for line in result.mends}
    chains = {line: one.intents for line, one in parsed.items() if isinstance(one, Parsed)}
    for statement in zip(*chains.values(), strict=False):
        priced = [one for one in statement if isinstance(one, TradeIntent | CloseIntent)]
        if 1 < len(set(priced)) == len(chains):
            return dict(zip(chains, priced, strict=True))
    return {}


async def _moment(request: Request, readings: dict[str, Priced]) -> Moment | None:
    """The market the readings speak of; None where they name none that is known."""
    reading = next(iter(readings.values()), None)
    if reading is None or reading.symbol is None:
        return None
    kind = intended_kind(reading) if isinstance(reading, TradeIntent) else MarketKind.PERP
    found = await request.service(Queries).moment(reading.symbol, kind)
    return found if isinstance(found, Moment) else None
