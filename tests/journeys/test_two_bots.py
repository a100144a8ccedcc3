"""Two bots on one database, as in a rolling deployment: what one parts from, the other cannot use."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import pytest

from bot.app import Bot, build
from bot.chat.limits import UNLIMITED
from bot.life import running
from bot.sandbox.telegram import ChatDriver, SandboxTelegram, TelegramConfig
from bot.settings import Settings
from bot.vault import SignerRevoked
from tests.support.world import CAROL, NO_LIMITS, Person, World


@contextlib.asynccontextmanager
async def _beside(world: World) -> AsyncIterator[tuple[Bot, Person]]:
    """A second bot of the same operator, and Carol in front of it, in a Telegram of its own."""
    own = {"token": "7001:another-telegram", "bot_id": 7001}  # ids of updates are a bot's own
    config = TelegramConfig(limits=NO_LIMITS, clock=lambda: world.clock() / 1000, **own)
    telegram = SandboxTelegram(config)
    async with contextlib.AsyncExitStack() as stack:
        await telegram.start()
        stack.push_async_callback(telegram.stop)
        changes = {"telegram_api_url": telegram.url, "telegram_bot_token": telegram.config.token}
        settings = Settings.model_validate(world.bot.settings.model_dump() | changes)
        bot = build(settings, world.masters, clock=world.clock, rates=UNLIMITED)
        await stack.enter_async_context(running(bot))
        chats = await stack.enter_async_context(ChatDriver(telegram.url))
        yield bot, Person(world, chats.as_user(CAROL, None))


@pytest.fixture
async def beside(world: World) -> AsyncIterator[tuple[Bot, Person]]:
    async with _beside(world) as other:
        yield other


async def test_a_key_unlinked_in_one_bot_cannot_sign_in_the_other(
    world: World, carol: Person, beside: tuple[Bot, Person]
) -> None:
    other, there = beside
    preview = await there.says("long sol $200", "Account")  # its session and signer are open now
    signer = await other.vault.signer(CAROL, 1, "trade")
    assert signer.sign(b"as long as it is linked")
    asked = await carol.says("/unlink", "Unlink main?")
    await carol.taps("Unlink main", "Unlinked: main", on=asked.id)
    await there.taps("✅", "No Backpack account is linked", on=preview.id)
    assert await world.sent() == []
    with pytest.raises(SignerRevoked):
        signer.sign(b"no longer")


async def test_a_stream_of_a_key_unlinked_elsewhere_ends(
    world: World, carol: Person, beside: tuple[Bot, Person]
) -> None:
    other, _ = beside
    await other.watcher.sync()  # Carol linked with the first bot
    stream = await other.vault.signer(CAROL, 1, "stream")
    assert other.watcher.watched == {1}
    await carol.says("/forget", "Forget you entirely?")
    await carol.taps("Erase everything", "Forgotten")
    await other.watcher.sync()
    assert other.watcher.watched == set()
    with pytest.raises(SignerRevoked):
        stream.sign(b"no longer")
