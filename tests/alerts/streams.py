"""Every stream the bot follows, with alerts that hear of the world by it, and how each is made true.

One place: a kind of stream, or a kind of condition, without a row here fails `test_frozen`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from bot.domain.alerts.alert import LiquidationSize, MarketNews
from bot.domain.markets.market_events import StreamKind
from bot.exchange.backpack.streams import USER_STREAMS
from bot.marketdata import Stream
from bot.sandbox.exchange.model import Account, OrderRequest, Tag
from bot.sandbox.exchange.state import MarketState
from bot.sandbox.values import OrderType, Side
from tests.support.world import Person, World

SPOT: Final = "SOL_USDC"
PERP: Final = "SOL_USDC_PERP"
EVERY_PRIVATE: Final = "account."
MINUTE_MS: Final = 60_000
TEN_MINUTES_MS: Final = 10 * MINUTE_MS

STREAMS: Final = (*(kind.value for kind in StreamKind), *USER_STREAMS)
UNREADABLE: Final[Mapping[str, str]] = {
    StreamKind.LIQUIDATION.value: "REST tells liquidations to nobody: the stream is only subscribed to anew",
    StreamKind.TICKER.value: "nobody follows it: last prices are told by trades",
}
OF_NO_STREAM: Final = {
    MarketNews: "the list of markets is read from REST every minute",
    LiquidationSize: "see the stream of liquidations",
}

Act = Callable[[World, Person], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Row:
    """`stream` alone is frozen, with an alert set by `line`; `happens` makes it true, `told` says so."""

    stream: str
    line: str
    told: str
    happens: Act
    before: Act | None = None  # the alert is set
    armed: Act | None = None  # and before the stream falls silent

    @property
    def frozen(self) -> str:
        """The beginning of the stream names that fall silent. One mark price goes on: BTC's."""
        if self.stream.startswith(EVERY_PRIVATE):
            return self.stream
        kind = StreamKind(self.stream)
        return Stream(kind, PERP, "1m" if kind is StreamKind.KLINE else "").name


# --- what happens ----------------------------------------------------------------------------------


def _market(world: World) -> MarketState:
    return world.exchange.engine.world.markets[PERP]


def account_of(world: World, label: str) -> Account:
    """At the exchange."""
    accounts = world.exchange.engine.world.accounts.values()
    return next(account for account in accounts if account.label == label)


async def goes_long(_: World, person: Person) -> None:
    card = await person.says("long $40000 sol", "Long SOL-PERP")
    await person.taps("✅", on=card.id)
    await person.sees("Filled", after=card.revision)


async def rests(_: World, person: Person) -> None:
    card = await person.says("short 1 sol at 154", "Short SOL-PERP")
    await person.taps("✅", "Open", on=card.id)


async def price_rises(world: World, _: Person) -> None:
    for symbol in (SPOT, PERP):
        await world.price(symbol, "157")


async def price_falls(world: World, _: Person) -> None:
    for symbol in (SPOT, PERP):
        await world.price(symbol, "122")


async def premium_jumps(world: World, _: Person) -> None:
    """A rate of the other sign than the one that was paid last, and far beyond any."""
    paid = _market(world).funding_rates[-1][1]
    _market(world).path.premium = Decimal("-0.02") if paid > 0 else Decimal("0.02")


async def premium_rises(world: World, _: Person) -> None:
    _market(world).path.premium = Decimal("0.02")


async def settles_soon(world: World, _: Person) -> None:
    """Ten minutes and a few seconds are left, whatever the hour."""
    _market(world).next_funding_ms = world.clock() + TEN_MINUTES_MS + 8_000


async def ten_minutes_are_left(world: World, _: Person) -> None:
    left_ms = _market(world).next_funding_ms - TEN_MINUTES_MS - world.clock()
    await asyncio.sleep(max(0, left_ms) / 1000)


async def spread_widens(world: World, _: Person) -> None:
    _market(world).change_rules(tick=Decimal(1))


async def interest_grows(world: World, _: Person) -> None:
    market = _market(world)
    market.spec = replace(market.spec, base_open_interest=2 * market.spec.base_open_interest)


async def a_minute_was_told(world: World, _: Person) -> None:
    """Its volume is known: the stream still speaks."""
    await _minute_ends(world)
    await asyncio.sleep(2.5)


async def much_is_traded(world: World, _: Person) -> None:
    world.exchange.engine.print_trade(_market(world), Side.BUY, Decimal(150), Decimal(1_000_000))
    await _minute_ends(world)


async def _minute_ends(world: World) -> None:
    """The clock goes to just before the end of the minute, and the rest is waited for."""
    world.clock.skip(max(0, MINUTE_MS - world.clock() % MINUTE_MS - 1_500) / 1000)
    await asyncio.sleep((MINUTE_MS - world.clock() % MINUTE_MS) / 1000)


