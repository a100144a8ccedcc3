"""What an order earns its operator: from the tap through the fill to a row of the ledger."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from bot.domain.orders.order import OrderRequest
from bot.domain.values import OrderType, Side
from bot.kernel.storage import Database
from bot.kernel.storage.base import Table
from bot.rebates.bookkeeper import Bookkeeper
from bot.rebates.model.rebate import ExitsTagged, Month, TierBasis, TierStanding, nano
from bot.rebates.parties import People
from bot.rebates.prices import Prices
from bot.rebates.storage.tables import LedgerFill, PriceSource
from bot.rebates.storage.tables import Person as LedgerPerson
from bot.rebates.terms import Tiers
from bot.trading.storage.tables import FillRow, Order
from tests.support.books import another_program, fills, like, places, rows
from tests.support.world import CAROL, DESK, Person, World

pytestmark = pytest.mark.both_databases

SOL = "SOL_USDC_PERP"
LEDGER = {
    *("ledger_person", "ledger_fill", "ledger_entry", "ledger_finding", "affiliate_rate", "share_rate"),
    *("payout", "payout_line", "statement"),
}
YOUNG_S = 125  # by then a fill that nobody recognised is taken for somebody else's


async def test_a_trade_becomes_one_entry_set_with_the_right_numbers(world: World, carol: Person) -> None:
    await places(carol, "long sol $200")
    (row,) = await rows(world, 1)
    (fill,) = await fills(world, 1)
    async with world.bot.database.read() as session:
        order = await session.get_one(Order, row.order_id)
        person = await session.get_one(LedgerPerson, row.person_id)
    notional = fill.price * fill.quantity
    assert (row.fill_id, row.revision, fill.booked_ms is not None) == (fill.id, 0, True)
    assert (row.standing, row.symbol, row.is_maker) == (TierStanding.TAGGED, SOL, False)
    assert (row.notional, row.fee, row.fee_price) == (notional, fill.fee, 1)
    assert row.fee == notional * 5 / 10_000  # the sandbox charges 5 basis points
    assert (row.earning, row.tier, row.share) == (fill.fee, 0, Decimal("0.2"))
    assert row.accrued == fill.fee / 5
    assert (row.affiliate, row.contingent, row.group_id) == (None, 0, None)
    assert row.month == str(Month.of(fill.timestamp_ms))
    assert order.exchange_id == fill.exchange_order_id
    assert (person.user_id, person.pseudonym[:7]) == (CAROL, "Trader ")


async def test_a_fee_in_the_coin_bought_is_worth_what_it_was_bought_for(world: World, carol: Person) -> None:
    await places(carol, "buy sol $100")
    (row,) = await rows(world, 1)
    (fill,) = await fills(world, 1)
    assert (row.fee_symbol, row.fee_price, row.price_source) == ("SOL", fill.price, PriceSource.TRADE)
    assert row.fee == (fill.fee * fill.price).quantize(Decimal("1e-9"))
    assert row.accrued == (row.fee / 5).quantize(Decimal("1e-9"))


async def test_an_order_asked_for_in_a_group_names_the_group(world: World, carol: Person) -> None:
    await world.person(CAROL, DESK).says("/long sol $200", "private")
    await carol.taps("✅", "Filled")
    (row,) = await rows(world, 1)
    assert row.group_id == DESK


async def test_what_another_program_trades_is_elsewhere_and_earns_nothing(
    world: World, carol: Person
) -> None:
    await places(carol, "long sol $200")
    await rows(world, 1)
    line = await another_program(world)
    request = OrderRequest(SOL, Side.BUY, OrderType.MARKET, quantity=Decimal(1), client_id=99)
    await line.send(line.prepare_order(request, timestamp_ms=world.clock()))
    _, fill = await fills(world, 2)
    assert await world.bot.services.get(Bookkeeper).run_once() == 0  # it may be recognised yet
    world.clock.skip(YOUNG_S)
    assert await world.bot.services.get(Bookkeeper).run_once() == 1
    _, row = await rows(world, 2)
    assert (row.standing, row.order_id, row.fee) == (TierStanding.ELSEWHERE, None, fill.fee)
    assert (row.earning, row.accrued, row.contingent) == (0, 0, 0)


async def test_a_liquidation_belongs_to_the_system(world: World, carol: Person) -> None:
    await places(carol, "long sol $120000", "Fill")
    await world.price(SOL, "135")
    await carol.sees("Liquidated")
    world.clock.skip(YOUNG_S)
    await world.bot.services.get(Bookkeeper).run_once()
    async with world.bot.database.read() as session:
        found = (await session.scalars(select(LedgerFill))).all()
    assert {row.standing for row in found} == {TierStanding.TAGGED, TierStanding.SYSTEM}
    system = [row for row in found if row.standing is TierStanding.SYSTEM]
    assert all(row.system_type and row.fee > 0 and not row.earning for row in system)


async def test_a_fired_stop_is_kept_apart_until_somebody_knows(world: World, carol: Person) -> None:
    await places(carol, "long sol $200 sl 3%")
    await rows(world, 1)
    await world.price(SOL, "145")
    stopped = (await rows(world, 2))[1]
    assert (stopped.standing, stopped.earning, stopped.accrued) == (TierStanding.EXIT, 0, 0)
    assert stopped.contingent == (stopped.fee / 5).quantize(Decimal("1e-9"), "ROUND_HALF_EVEN") > 0


async def test_a_maker_rebate_and_a_market_without_fees_earn_nothing_but_count(
    world: World, carol: Person
) -> None:
    fees = {"label": "Carol", "futuresMaker": "-0.5", "futuresTaker": "0"}
    (await world.admin.post("/sandbox/fees", json=fees)).raise_for_status()
    await places(carol, "long sol $200")
    await places(carol, "long sol $200 at 140", "Open")
    await world.price(SOL, "139.9")
    taken, made = await rows(world, 2)
    _, made_fill = await fills(world, 2)
    assert (taken.is_maker, taken.fee, taken.accrued) == (False, 0, 0)
    assert (made.is_maker, made.fee < 0, made.earning, made.accrued) == (True, True, 0, 0)
    assert {taken.standing, made.standing} == {TierStanding.TAGGED}
    assert made.notional == made_fill.price * made_fill.quantity


async def test_an_order_whose_answer_was_lost_is_booked_as_ours_once(world: World, carol: Person) -> None:
    await world.fault(action="drop_after", match={"path": "/api/v1/order", "method": "POST"})
    await places(carol, "long sol $200")
    (row,) = await rows(world, 1)
    assert row.standing is TierStanding.TAGGED
    world.clock.skip(YOUNG_S)
    assert await world.bot.services.get(Bookkeeper).run_once() == 0


async def test_two_bookkeepers_book_each_fill_once(world: World, carol: Person, database_url: str) -> None:
    await places(carol, "long sol $100")
    await rows(world, 1)
    async with world.bot.database.write() as session:  # as if nobody had been at work
        fill = (await session.scalars(select(FillRow))).one()
        session.add_all(like(fill, 1000 + number) for number in range(300))
    other = Database.open(database_url)
    doors = [world.bot.database, other] * 3
    booked = await asyncio.gather(*(bookkeeper(world, door).run_once() for door in doors))
    await other.close()
    assert len({row.fill_id for row in await rows(world, 301)}) == 301
    assert sum(booked) <= 300  # the world's own may have taken some


def bookkeeper(world: World, database: Database) -> Bookkeeper:
    return Bookkeeper(
        database,
        Prices(world.bot.client),
        People(clock=world.clock),
        Tiers(TierBasis.PREVIOUS),
        ExitsTagged.UNKNOWN,
        clock=world.clock,
    )


async def test_a_bookkeeper_may_die_anywhere(world: World, carol: Person) -> None:
    await places(carol, "long sol $100")
    (row,) = await rows(world, 1)
    async with world.bot.database.write() as session:
        fill = await session.get_one(FillRow, row.fill_id)
    mortal = bookkeeper(world, world.bot.database)
    for steps in range(40):
        async with world.bot.database.write() as session:
            session.add(like(fill, 1000 + steps))
        doomed = asyncio.create_task(mortal.run_once())
        for _ in range(steps):
            await asyncio.sleep(0)
        doomed.cancel()
        await asyncio.gather(doomed, return_exceptions=True)
    await mortal.run_once()
    booked = await rows(world, 41)
    assert len({one.fill_id for one in booked}) == 41
    assert all(one.booked_ms is not None for one in await fills(world, 41))


async def test_a_fee_in_another_coin_is_worth_the_close_of_its_minute(world: World, carol: Person) -> None:
    await places(carol, "long sol $200")
    (row,) = await rows(world, 1)
    async with world.bot.database.write() as session:
        fill, now_ms = await session.get_one(FillRow, row.fill_id), world.clock()
        for trade_id, symbol in ((4711, "ETH"), (4712, "NOSUCH")):
            other = like(fill, trade_id)
            other.fee_symbol = symbol
            other.timestamp_ms = now_ms
            session.add(other)
    await world.bot.services.get(Bookkeeper).run_once()
    await rows(world, 1)  # the minute has no close yet
    world.clock.skip(60)
    await world.fault(action="status", status=503, match={"path": "/api/v1/klines", "times": None})
    await world.bot.services.get(Bookkeeper).run_once()
    await rows(world, 1)  # nobody answers: it waits
    (await world.admin.delete("/sandbox/faults")).raise_for_status()
    await world.bot.services.get(Bookkeeper).run_once()
    _, eth, nosuch = await rows(world, 3)
    minute_s = now_ms // 60_000 * 60
    (candle,) = await world.bot.client.klines("ETH_USDC", "1m", minute_s, minute_s + 60)
    assert (eth.price_source, eth.fee_price) == (PriceSource.CANDLE, candle.close)
    assert eth.fee_price is not None
    assert eth.fee == nano(fill.fee * eth.fee_price) == eth.earning
    assert (nosuch.price_source, nosuch.fee_price, nosuch.fee) == (PriceSource.UNKNOWN, None, 0)
    assert nosuch.notional == row.notional
    assert await world.bot.services.get(Bookkeeper).mend() == 0
    async with world.bot.database.write() as session:  # the coin gets its market
        await session.execute(update(FillRow).where(col(FillRow.trade_id) == 4712).values(fee_symbol="ETH"))
    assert await world.bot.services.get(Bookkeeper).mend() == 1
    assert (await rows(world, 5))[4].fee == eth.fee


async def test_what_is_recognised_later_is_taken_back_and_booked_anew(world: World, carol: Person) -> None:
    await places(carol, "long sol $200")
    (first,) = await rows(world, 1)
    async with world.bot.database.write() as session:  # the books do not know the order (yet)
        await session.execute(update(Order).values(exchange_id="unheard", client_id=1))
        fill = await session.get_one(FillRow, first.fill_id)
        session.add(like(fill, 4711))
    world.clock.skip(YOUNG_S)
    await world.bot.services.get(Bookkeeper).run_once()
    _, elsewhere = await rows(world, 2)
    assert elsewhere.standing is TierStanding.ELSEWHERE
    async with world.bot.database.write() as session:
        await session.execute(update(Order).values(exchange_id=fill.exchange_order_id))
    assert await world.bot.services.get(Bookkeeper).revise([elsewhere.fill_id], "recognised") == 1
    _, _, reversal, booked = await rows(world, 4)
    assert [row.revision for row in (elsewhere, reversal, booked)] == [0, 1, 2]
    assert reversal.notional == -elsewhere.notional
    assert (booked.standing, booked.accrued, booked.why) == (TierStanding.TAGGED, first.accrued, "recognised")
    assert await world.bot.services.get(Bookkeeper).revise([elsewhere.fill_id], "again") == 0


async def test_after_forget_no_table_of_the_ledger_knows_the_person(world: World, carol: Person) -> None:
    await places(carol, "long sol $200")
    (row,) = await rows(world, 1)
    asked = await carol.says("/forget", "Forget you entirely?")
    await carol.taps("Erase everything", "Forgotten", on=asked.id)
    assert await _knowing(world, CAROL) == set()
    async with world.bot.database.write() as session:  # one that comes late
        fill = await session.get_one(FillRow, row.fill_id)
        session.add(like(fill, 4711))
    await world.bot.services.get(Bookkeeper).run_once()
    assert {one.person_id for one in await rows(world, 2)} == {row.person_id}
    assert await _knowing(world, CAROL) == set()


async def _knowing(world: World, user_id: int) -> set[str]:
    """Tables of the ledger with a cell that is, or holds, a Telegram id."""
    async with world.bot.database.read() as session:
        found = set()
        for table in Table.metadata.sorted_tables:
            if table.name not in LEDGER:
                continue
            for row in (await session.execute(select(table))).all():
                if any(str(user_id) in str(cell) for cell in row):
                    found.add(table.name)
    return found
