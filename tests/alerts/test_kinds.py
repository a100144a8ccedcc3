"""Every other kind of condition, from what the exchange says to the firing."""

from __future__ import annotations

import asyncio
import itertools
from decimal import Decimal
from typing import Any

import pytest

from bot.alerts.storage.tables import Alert
from bot.domain.accounts.account import Position
from bot.domain.accounts.account_snapshot import AccountSnapshot
from bot.domain.alerts.alert import (
    Activity,
    ActivityMove,
    BasisLevel,
    Condition,
    FundingCost,
    FundingExtreme,
    FundingFlip,
    FundingLevel,
    FundingSoon,
    FundingUnit,
    KeyTrouble,
    LiquidationDistance,
    LiquidationSize,
    MarginLevel,
    MyFill,
    PriceMove,
    PriceTrail,
    ProfitLevel,
    SpreadLevel,
    Trend,
)
from bot.domain.markets.market_events import (
    BookTop,
    Kline,
    LiquidationEvent,
    MarketEvent,
    MarkUpdate,
    OpenInterest,
)
from bot.domain.orders.order import Fill
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import Side
from bot.kernel.storage import Database
from bot.people import accounts
from bot.trading.storage import fills
from tests.alerts.support import ALICE, PERP, SOL, Watch, open_watch, unix_ms, until
from tests.support.rows import an_account

D = Decimal
MINUTE = 60_000
HOUR = 60 * MINUTE


def tell(watch: Watch, event: MarketEvent) -> None:
    """As if the feed had heard it."""
    watch.feed.tell(event)


