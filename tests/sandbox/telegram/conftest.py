"""A running sandbox, a real PTB bot that knows only its URL, and a person who chats."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from bot.sandbox.telegram import ChatDriver, Limits, SandboxTelegram, TelegramConfig

ALICE, BOB, CAROL = 1001, 1002, 1003
DESK, NEWS = -1001000000001, -1001000000002
Context = ContextTypes.DEFAULT_TYPE
Start = Callable[..., Awaitable[SandboxTelegram]]


class Clock:
    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Start a sandbox of any config; all are stopped at the end."""
    running: list[SandboxTelegram] = []

    async def _start(config: TelegramConfig | None = None) -> SandboxTelegram:
        sandbox = SandboxTelegram(config or TelegramConfig(limits=Limits.off()))
        await sandbox.start()
        running.append(sandbox)
        return sandbox

    yield _start
    for sandbox in running:
        await sandbox.stop()


@pytest.fixture
async def sandbox(start: Start) -> SandboxTelegram:
    return await start()


@pytest.fixture
async def driver(sandbox: SandboxTelegram) -> AsyncIterator[ChatDriver]:
    async with ChatDriver(sandbox.url) as driver:
        yield driver


def bot_of(sandbox: SandboxTelegram) -> Bot:
    return Bot(sandbox.config.token, base_url=f"{sandbox.url}/bot", base_file_url=f"{sandbox.url}/file/bot")


@pytest.fixture
async def bot(sandbox: SandboxTelegram) -> AsyncIterator[Bot]:
    async with bot_of(sandbox) as bot:
        yield bot


async def _menu(update: Update, context: Context) -> None:
    keyboard = [
        [
            InlineKeyboardButton("More", callback_data="more"),
            InlineKeyboardButton("Less", callback_data="less"),
        ]
    ]
    assert update.effective_message is not None
    await update.effective_message.reply_text("Choose", reply_markup=InlineKeyboardMarkup(keyboard))


async def _chosen(update: Update, context: Context) -> None:
    query = update.callback_query
    assert query is not None
    await query.answer(f"You chose {query.data}")
    await query.edit_message_text(f"<b>{query.data}</b> it is", parse_mode="HTML")


async def _echo(update: Update, context: Context) -> None:
    message = update.effective_message
    if message is not None and message.text:
        await message.reply_text(message.text)


def echo_app(sandbox: SandboxTelegram) -> Application:  # type: ignore[type-arg]
    """An ordinary PTB application: /menu shows buttons, anything else is echoed."""
    app = (
        Application.builder()
        .token(sandbox.config.token)
        .base_url(f"{sandbox.url}/bot")
        .base_file_url(f"{sandbox.url}/file/bot")
        .build()
    )
    app.add_handler(CommandHandler(["start", "menu"], _menu))
    app.add_handler(CallbackQueryHandler(_chosen))
    app.add_handler(MessageHandler(filters.TEXT, _echo))
    return app


@asynccontextmanager
async def _polling(sandbox: SandboxTelegram) -> AsyncIterator[Application]:  # type: ignore[type-arg]
    app = echo_app(sandbox)
    async with app:
        assert app.updater is not None
        await app.updater.start_polling(poll_interval=0, timeout=5)
        await app.start()
        try:
            yield app
        finally:
            await app.updater.stop()
            await app.stop()


def polling(sandbox: SandboxTelegram) -> AbstractAsyncContextManager[Application]:  # type: ignore[type-arg]
    """The echo bot, running by long polling."""
    return _polling(sandbox)
