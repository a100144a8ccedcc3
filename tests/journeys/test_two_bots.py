"""Two bots on one database: one works, the other stands by; what one parts from, the other cannot use."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator

import psycopg
import pytest
from sqlalchemy import text
from telegram.error import NetworkError

from bot.app.lifecycle import running, serve
from bot.app.wiring import Bot, build
from bot.exchange.backpack import NotSent
from bot.notifications.rate_limits import UNLIMITED
from bot.trading.tracking.user_streams import UserStreams
from bot.vault import SignerRevoked
from tests.support.world import CAROL, Person, World

pytestmark = pytest.mark.both_databases


@pytest.fixture
async def other(world: World) -> AsyncIterator[Bot]:
    """A second bot of the same operator, which has read the same keys. It was active a moment ago, say."""
    bot = build(world.bot.settings, world.masters, clock=world.clock, rates=UNLIMITED)
    yield bot
    await bot.services.get(UserStreams).stop()
    await bot.client.aclose()
    await bot.database.close()


async def test_a_key_unlinked_in_one_bot_cannot_sign_in_the_other(
    world: World, carol: Person, other: Bot
) -> None:
    signer = await other.vault.signer(CAROL, 1, "trade")
    assert signer.sign(b"as long as it is linked")
    asked = await carol.says("/unlink", "Unlink main?")
    await carol.taps("Unlink main", "Unlinked: main", on=asked.id)
    with pytest.raises(SignerRevoked):
        await other.vault.signer(CAROL, 1, "trade")
    with pytest.raises(SignerRevoked):
        signer.sign(b"no longer")


async def test_a_stream_of_a_key_unlinked_elsewhere_ends(world: World, carol: Person, other: Bot) -> None:
    await other.services.get(UserStreams).sync()
    stream = await other.vault.signer(CAROL, 1, "stream")
    assert other.services.get(UserStreams).watched == {1}
    await carol.says("/forget", "Forget you entirely?")
    await carol.taps("Erase everything", "Forgotten")
    await other.services.get(UserStreams).sync()
    assert other.services.get(UserStreams).watched == set()
    with pytest.raises(SignerRevoked):
        stream.sign(b"no longer")


async def test_a_start_writes_no_audit_row_for_a_stream(world: World, carol: Person, other: Bot) -> None:
    """It writes one for each thing a person does; a thousand streams would hold a Confirm up."""
    counted = text("SELECT count(*) FROM audit")
    async with other.database.read() as session:
        before = await session.scalar(counted)
    await other.services.get(UserStreams).start()
    for _ in range(500):
        if not (other.services.get(UserStreams).connected and other.vault.opens["look"]):
            await asyncio.sleep(0.02)
    assert (other.services.get(UserStreams).connected, other.vault.opens["stream"] > 0) == ({1}, True)
    async with other.database.read() as session:
        assert await session.scalar(counted) == before


async def test_who_stands_by_neither_trades_nor_speaks(world: World, carol: Person, other: Bot) -> None:
    """Not even asked by its own parts: not a request that changes something, not a word to Telegram."""
    told: asyncio.Queue[str] = asyncio.Queue()
    standing_by = asyncio.create_task(_enter(other, told))
    assert f"process {os.getpid()}" in await asyncio.wait_for(told.get(), 10)
    account = other.client.account(await other.vault.signer(CAROL, 1, "trade"))
    with pytest.raises(NotSent):
        await account.cancel_all("SOL_USDC_PERP")
    with pytest.raises(NetworkError, match="not the active one"):
        await other.services.bot.send_message(CAROL, "not mine to say")
    assert not standing_by.done()
    await carol.says("/price sol", "SOL")
    standing_by.cancel()
    await asyncio.gather(standing_by, return_exceptions=True)


async def _enter(bot: Bot, told: asyncio.Queue[str]) -> None:
    async with running(bot, told.put_nowait):
        raise AssertionError("two bots are active")


async def test_a_start_the_database_cuts_short_is_begun_again(world: World) -> None:
    """A process that froze as it began finds its connections ended by whoever took over."""
    if not world.bot.settings.database_url.startswith("postgresql"):
        pytest.skip("only a server ends connections")
    await world.stop()
    listening: asyncio.Queue[Bot] = asyncio.Queue()
    door = await psycopg.AsyncConnection.connect(world.bot.settings.database_url)
    await door.execute("LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE")  # a start writes there
    serving = asyncio.create_task(serve(lambda: _another(world), print, listening.put_nowait))
    try:
        await _end_who_waits(world.bot.settings.database_url)
        await door.rollback()
        await asyncio.wait_for(listening.get(), 15)
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        await door.close()


def _another(world: World) -> Bot:
    return build(world.bot.settings, world.masters, clock=world.clock, rates=UNLIMITED)


async def _end_who_waits(url: str) -> None:
    """End the connection that waits for a lock."""
    ended = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as eyes:
        for _ in range(200):
            found = await eyes.execute(ended)
            if found.rowcount:
                return
            await asyncio.sleep(0.05)
    raise AssertionError("nobody came to wait")
