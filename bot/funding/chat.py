"""The funding desk: what all perps pay, one market's past, and carries of spot against perp."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from bot.chat.request import Request
from bot.domain.accounts.account import FeeRates, Position
from bot.domain.accounts.holdings import meant
from bot.domain.intent import QuoteSize, TradeIntent
from bot.domain.markets.carry import Carry, carry_of, least_leg, leg_quantity
from bot.domain.markets.funding import FundingRow, funding_payment
from bot.domain.markets.market import Market, ResolvedSymbol, UnknownSymbol
from bot.domain.refusal import Param, Refusal, RefusalCode
from bot.domain.values import ZERO, MarketKind, plain
from bot.funding import views as funding_view
from bot.funding.views import Mine
from bot.language import Parsed
from bot.marketdata import FundingHistory
from bot.trading.chat import trade
from bot.trading.queries import Queries
from bot.ui import charts, funding_table
from bot.ui import refusals as refusal_view
from bot.ui.funding_table import TableButton
from bot.ui.words import symbol_name

SIZES: Final = ("250", "500", "1000")  # of one leg, in quote
# Source: Backpack's fee table, tier 1; for who has not linked an account.
TIER_1: Final = FeeRates(Decimal(8), Decimal(10), Decimal(2), Decimal(5))


_FIRST: Final = TableButton()


async def begin(request: Request, argument: str) -> None:
    """The command: with words it is a line, without it is the table of all."""
    if argument:
        await trade.line(request, f"funding {argument}")
    else:
        await table(request)


async def funding(request: Request, argument: str = "") -> bool:
    """`/funding` is the table, `/funding SOL` one market. Public: a group may see it."""
    return await (market(request, argument) if argument.strip() else table(request))


async def table(request: Request, button: TableButton = _FIRST) -> bool:
    """All perps, in the order and at the page of a tapped button."""
    rows = await request.service(FundingHistory).rows()
    message = funding_table.table(
        request.here,
        rows,
        order=button.order,
        page=button.page,
        now_ms=request.services.clock(),
        page_data=lambda order, page: TableButton(order, page).pack(),
        symbol_data=lambda symbol: f"fm:{symbol}",
    )
    await request.show_publicly(message)
    return True


async def market(request: Request, mention: str) -> bool:
    """One market's funding with a picture of its settlements; my own cost only in private."""
    perp = await _perp(request, mention)
    if isinstance(perp, Refusal):
        return await _refuse(request, perp, "fm")
    services = request.services
    row = await services.get(FundingHistory).row(perp)
    if row is None:
        return await _refuse(request, Refusal(RefusalCode.NO_PERP, {"symbol": perp.base}), "fm")
    past = await services.get(FundingHistory).past(perp)
    holding = await _holding(request, perp.symbol) if request.sender.private else None
    carry = await _carry(request, perp, row, await _fees(request))
    message = funding_view.market(
        request.here,
        row,
        past,
        now_ms=services.clock(),
        carry=carry,
        mine=None if holding is None else _mine(holding, row),
        table_data=TableButton().pack(),
        carry_data=None if carry is None else f"cy:{perp.base}",
        alert_data=f"go:alert {symbol_name(perp.symbol)} funding flips" if request.sender.private else None,
        refresh_data=f"fm:{perp.symbol}",
    )
    if not past:
        await request.show_publicly(message)
        return True
    picture = await charts.draw(funding_view.picture, row, past, request.user.time_zone)
    # A message of words cannot become a picture: the page is a message of its own.
    sender = request.sender
    await services.outbox.say(sender.chat_id, message, thread_id=sender.thread_id, photo=picture)
    return True


async def carry(request: Request, argument: str = "") -> bool:
    """`/carry` lists carries, `/carry SOL` is one of them, `/carry SOL $500` previews both its legs."""
    if not argument.strip():
        return await _carries(request)
    # Symbol and size are written as in an order.
    read = request.read(f"buy {argument}")
    intent = read.intents[0] if isinstance(read, Parsed) and len(read.intents) == 1 else None
    if not isinstance(intent, TradeIntent):
        await _as_line(request, argument)
        return False
    perp = await _perp(request, intent.symbol)
    if isinstance(perp, Refusal):
        return await _refuse(request, perp, "cy")
    row, spot = await request.service(FundingHistory).row(perp), await _spot(request, perp)
    if row is None or spot is None:
        return await _refuse(request, Refusal(RefusalCode.NO_SPOT, {"symbol": perp.base}), "cy")
    found = await _carry(request, perp, row, await _fees(request))
    if isinstance(intent.size, QuoteSize) and found is not None and found.earns_short:
        await _preview(request, spot, perp, intent.size.amount, row.mark)
    elif found is not None:
        await _page(request, found, row, spot, perp)
    return True


