"""An attempt is written once, changes are compared and set, and every look-up finds its order."""

from __future__ import annotations

import asyncio
import re
from decimal import Decimal

import pytest

from bot.domain.orders.order import OrderState
from bot.domain.orders.roles import Contingency, OrderRole
from bot.domain.values import OrderType, Side, TimeInForce
from bot.kernel.storage import Database
from bot.people.tables import Account
from bot.trading.storage import fills, orders
from tests.support.rows import NOW, USER, a_fill, a_ticket, an_account, an_attempt


async def test_a_client_id_is_used_once_per_account(database: Database) -> None:
    async with database.write() as session:
        account = await an_account(session)
    attempts = [an_attempt(account, client_id=7) for _ in range(10)]

    async def insert(number: int) -> int:
        async with database.write() as session:
            return (await orders.insert_attempt(session, attempts[number])).id

    outcomes = await asyncio.gather(*(insert(number) for number in range(10)), return_exceptions=True)
    assert sum(isinstance(outcome, int) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, orders.DuplicateAttempt) for outcome in outcomes) == 9
    async with database.write() as session:
        other = await an_account(session)
        await orders.insert_attempt(session, an_attempt(other, client_id=7))


async def test_an_order_the_exchange_made_is_written_once_however_it_is_heard_of(database: Database) -> None:
    async with database.write() as session:
        account = await an_account(session)

    async def hear() -> int:
        async with database.write() as session:
            child = an_attempt(account, client_id=None, exchange_id="900")
            return (await orders.insert_attempt(session, child)).id

    outcomes = await asyncio.gather(*(hear() for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(outcome, int) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, orders.DuplicateAttempt) for outcome in outcomes) == 9


async def test_of_many_changes_at_once_to_one_version_one_is_made(database: Database) -> None:
    async with database.write() as session:
        order = await orders.insert_attempt(session, an_attempt(await an_account(session)))

    async def change(number: int) -> bool:
        async with database.write() as session:
            changes = {"state": OrderState.NEW, "exchange_id": str(number)}
            return await orders.apply(session, order.id, 1, changes, NOW + 1) is not None

    won = await asyncio.gather(*(change(number) for number in range(50)))
    assert won.count(True) == 1
    async with database.read() as session:
        now = await orders.get(session, order.id)
    assert now is not None
    assert (now.version, now.state, now.exchange_id) == (2, OrderState.NEW, str(won.index(True)))
    assert now.updated_ms == NOW + 1


async def test_an_applied_change_returns_the_order_as_it_is_now(database: Database) -> None:
    async with database.write() as session:
        order = await orders.insert_attempt(session, an_attempt(await an_account(session)))
        changed = await orders.apply(
            session, order.id, 1, {"executed": Decimal("1.4"), "state": OrderState.FILLED}, NOW
        )
        assert changed is not None
        assert (changed.version, changed.executed, changed.state) == (2, Decimal("1.4"), OrderState.FILLED)
        assert await orders.apply(session, order.id, 1, {"executed": Decimal(0)}, NOW) is None


async def test_an_order_is_found_by_each_of_its_names(database: Database) -> None:
    async with database.write() as session:
        account = await an_account(session)
        other = await an_account(session, USER + 1)
        order = await orders.insert_attempt(session, an_attempt(account, client_id=70, exchange_id="111"))
    async with database.read() as session:
        names = [
            await orders.get(session, order.id),
            await orders.by_client_id(session, account.id, 70),
            await orders.by_exchange_id(session, account.id, "111"),
            await orders.by_code(session, USER, f" {order.code.lower()} "),
        ]
        assert [found.id for found in names if found] == [order.id] * 4
        assert await orders.by_client_id(session, other.id, 70) is None
        assert await orders.by_exchange_id(session, other.id, "111") is None
        assert await orders.by_code(session, USER + 1, order.code) is None


async def test_a_code_read_with_lookalike_letters_is_found(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "new_code", lambda _pairs: "0A1B")
    async with database.write() as session:
        order = await orders.insert_attempt(session, an_attempt(await an_account(session)))
        for typed in ("oalb", "OAIB", "0a1b"):
            found = await orders.by_code(session, USER, typed)
            assert found is not None
            assert found.id == order.id


def test_a_code_is_never_a_number_an_amount_or_a_symbol() -> None:
    for _ in range(500):
        code = orders.new_code()
        assert re.fullmatch(r"(\d[ABCFGJNPQRTVYZ]){2}", code)


async def test_codes_never_collide_for_one_user(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["1A1A", "1A1A", "2B2B"])
    monkeypatch.setattr(orders, "new_code", lambda _pairs: next(drawn))
    async with database.write() as session:
        account = await an_account(session)
        made = [(await orders.insert_attempt(session, an_attempt(account))).code for _ in range(2)]
    assert made == ["1A1A", "2B2B"]


