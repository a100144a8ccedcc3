"""A line behind a button: a short one stands in its data, others behind a token of one user."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from bot.chat.request import LINE_LIFE_MS, Request
from bot.chat.sender import Sender
from bot.chat.services import Services
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import Language
from bot.kernel.storage import Database
from bot.people import users
from bot.people.tables import User
from bot.ui.message import MAX_DATA

ANN, BEN = 7, 8
LONG = "long SOL $200 5x " + "tp 5% " * 20


class Clock:
    now = 1_000_000

    def __call__(self) -> int:
        return self.now


async def _request(database: Database, clock: Clock, user_id: int, *, private: bool = True) -> Request:
    async with database.write() as session:
        user: User = await users.get_or_create(session, user_id, clock(), "en")
    services = cast(Services, SimpleNamespace(database=database, clock=clock))
    return Request(
        services, Sender(user_id, user_id if private else -100, private, Language.ENGLISH), user, 1
    )


async def test_a_short_line_is_its_own_data(database: Database) -> None:
    request = await _request(database, Clock(), ANN)
    data = await request.line_data("long SOL $200")
    assert data == "go:long SOL $200"
    assert await request.line_of(data.removeprefix("go:")) == "long SOL $200"


async def test_a_long_line_fits_and_comes_back_whole(database: Database) -> None:
    request = await _request(database, Clock(), ANN)
    for line in (LONG, "做多 " * 20, "~looks like a token"):
        data = await request.line_data(line, "pick:quote:")
        assert len(data.encode()) <= MAX_DATA
        assert await request.line_of(data.removeprefix("pick:quote:")) == line


async def test_a_line_in_a_group_is_its_askers_alone(database: Database) -> None:
    clock = Clock()
    ann = await _request(database, clock, ANN, private=False)
    ben = await _request(database, clock, BEN, private=False)
    token = (await ann.line_data("long SOL $5")).removeprefix("go:")
    assert "SOL" not in token
    assert await ben.line_of(token) == Refusal(RefusalCode.NOT_YOUR_BUTTON)
    assert await ann.line_of(token) == "long SOL $5"


async def test_a_token_dies_after_a_day_and_a_forged_one_never_lived(database: Database) -> None:
    clock = Clock()
    request = await _request(database, clock, ANN)
    token = (await request.line_data(LONG)).removeprefix("go:")
    clock.now += LINE_LIFE_MS
    assert await request.line_of(token) == Refusal(RefusalCode.EXPIRED)
    for forged in ("~", "~x", "~" + "A" * 22):
        assert await request.line_of(forged) == Refusal(RefusalCode.EXPIRED)
