"""The line to Telegram: polled or called by a webhook, opened at the start and closed at the end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any, Final

from telegram import Update
from telegram.error import Conflict, TelegramError
from telegram.ext import Application, ApplicationBuilder

from bot.chat.webhook import PATH, Webhook
from bot.settings import Settings, SettingsError
from bot.telegram_start import meet, patiently
from bot.telegram_wire import Wire

_log = logging.getLogger(__name__)

ALLOWED_UPDATES: Final = [Update.MESSAGE, Update.EDITED_MESSAGE, Update.CALLBACK_QUERY]
TELEGRAM_TIMEOUT_S: Final = 10.0
STOP_S: Final = 5.0

Telegram = Application[Any, Any, Any, Any, Any, Any]


def telegram_application(settings: Settings) -> Telegram:
    """The library's application; nothing is contacted yet."""
    token = settings.telegram_bot_token
    base = settings.telegram_api_url.rstrip("/")
    return (
        ApplicationBuilder()
        .token(token.get_secret_value() if token is not None else "")
        .base_url(f"{base}/bot")
        .base_file_url(f"{base}/file/bot")
        .request(request(pool=32))
        .get_updates_request(request(pool=2))
        .concurrent_updates(256)
        .build()
    )


def request(pool: int) -> Wire:
    """The way to the Bot API server, with `pool` connections."""
    return Wire(
        connection_pool_size=pool,
        connect_timeout=TELEGRAM_TIMEOUT_S,
        read_timeout=TELEGRAM_TIMEOUT_S,
        write_timeout=TELEGRAM_TIMEOUT_S,
        pool_timeout=TELEGRAM_TIMEOUT_S,
    )


async def listen(telegram: Telegram, settings: Settings) -> Webhook | None:
    """Poll, or set a webhook whose secret token is compared with every delivery."""
    await meet(telegram.bot)
    await telegram.initialize()
    await telegram.start()
    updater = telegram.updater
    if updater is None:
        raise RuntimeError("the Telegram application has no updater")
    if settings.telegram_webhook_url is None:
        await patiently(telegram.bot.delete_webhook, "TELEGRAM_API_URL")
        await updater.start_polling(
            allowed_updates=ALLOWED_UPDATES,
            error_callback=_on_polling_error,
            poll_interval=0.0,
            timeout=20,
            bootstrap_retries=-1,
        )
        return None
    secret = settings.telegram_webhook_secret
    if secret is None:
        raise ValueError("a webhook needs its secret")
    webhook = Webhook(telegram, secret.get_secret_value())
    port = settings.telegram_webhook_port
    try:
        await webhook.start(port)
    except OSError as error:
        problem = f"port {port} cannot be listened on ({error.strerror})"
        raise SettingsError("TELEGRAM_WEBHOOK_PORT", problem, "Choose a free one") from None
    url = f"{settings.telegram_webhook_url.rstrip('/')}{PATH}"
    await patiently(
        lambda: telegram.bot.set_webhook(
            url, secret_token=secret.get_secret_value(), allowed_updates=ALLOWED_UPDATES
        ),
        "TELEGRAM_WEBHOOK_URL",
    )
    return webhook


def _on_polling_error(error: TelegramError) -> None:
    if isinstance(error, Conflict):
        _log.error("another program polls with this bot token: stop it, one of the two must go")
    else:
        _log.warning("polling: %s", type(error).__name__)


async def silence(telegram: Telegram, webhook: Webhook | None) -> None:
    """Hear no more. Safe to call whatever was opened."""
    if webhook is not None:
        await webhook.stop()
    with contextlib.suppress(TelegramError, RuntimeError, TimeoutError):
        async with asyncio.timeout(STOP_S):
            if telegram.updater is not None and telegram.updater.running:
                await telegram.updater.stop()
            if telegram.running:
                await telegram.stop()
            await telegram.shutdown()