def marked(
    rate: str = "0.0001", mark: str = "150", index: str = "150", left_ms: int | None = None, **more: Any
) -> MarkUpdate:
    """It settles at the full hour, as the exchange says, if nothing else is said."""
    now = unix_ms() + more.pop("later_ms", 0)
    due_ms = now + left_ms if left_ms is not None else (now // HOUR + 1) * HOUR
    return MarkUpdate(PERP, D(mark), D(index), D(rate), due_ms, now * 1000, now)


async def quiet(watch: Watch) -> None:
    """No event but those the test makes: the stream of marks would tell its own."""
    await watch.settles()
    await watch.feed.stop()


async def test_a_move_in_a_window_and_trails(database: Database) -> None:
    async with open_watch(database) as watch:
        rise = await watch.arm(PriceMove(SOL, D(3), 15 * MINUTE, Trend.UP))
        either = await watch.arm(PriceMove(SOL, D(5), 15 * MINUTE))
        trail = await watch.arm(PriceTrail(SOL, D(2), Trend.DOWN))
        anchored = await watch.arm(PriceTrail(SOL, D(10), Trend.DOWN, D(150)))
        from_here = await watch.arm(PriceTrail(SOL, D(8)))
        await watch.settles()
        for price in ("152", "154.5"):
            watch.price(price)
        assert [one.alert_id for one in await watch.fires(1)] == [rise.id]
        watch.price("151.4")
        assert (await watch.fires(2))[-1].alert_id == trail.id
        watch.price("146")
        assert (await watch.fires(3))[-1].alert_id == either.id
        watch.price("135")
        fired = await watch.fires(5)
        assert {one.alert_id for one in fired[3:]} == {anchored.id, from_here.id}
        assert {one.detail["trend"] for one in fired[3:]} == {"down"}


async def test_trails_and_moves_survive_a_restart(database: Database) -> None:
    async with open_watch(database) as watch:
        trail = await watch.arm(PriceTrail(SOL, D(4), Trend.DOWN))
        move = await watch.arm(PriceMove(SOL, D(10), 60 * MINUTE, Trend.DOWN))
        await watch.settles()
        watch.price("160")
        await watch.settles()
        await watch.stop()
        await watch.start()
        await watch.settles()
        watch.price("153.6")
        (fired,) = await watch.fires(1)
        assert (fired.alert_id, fired.value) == (trail.id, D("153.6"))
        await watch.stop()
        watch.price("144")
        await watch.start()
        assert (await watch.fires(2))[-1].alert_id == move.id


async def test_funding_levels_flips_extremes_and_what_holds_already(database: Database) -> None:
    async with open_watch(database) as watch:
        interval = watch.exchange.engine.world.markets[PERP].spec.funding_interval_ms
        level = await watch.arm(FundingLevel(PERP, D("0.05"), Trend.UP))
        yearly = await watch.arm(FundingLevel(PERP, D(100), Trend.UP, FundingUnit.YEAR))
        everywhere = await watch.arm(FundingFlip(None, Trend.DOWN))
        extreme = await watch.arm(FundingExtreme(PERP))
        holds = await watch.tries(FundingLevel(PERP, D("0.5"), Trend.DOWN))
        assert isinstance(holds, Refusal)
        assert holds.code is RefusalCode.ALERT_HOLDS
        await quiet(watch)
        per_year = D(365 * 24 * 3_600_000) / interval
        for number, rate in enumerate((D("0.00001"), D("1.01") / per_year)):
            tell(watch, marked(str(rate), later_ms=number))
        assert yearly.id in {one.alert_id for one in await watch.fires(1)}
        tell(watch, marked("0.0005", later_ms=5))
        tell(watch, marked("0", later_ms=6))
        tell(watch, marked("-0.00001", later_ms=7))
        fired = await watch.fires(4)
        assert {one.alert_id for one in fired} == {level.id, yearly.id, everywhere.id, extreme.id}
        flip = next(one for one in fired if one.alert_id == everywhere.id)
        yearly_percent = D("-0.001") * D(365 * 24 * 3_600_000) / flip.detail["interval_ms"]
        assert (flip.detail["symbol"], flip.value, flip.detail["flip"]) == (PERP, yearly_percent, "beyond")


async def test_before_a_settlement_and_the_next_if_it_is_too_late(database: Database) -> None:
    async with open_watch(database) as watch:
        soon = await watch.arm(FundingSoon(PERP, 10 * MINUTE), repeat=True)
        await quiet(watch)
        # Whatever the hour of this test: the settlement is near, the next one is far, then it comes near.
        tell(watch, marked(left_ms=5 * MINUTE))
        await watch.settles()
        before = len(await watch.firings())
        for number, left in enumerate((60 * MINUTE, 11 * MINUTE, 10 * MINUTE, 9 * MINUTE), 1):
            tell(watch, marked(left_ms=left, later_ms=number))
        fired = (await watch.fires(before + 1))[-1]
        assert len(await watch.firings()) == before + 1 <= 2
        assert (fired.alert_id, fired.value) == (soon.id, D(10 * MINUTE))


async def test_basis_spread_open_interest_and_volume(database: Database) -> None:
    async with open_watch(database) as watch:
        basis = await watch.arm(BasisLevel(PERP, D(1), Trend.UP))
        spread = await watch.arm(SpreadLevel(SOL, D("0.5")))
        interest = await watch.arm(ActivityMove(PERP, Activity.OPEN_INTEREST, D(20), 60 * MINUTE))
        volume = await watch.arm(ActivityMove(SOL, Activity.VOLUME, D(100), 2 * MINUTE, Trend.UP))
        await quiet(watch)
        now = unix_ms()
        tell(watch, marked(mark="150"))
        tell(watch, marked(mark="151.5", later_ms=1))
        for ask in ("150.1", "151.1"):
            tell(watch, BookTop(SOL, D(150), D(1), D(ask), D(1), 0, now))
        for quantity in ("100", "79"):
            tell(watch, OpenInterest(PERP, D(quantity), 0, now))
        for minute, amount in enumerate(("1", "1", "1", "1", "3", "3")):
            end = now + minute * MINUTE
            tell(watch, Kline(SOL, "1m", end - MINUTE, end, D(1), D(1), D(1), D(1), D(amount), True, 0, now))
        fired = await watch.fires(4)
        assert [one.alert_id for one in fired] == [basis.id, spread.id, interest.id, volume.id]


async def test_a_volume_waits_for_no_window_that_the_exchange_can_tell(database: Database) -> None:
    async with open_watch(database) as watch:
        up, down = [
            await watch.arm(ActivityMove(SOL, Activity.VOLUME, D("0.5"), 7 * MINUTE, trend))
            for trend in (Trend.UP, Trend.DOWN)
        ]
        (fired,) = await watch.fires(1)
        assert fired.alert_id in {up.id, down.id}
        await watch.stop()
        await watch.start()
        await quiet(watch)
        assert len(await watch.firings()) == 1


async def test_liquidations_and_one_that_repeats(database: Database) -> None:
    async with open_watch(database) as watch:
        big = await watch.arm(LiquidationSize(PERP, D(1_000_000)))
        any_market = await watch.arm(LiquidationSize(None, D(50_000)), repeat=True)
        await quiet(watch)
        now = unix_ms()
        for price in ("499", "500", "600"):
            tell(watch, LiquidationEvent(PERP, "Ask", D(price), D(100), 0, now))
        fired = await watch.fires(2)
        assert [one.alert_id for one in fired] == [any_market.id, any_market.id]
        assert big.id not in {one.alert_id for one in fired}


def position(symbol: str = PERP, **values: Any) -> Position:
    defaults: dict[str, Any] = {
        "symbol": symbol,
        "quantity": D(10),
        "entry_price": D(150),
        "mark_price": D(150),
        "break_even_price": D(150),
        "liquidation_price": D(100),
        "unrealized_pnl": D(0),
        "realized_pnl": D(0),
        "funding_paid": D(0),
        "imf": D("0.1"),
        "mmf": D("0.05"),
    }
    return Position(**{**defaults, **values})


@pytest.mark.parametrize(
    ("condition", "marks", "value"),
    [
        (LiquidationDistance(None, (D(20),)), ("140", "125"), "20"),
        (MarginLevel(D(50)), ("140", "100"), "50"),
        (ProfitLevel(PERP, Trend.DOWN, amount=D(-100)), ("145", "140"), "-100"),
        (ProfitLevel(None, Trend.UP, amount=D(50)), ("152", "155"), "50"),
        (ProfitLevel(PERP, Trend.UP, percent=D(50)), ("151", "160"), None),
        (FundingCost(PERP, D("0.16")), ("150", "161"), "0.161"),
    ],
)
async def test_accounts_are_valued_at_every_mark(
    database: Database, condition: Condition, marks: tuple[str, str], value: str | None
) -> None:
    async with open_watch(database) as watch:
        account_id = await linked(watch)
        alert = await on_account(watch, account_id, condition)
        await quiet(watch)
        picture = AccountSnapshot(unix_ms(), D(1_000), D(1_500), {PERP: position()})
        watch.alerts.account_changed(account_id, picture)
        for number, mark in enumerate(marks):
            assert await watch.firings() == []
            tell(watch, marked(mark=mark, later_ms=number))
            await watch.settles()
        (fired,) = await watch.fires(1)
        assert fired.alert_id == alert.id
        assert value is None or fired.value == D(value)


async def test_each_level_of_an_approach_speaks_once(database: Database) -> None:
    async with open_watch(database) as watch:
        account_id = await linked(watch)
        levels = (D(20), D(10), D(5))
        once = await on_account(watch, account_id, LiquidationDistance(PERP, levels))
        await quiet(watch)
        picture = AccountSnapshot(unix_ms(), D(1_000), D(1_500), {PERP: position()})
        watch.alerts.account_changed(account_id, picture)
        marks = ("120", "124", "120", "110", "112", "110", "140", "120", "104")
        for number, mark in enumerate(marks):
            tell(watch, marked(mark=mark, later_ms=number))
        fired = await watch.fires(3)
        await watch.settles()
        assert [one.value and round(one.value) for one in await watch.firings()] == [17, 9, 4]
        assert {one.alert_id for one in fired} == {once.id}


async def test_fills_and_key_trouble(database: Database) -> None:
    async with open_watch(database) as watch:
        account_id = await linked(watch)
        fill = await on_account(watch, account_id, MyFill(PERP), repeat=True)
        key = await on_account(watch, account_id, KeyTrouble())
        refused = await watch.tries(MyFill())
        assert isinstance(refused, Refusal)
        assert refused.code is RefusalCode.NO_ACCOUNT
        other_id = await linked(watch)
        await filled(watch, account_id, PERP, at_ms=unix_ms() - MINUTE)  # before the alert
        for of, symbol in ((account_id, PERP), (account_id, SOL), (other_id, PERP), (account_id, PERP)):
            await filled(watch, of, symbol)
        assert [one.alert_id for one in await watch.fires(2)] == [fill.id, fill.id]
        watch.alerts.key_trouble(account_id, "main", "key")
        watch.alerts.key_trouble(account_id, "main", "key")
        assert (await watch.fires(3))[-1].alert_id == key.id
        await watch.settles()
        assert len(await watch.firings()) == 3


async def test_fills_nobody_heard_of_are_told_by_one_process(database: Database) -> None:
    async with open_watch(database) as watch:
        account_id = await linked(watch)
        alert = await on_account(watch, account_id, MyFill(), repeat=True)
        await watch.stop()
        await filled(watch, account_id, PERP)
        other = Watch(watch.exchange, database, watch.alice)
        await asyncio.gather(watch.start(), other.start())
        try:
            await until(lambda: nothing_unjudged(watch))
        finally:
            await other.stop()
        (fired,) = await watch.firings()
        assert (fired.alert_id, fired.detail["symbol"]) == (alert.id, PERP)


_trades = itertools.count(1)


async def filled(watch: Watch, account_id: int, symbol: str, *, at_ms: int | None = None) -> None:
    """As the desk writes it."""
    fill = Fill(
        symbol, Side.BUY, D(150), D(1), D(0), "USDC", False, "1", next(_trades), 1, at_ms or unix_ms()
    )
    async with watch.database.write() as session:
        assert await fills.insert(session, account_id, fill) is not None
    watch.alerts.fills_came()


async def nothing_unjudged(watch: Watch) -> bool:
    async with watch.database.read() as session:
        return not await fills.unjudged(session)


async def linked(watch: Watch) -> int:
    async with watch.database.write() as session:
        account = await an_account(session, ALICE)
    assert account.id in await accounts_of(watch)
    return account.id


async def accounts_of(watch: Watch) -> list[int]:
    async with watch.database.read() as session:
        return [one.id for one in await accounts.active(session)]


async def on_account(watch: Watch, account_id: int, condition: Condition, **options: Any) -> Alert:
    made = await watch.tries(condition, account_id=account_id, **options)
    assert isinstance(made, Alert), made
    return made