async def test_the_exits_of_an_order_are_those_that_belong_to_it(database: Database) -> None:
    async with database.write() as session:
        ticket = await a_ticket(session, "token")
        account = await session.get_one(Account, ticket.account_id)
        sent = [
            await orders.insert_attempt(
                session, an_attempt(account, ticket_id=ticket.id, leg=leg, exchange_id=f"p{leg}")
            )
            for leg in range(2)
        ]
        exits = [
            await orders.insert_attempt(
                session,
                an_attempt(
                    account,
                    ticket_id=ticket.id,
                    client_id=None,
                    exchange_id=f"x{leg}-{role}",
                    parent_id=sent[leg].id,
                    role=role,
                ),
            )
            for leg in range(2)
            for role in (OrderRole.TAKE_PROFIT, OrderRole.STOP)
        ]
    async with database.read() as session:
        entry = await orders.get(session, sent[1].id)
        assert entry is not None
        assert (entry.role, entry.contingency, entry.is_attached) == (
            OrderRole.ENTRY,
            Contingency.NONE,
            False,
        )
        found = await orders.exits_of(session, entry)
        assert [(one.id, one.role, one.is_attached) for one in found] == [
            (exits[2].id, OrderRole.TAKE_PROFIT, True),
            (exits[3].id, OrderRole.STOP, True),
        ]
        assert [one.id for one in await orders.of_ticket(session, ticket.id)] == [one.id for one in sent]
        known = await orders.exit_ids(session, account.id, "SOL_USDC_PERP")
        assert known == {"x0-take_profit", "x0-stop", "x1-take_profit", "x1-stop"}
        kinds = [orders.snapshot(one, "main").exit_kind for one in (entry, *found)]
        assert kinds == [None, "tp", "sl"]


async def test_the_reconciler_sees_what_is_in_doubt_and_what_is_open(database: Database) -> None:
    async with database.write() as session:
        account, other = await an_account(session), await an_account(session)
        for state in OrderState:
            await orders.insert_attempt(session, an_attempt(account, state=state))
        await orders.insert_attempt(session, an_attempt(other, state=OrderState.UNKNOWN))
    async with database.read() as session:
        doubtful = [order.state for order in await orders.in_doubt(session, account.id)]
        opened = {order.state for order in await orders.open_orders(session, account.id)}
        everywhere = await orders.in_doubt(session)
    assert doubtful == [OrderState.SENDING, OrderState.UNKNOWN]
    assert opened == {state for state in OrderState if not state.is_terminal}
    assert len(everywhere) == 3


async def test_a_snapshot_tells_columns_and_what_was_sent(database: Database) -> None:
    request = {"timeInForce": "IOC", "postOnly": True, "reduceOnly": True, "stopLossTriggerPrice": "137.10"}
    values = {
        "request": request,
        "order_type": OrderType.LIMIT,
        "side": Side.SELL,
        "price": Decimal("142.50"),
    }
    async with database.write() as session:
        account = await an_account(session, label="main")
        order = await orders.insert_attempt(session, an_attempt(account, **values))
    async with database.read() as session:
        stored = await orders.get(session, order.id)
    assert stored is not None
    shown = orders.snapshot(stored, account.label)
    assert (shown.code, shown.side, shown.price) == (order.code, Side.SELL, Decimal("142.5"))
    assert (shown.time_in_force, shown.post_only, shown.reduce_only) == (TimeInForce.IOC, True, True)
    assert (shown.stop_loss_trigger, shown.take_profit_trigger) == (Decimal("137.1"), None)
    assert (shown.account_label, shown.average_price) == ("main", None)


async def test_a_fill_from_two_doors_is_written_once(database: Database) -> None:
    async with database.write() as session:
        account, other = await an_account(session), await an_account(session)

    async def hear(account_id: int) -> bool:
        async with database.write() as session:
            return await fills.insert(session, account_id, a_fill()) is not None

    heard = await asyncio.gather(*(hear(account.id) for _ in range(20)))
    assert heard.count(True) == 1
    assert await hear(other.id)


async def test_fills_without_trade_id_are_told_apart_by_what_they_are(database: Database) -> None:
    async with database.write() as session:
        account = await an_account(session)
        first = a_fill(trade_id=None)
        heard = [
            await fills.insert(session, account.id, fill) is not None
            for fill in (first, first, a_fill(trade_id=None, quantity=Decimal("0.2")), a_fill(trade_id=5))
        ]
    assert heard == [True, False, True, True]


async def test_fills_of_an_order_come_in_time_with_the_newest_known(database: Database) -> None:
    async with database.write() as session:
        account = await an_account(session)
        assert await fills.latest_ms(session, account.id) is None
        for trade_id, at_ms in ((1, NOW + 5), (2, NOW), (3, NOW + 9)):
            await fills.insert(session, account.id, a_fill(trade_id=trade_id, timestamp_ms=at_ms))
        await fills.insert(session, account.id, a_fill(trade_id=4, exchange_order_id="other"))
    async with database.read() as session:
        assert [fill.trade_id for fill in await fills.of_order(session, account.id, "111")] == [2, 1, 3]
        assert await fills.latest_ms(session, account.id) == NOW + 9
