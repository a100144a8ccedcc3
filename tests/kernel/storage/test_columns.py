"""What goes in comes out: digit for digit, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import StatementError
from sqlmodel import col

from bot.kernel.storage import Database
from bot.kernel.storage.columns import dump_json, load_json
from bot.people import users
from bot.people.tables import User
from bot.trading.storage.tables import Order, Ticket
from tests.support.rows import NOW, USER, a_ticket, a_user

amounts = st.decimals(allow_nan=False, allow_infinity=False, places=18, min_value=-(10**20), max_value=10**20)


class Shelf:
    """One user whose slippage is written and read again, from a test without a loop of its own."""

    def __init__(self, runner: asyncio.Runner, url: str) -> None:
        self._runner = runner
        self._database = Database.open(url)
        runner.run(self._prepare())

    def round_trip(self, value: Decimal) -> Decimal:
        return self._runner.run(self._round_trip(value))

    def close(self) -> None:
        self._runner.run(self._database.close())

    async def _prepare(self) -> None:
        async with self._database.write() as session:
            await a_user(session)

    async def _round_trip(self, value: Decimal) -> Decimal:
        async with self._database.write() as session:
            await users.change_settings(session, USER, slippage_percent=value)
        async with self._database.read() as session:
            found = await session.scalars(select(User).where(col(User.slippage_percent) == value))
            return found.one().slippage_percent


@pytest.fixture
def shelf(database_url: str) -> Iterator[Shelf]:
    with asyncio.Runner() as runner:
        opened = Shelf(runner, database_url)
        yield opened
        opened.close()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(amounts)
def test_money_comes_back_exactly_and_is_found_by_equality(shelf: Shelf, value: Decimal) -> None:
    assert shelf.round_trip(value) == value


@pytest.mark.parametrize(
    "value", ["0.1", "1E+3", "1E-18", "-0", "100.00", "123456789012345678.000000000000000001"]
)
def test_money_of_awkward_spelling_comes_back_exactly(shelf: Shelf, value: str) -> None:
    assert shelf.round_trip(Decimal(value)) == Decimal(value)


@pytest.mark.parametrize("value", [0.5, "0.5", Decimal("NaN"), Decimal("Infinity")])
async def test_what_is_not_finite_decimal_is_refused(database: Database, value: Any) -> None:
    async def store() -> None:
        async with database.write() as session:
            await a_user(session)
            await users.change_settings(session, USER, slippage_percent=value)

    with pytest.raises(StatementError):
        await store()


def test_money_is_not_compared_as_text() -> None:
    with pytest.raises(TypeError, match="compare them in Python"):
        assert col(Order.price) > Decimal(1)
    with pytest.raises(TypeError, match="compare them in Python"):
        update(Order).where(col(Order.executed).between(Decimal(1), Decimal(2)))


async def test_json_keeps_decimals_out_of_floats(database: Database) -> None:
    preview = {"price": Decimal("142.350000000000000001"), "words": ["买入", None, True, 3]}
    async with database.write() as session:
        await a_ticket(session, "token", preview=preview)
    async with database.read() as session:
        stored = (await session.scalars(select(Ticket))).one().preview
    assert stored == {"price": "142.350000000000000001", "words": ["买入", None, True, 3]}


def test_a_float_does_not_get_into_json_and_a_number_with_a_point_comes_out_as_decimal() -> None:
    with pytest.raises(TypeError, match="float"):
        dump_json({"deep": [{"price": 0.1}]})
    assert load_json('{"price": 0.1}') == {"price": Decimal("0.1")}


async def test_a_word_no_enum_knows_is_refused(database: Database) -> None:
    async def store() -> None:
        async with database.write() as session:
            await a_user(session)
            await users.change_settings(session, USER, confirm_mode="sometimes")

    with pytest.raises(StatementError):
        await store()


async def test_ids_and_times_beyond_32_bits_fit(database: Database) -> None:
    async with database.write() as session:
        await users.get_or_create(session, 2**52, NOW)
    async with database.read() as session:
        user = await users.get(session, 2**52)
    assert user is not None
    assert (user.id, user.created_ms) == (2**52, NOW)