async def _as_line(request: Request, argument: str) -> None:
    """What is wrong with the words of a carry; several statements are a line like any other."""
    whole = request.read(f"carry {argument}")
    is_itself = isinstance(whole, Parsed) and len(whole.intents) == 1
    await trade.line(request, f"{'buy' if is_itself else 'carry'} {argument}")


async def _page(request: Request, found: Carry, row: FundingRow, spot: Market, perp: Market) -> None:
    sizes = SIZES if found.earns_short else ()
    message = funding_view.carry_page(
        request.here,
        found,
        average=row.week is not None,
        size_data=[(f"${size}", f"cy:{perp.base} ${size}") for size in sizes],
        funding_data=f"fm:{perp.symbol}",
    )
    await request.show_publicly(message)


async def _preview(request: Request, spot: Market, perp: Market, notional: Decimal, price: Decimal) -> None:
    """Both legs on one card, of the same quantity."""
    wanted, least = leg_quantity(spot, perp, notional, price), least_leg(spot, perp)
    if wanted < least:
        numbers: dict[str, Param] = {"quantity": wanted, "minimum": least, "nearest": least}
        numbers["asset"] = perp.base
        await _refuse(request, Refusal(RefusalCode.BELOW_MIN_QUANTITY, numbers), "cy")
        return
    quantity = plain(wanted)
    bought, sold = symbol_name(spot.symbol), symbol_name(perp.symbol)
    await trade.line(request, f"buy {quantity} {bought}; short {quantity} {sold}")


async def _carries(request: Request) -> bool:
    rows = await request.service(FundingHistory).rows()
    markets = await request.services.catalogue.markets()
    fees = await _fees(request)
    found = [await _carry(request, markets[row.symbol], row, fees) for row in rows]
    best = sorted((one for one in found if one is not None), key=lambda one: one.net_held, reverse=True)
    message = funding_view.carries(request.here, best, open_data=lambda base: f"cy:{base}")
    await request.show_publicly(message)
    return True


async def _carry(request: Request, perp: Market, row: FundingRow, fees: FeeRates) -> Carry | None:
    """By the mean of the week where it is known: one interval's rate is no yield."""
    if await _spot(request, perp) is None:
        return None
    rate = row.rate if row.week is None else row.week
    borrow = await request.service(FundingHistory).borrow_rate(perp.base) if rate.fraction < ZERO else ZERO
    return carry_of(perp, rate, fees, borrow)


async def _fees(request: Request) -> FeeRates:
    """The asker's own rates; in a group, and without an account, the published ones."""
    if not request.sender.private:
        return TIER_1
    shown = await request.service(Queries).account(request.user)
    return TIER_1 if isinstance(shown, Refusal) else shown.state.fees


async def _holding(request: Request, symbol: str) -> Position | None:
    shown = await request.service(Queries).account(request.user)
    return None if isinstance(shown, Refusal) else shown.state.positions.get(symbol)


def _mine(held: Position, row: FundingRow) -> Mine:
    return Mine(held.quantity, held.funding_paid, funding_payment(held.quantity, row.mark, row.rate.fraction))


async def _perp(request: Request, mention: str) -> Market | Refusal:
    resolved: ResolvedSymbol | UnknownSymbol = await request.services.catalogue.resolve(
        mention, MarketKind.PERP
    )
    if isinstance(resolved, UnknownSymbol) or not resolved.market.is_perp:
        gone = await _left(request, mention)
        if gone is not None:
            return Refusal(RefusalCode.MARKET_GONE, {"symbol": gone})
    if isinstance(resolved, UnknownSymbol):
        suggestions = ", ".join(resolved.suggestions)
        return Refusal(RefusalCode.UNKNOWN_SYMBOL, {"symbol": mention, "suggestions": suggestions})
    if not resolved.market.is_perp:
        return Refusal(RefusalCode.NO_PERP, {"symbol": resolved.market.base})
    return resolved.market


async def _left(request: Request, mention: str) -> str | None:
    """The perp a word stands for that left the list: seen there before or, in private, held by who asks."""
    market = request.services.catalogue.left(mention)
    if market is not None or not request.sender.private:
        return market.symbol if market is not None else None
    shown = await request.service(Queries).account(request.user)
    held = [] if isinstance(shown, Refusal) else meant(mention, shown.state.positions.values())
    return held[0].symbol if held else None


async def _spot(request: Request, perp: Market) -> Market | None:
    return (await request.services.catalogue.markets()).get(f"{perp.base}_{perp.quote}")


async def _refuse(request: Request, refusal: Refusal, button: str) -> bool:
    names = [name for name in str(refusal.params.get("suggestions", "")).split(", ") if name]
    offers = [(name, f"{button}:{name}") for name in names]
    await request.show_publicly(refusal_view.refusal(request.here, refusal, offers=offers))
    return False
