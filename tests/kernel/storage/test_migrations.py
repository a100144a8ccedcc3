"""The migrated database is the one the code describes, whatever it was before."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from hashlib import sha256

import msgspec
import pytest
from alembic.util.exc import CommandError
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.kernel.storage import Database, audit, migrate
from bot.kernel.storage.base import Table
from bot.kernel.storage.columns import dump_json, load_json
from bot.kernel.storage.engines import normalise
from bot.kernel.storage.migrations import check, downgrade, sync_engine
from bot.trading.storage.tables import TicketKind
from tests.support.rows import NOW, a_ticket, an_account


def tables(url: str) -> set[str]:
    engine = sync_engine(normalise(url))
    with engine.connect() as connection:
        names = set(inspect(connection).get_table_names())
    engine.dispose()
    return names - {"alembic_version", "sqlite_sequence"}


def test_the_newest_migration_equals_the_models(empty_database_url: str) -> None:
    with pytest.raises(CommandError):
        check(empty_database_url)
    migrate(empty_database_url)
    check(empty_database_url)
    assert tables(empty_database_url) == set(Table.metadata.tables)


def test_down_and_up_again_arrives_at_the_same_shape(empty_database_url: str) -> None:
    migrate(empty_database_url)
    downgrade(empty_database_url, "base")
    assert tables(empty_database_url) == set()
    migrate(empty_database_url)
    check(empty_database_url)


def test_migrating_twice_is_once_and_two_at_once_take_turns(empty_database_url: str) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(migrate, [empty_database_url] * 2))
    check(empty_database_url)


def test_a_database_that_is_up_to_date_is_left_alone_and_costs_no_alembic(empty_database_url: str) -> None:
    migrate(empty_database_url)
    program = "import sys; from bot.kernel.storage import migrate; migrate(sys.argv[1])"
    program += "; print('alembic' in sys.modules)"
    again = [sys.executable, "-c", program, empty_database_url]
    assert subprocess.run(again, check=True, capture_output=True, timeout=60).stdout == b"False\n"
    downgrade(empty_database_url, "0003")
    assert subprocess.run(again, check=True, capture_output=True, timeout=60).stdout == b"True\n"
    check(empty_database_url)


async def test_migrating_keeps_what_is_there(empty_database_url: str) -> None:
    await asyncio.to_thread(migrate, empty_database_url)
    database = Database.open(empty_database_url)
    async with database.write() as session:
        await audit.append(session, NOW, None, "start", {})
    await asyncio.to_thread(migrate, empty_database_url)
    async with database.read() as session:
        assert (await audit.verify(session)).rows == 1
    await database.close()


@pytest.mark.parametrize("broken", [False, True])
async def test_the_one_chain_of_before_is_chained_anew_in_shards(
    empty_database_url: str, broken: bool
) -> None:
    """Nothing of it is lost, and whether it was whole is said by a row of the new audit."""
    await asyncio.to_thread(migrate, empty_database_url, "0006")
    users = [1001, None, 1002, 1001, 1003]
    hashes = [bytes(32)]
    database = Database.open(empty_database_url)
    async with database.write() as session:
        for seq, user in enumerate(users, 1):
            detail = audit.canonical({"词": seq})
            covered = [seq, NOW + seq, user, "test", detail, hashes[-1].hex()]
            hashes.append(sha256(msgspec.json.encode(covered)).digest())
            insert = text("INSERT INTO audit VALUES (:seq, :at, :user, 'test', :detail, :before, :hash)")
            row = {"seq": seq, "at": NOW + seq - (broken and seq == 4), "user": user, "detail": detail}
            await session.execute(insert, row | {"before": hashes[-2], "hash": hashes[-1]})
    await asyncio.to_thread(migrate, empty_database_url)
    async with database.read() as session:
        verdict = await audit.verify(session)
        (said,) = await session.scalars(text("SELECT detail FROM audit WHERE action = 'audit.sharded'"))
        mine = (
            await session.scalars(text("SELECT detail FROM audit WHERE user_id = 1001 ORDER BY seq"))
        ).all()
    assert (verdict.rows, verdict.intact) == (6, True)
    told = {"rows": 5, "head": hashes[-1].hex(), "broken_at": 4 if broken else None}
    assert msgspec.json.decode(said) == told
    assert mine == [audit.canonical({"词": seq}) for seq in (1, 4)]
    await asyncio.to_thread(downgrade, empty_database_url, "0006")
    await asyncio.to_thread(migrate, empty_database_url)
    async with database.read() as session:
        assert (await audit.verify(session)).rows == 7
    await database.close()


_LONG = {"symbol": "SOL_USDC_PERP", "side": "Bid", "orderType": "Market"}
_BOTH = _LONG | {"takeProfitTriggerPrice": "160", "stopLossTriggerPrice": "145"}
_CLOSE = _LONG | {"side": "Ask", "reduceOnly": True}
_SPOT = _LONG | {"symbol": "SOL_USDC", "side": "Ask"}


def _exit(parent: str, kind: str) -> dict[str, object]:
    return {"reduceOnly": True, "relatedOrderId": parent, "exit": kind}


def _leg(kind: str | None = None) -> dict[str, object]:
    return {"request": _LONG, "base": "SOL", "quote": "USDC", "exit_kind": kind, "is_whole": False}


# Ticket, leg, client id, exchange id, trigger, request; then role, parent, contingency, group.
_BEFORE: list[tuple[tuple[object, ...], tuple[object, ...]]] = [
    (("trade", 0, 71, "e1", None, _LONG), ("entry", None, "none", None)),
    (("trade", 1, 72, "e2", None, _BOTH), ("entry", None, "oto", 72)),
    (("trade", 1, None, "x3", "160", _exit("e2", "tp")), ("take_profit", 2, "oco", 72)),
    (("trade", 1, None, "x4", "145", _exit("e2", "sl")), ("stop", 2, "oco", 72)),
    (("trade", 2, 75, "e5", None, _LONG | {"stopLossTriggerPrice": "145"}), ("entry", None, "oto", 75)),
    (("trade", 2, None, "x6", "145", _exit("e5", "sl")), ("stop", 5, "none", 75)),
    (("trade", 3, 77, "e7", None, _LONG), ("entry", None, "none", 77)),  # its exit was attached by hand
    (("trade", 3, None, "x8", "150", _exit("e7", "sl")), ("stop", 7, "none", 77)),
    (("trade", 4, 79, "e9", None, _CLOSE), ("close", None, "none", None)),
    (("close", 0, 80, None, None, _SPOT), ("close", None, "none", None)),
    (("panic", 0, 81, "e11", None, _CLOSE), ("close", None, "none", None)),
    (("protect", 0, 82, "e12", "145", _CLOSE), ("stop", None, "none", None)),
    (("protect", 1, 83, "e13", "160", _CLOSE), ("take_profit", None, "none", None)),
    (("chain", 0, 84, "e14", None, _LONG), ("entry", None, "none", None)),
    (("chain", 1, 85, "e15", "160", _SPOT), ("take_profit", None, "none", None)),
    (("forgotten", 1, 86, "e16", "160", _CLOSE), ("stop", None, "none", None)),
]
_LEGS = {
    "protect": [_leg("sl"), _leg("tp")],
    "chain": [
        {"line": "long sol $200", "legs": [_leg()], "cancels": [], "is_replacement": False},
        {"line": "tp sol 160", "legs": [_leg("tp")], "cancels": [], "is_replacement": False},
    ],
}
_INSERT = text(
    "INSERT INTO desk_order (code, ticket_id, leg, user_id, account_id, symbol, base, quote, side, order_type"
    ", client_id, request, state, trigger_price, timestamp_ms, window_ms, deadline_ms, exchange_id, executed"
    ", executed_quote, origin, exits_misses, chat_id, version, created_ms, updated_ms)"
    " VALUES (:code, :ticket, :leg, :user, :account, :symbol, 'SOL', 'USDC', 'Bid', 'Market', :client"
    ", :request, 'filled', :trigger, 1, 1, 1, :exchange, :zero, :zero, 'USER', 0, 1, 1, 1, 1)"
)
_ROLES = text('SELECT role, parent_id, contingency, "group" FROM desk_order ORDER BY id')


async def _orders_of_before(session: AsyncSession) -> None:
    account = await an_account(session)
    made: dict[object, int] = {}
    for number, ((kind, leg, client, exchange, trigger, request), _) in enumerate(_BEFORE, 1):
        assert isinstance(request, dict)
        if kind not in made:
            known = TicketKind(str(kind)) if kind != "forgotten" else TicketKind.PROTECT
            legs = _LEGS.get(str(kind), [])
            ticket = await a_ticket(session, str(kind), account_id=account.id, kind=known, legs=legs)
            made[kind] = ticket.id
        row = {"code": f"C{number}", "ticket": made[kind], "leg": leg, "user": account.user_id}
        row |= {"account": account.id, "client": client, "exchange": exchange}
        row |= {"symbol": request.get("symbol", "SOL_USDC_PERP"), "request": dump_json(request)}
        decimal = (lambda digits: digits) if session.get_bind().dialect.name == "sqlite" else Decimal
        row |= {"trigger": None if trigger is None else decimal(str(trigger)), "zero": decimal("0")}
        await session.execute(_INSERT, row)


async def test_orders_of_before_learn_what_they_are(empty_database_url: str) -> None:
    """From what told them apart then; and a bot of before finds its way again after a downgrade."""
    await asyncio.to_thread(migrate, empty_database_url, "0010")
    database = Database.open(empty_database_url)
    async with database.write() as session:
        await _orders_of_before(session)
    for _ in range(2):
        await asyncio.to_thread(migrate, empty_database_url)
        async with database.read() as session:
            learnt = [tuple(row) for row in (await session.execute(_ROLES)).all()]
            assert learnt == [wanted for _, wanted in _BEFORE]
            offered = await session.scalars(text("SELECT max(expires_ms) FROM ticket WHERE kind <> 'panic'"))
            assert offered.one() == 0  # a preview of before does not say what its orders would be
        async with database.write() as session:
            await session.execute(text("UPDATE desk_order SET request = '{}' WHERE client_id IS NULL"))
        await asyncio.to_thread(downgrade, empty_database_url, "0010")
        async with database.read() as session:
            requests = await session.scalars(
                text("SELECT request FROM desk_order WHERE client_id IS NULL ORDER BY id")
            )
            read = [load_json(one) if isinstance(one, str) else one for one in requests.all()]
            assert read == [given[-1] for given, _ in _BEFORE if given[2] is None]
    await database.close()


async def test_an_account_id_never_comes_back(database: Database) -> None:
    if database.dialect != "sqlite":
        return
    async with database.read() as session:
        statement = text("SELECT sql FROM sqlite_master WHERE name IN ('account', 'ticket', 'desk_order')")
        definitions = (await session.scalars(statement)).all()
    assert len(definitions) == 3
    assert all("AUTOINCREMENT" in definition for definition in definitions)


@pytest.mark.parametrize("change", ["UPDATE audit SET action = 'x'", "DELETE FROM audit"])
async def test_the_database_itself_refuses_to_change_the_audit(database: Database, change: str) -> None:
    async with database.write() as session:
        await audit.append(session, NOW, None, "start", {})

    async def tamper() -> None:
        async with database.write() as session:
            await session.execute(text(change))

    with pytest.raises(DBAPIError, match="append-only"):
        await tamper()