async def another_program_buys(world: World, _: Person) -> None:
    request = OrderRequest(PERP, Side.BUY, OrderType.MARKET, Decimal(1))
    world.exchange.engine.place(account_of(world, "Carol"), request, Tag())


async def another_program_doubles(world: World, _: Person) -> None:
    request = OrderRequest(PERP, Side.BUY, OrderType.MARKET, Decimal(200))
    world.exchange.engine.place(account_of(world, "Carol"), request, Tag())


async def money_leaves(world: World, _: Person) -> None:
    world.exchange.engine.world.ledger.transfer(account_of(world, "Carol").id, 0, "USDC", Decimal(6_000))


async def a_busy_account_fills(world: World, person: Person) -> None:
    """Its balances move every two seconds all the while: that stream is not silent."""

    async def goes_on() -> None:
        while True:
            world.exchange.engine.world.ledger.transfer(
                0, account_of(world, "Carol").id, "USDC", Decimal("0.01")
            )
            await asyncio.sleep(2)

    moving = asyncio.create_task(goes_on())
    world.life.callback(moving.cancel)
    await price_rises(world, person)


async def key_is_revoked(world: World, _: Person) -> None:
    (key,) = account_of(world, "Carol").keys
    world.exchange.engine.revoke_key(key)


# --- the table -------------------------------------------------------------------------------------

_TRADE, _MARK = StreamKind.TRADE.value, StreamKind.MARK_PRICE.value
_ORDERS, _POSITIONS, _BALANCES = USER_STREAMS

ROWS: Final = (
    Row(_TRADE, "a sol > 155", "🔔 SOL-PERP price above", price_rises),
    Row(_TRADE, "alert sol up 3% in 15m", "🔔 SOL-PERP price up", price_rises),
    Row(_TRADE, "alert sol trail 4%", "🔔 SOL-PERP price 4%", price_rises),
    Row(_MARK, "a sol mark > 155", "🔔 SOL-PERP mark price above", price_rises),
    Row(_MARK, "a sol index > 155", "🔔 SOL-PERP index price above", price_rises),
    Row(_MARK, "alert sol funding > 300% apr", "🔔 SOL-PERP funding above", premium_rises),
    Row(_MARK, "alert sol funding flips", "🔔 SOL-PERP funding turns", premium_jumps),
    Row(_MARK, "alert sol funding extreme", "🔔 SOL-PERP funding extreme", premium_jumps),
    Row(_MARK, "alert sol funding in 10m", "🔔 SOL-PERP funding settles", ten_minutes_are_left, settles_soon),
    Row(_MARK, "alert sol basis > 0.5%", "🔔 SOL-PERP mark above index", premium_rises),
    Row(_MARK, "alert sol funding cost > $20", "next funding costs me", premium_rises, goes_long),
    Row(_MARK, "alert liq < 20%", "liquidation closer than", price_falls, goes_long),
    Row(_MARK, "alert margin < 25%", "🔔 my margin below", price_falls, goes_long),
    Row(_MARK, "alert sol pnl < -$1000", "🔔 SOL-PERP PnL below", price_falls, goes_long),
    Row(StreamKind.BOOK_TICKER, "alert sol spread > 0.2%", "🔔 SOL-PERP spread above", spread_widens),
    Row(StreamKind.DEPTH, "a sol > 155 then long sol $200", "Long SOL-PERP", price_rises),
    Row(
        StreamKind.KLINE,
        "alert sol volume up 900% in 1m",
        "🔔 SOL-PERP volume up",
        much_is_traded,
        armed=a_minute_was_told,
    ),
    Row(
        StreamKind.OPEN_INTEREST, "alert sol oi up 20% in 1h", "🔔 SOL-PERP open interest up", interest_grows
    ),
    Row(_ORDERS, "alert fill", "an order of mine fills", price_rises, rests),
    Row(_ORDERS, "alert fill", "an order of mine fills", another_program_buys),
    Row(_ORDERS, "alert fill", "an order of mine fills", a_busy_account_fills, rests),
    Row(_POSITIONS, "alert liq < 20%", "liquidation closer than", another_program_doubles, goes_long),
    Row(_POSITIONS, "alert sol pnl < -$1000", "🔔 SOL-PERP PnL below", price_falls, goes_long),
    Row(_BALANCES, "alert margin < 25%", "🔔 my margin below", money_leaves, goes_long),
    Row(EVERY_PRIVATE, "alert fill", "an order of mine fills", another_program_buys),
    Row(EVERY_PRIVATE, "alert liq < 20%", "liquidation closer than", another_program_doubles, goes_long),
    Row(EVERY_PRIVATE, "alert margin < 25%", "🔔 my margin below", money_leaves, goes_long),
    Row(EVERY_PRIVATE, "alert key", "trouble with my API key", key_is_revoked),
)
