"""The line to Telegram: polled or called by a webhook, opened and closed as often as somebody must listen."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from telegram import Bot
from telegram.error import TelegramError

from bot.chat.overload import Overload
from bot.intake import Intake
from bot.intake.arrivals import KINDS
from bot.intake.polling import Polling
from bot.notifications.wire import TelegramWire
from bot.settings import Settings, SettingsError
from bot.telegram.introduction import meet, patiently

if TYPE_CHECKING:
    from bot.intake.webhook import Webhook

TELEGRAM_TIMEOUT_S: Final = 10.0


@dataclass(slots=True)
class Telegram:
    """The Bot API's client, the door updates come in by, and whichever way they are fetched now.

    `overload` tells whoever found no room there.
    """

    bot: Bot
    intake: Intake
    overload: Overload
    polling: Polling | None = None
    webhook: Webhook | None = None


def telegram_bot(settings: Settings, may_act: Callable[[], bool]) -> Bot:
    """The library's client; nothing is contacted yet."""
    base = settings.telegram_api_url.rstrip("/")
    return Bot(
        _token(settings),
        base_url=f"{base}/bot",
        base_file_url=f"{base}/file/bot",
        request=request(32, may_act),
        get_updates_request=request(1, may_act),
    )


def _token(settings: Settings) -> str:
    token = settings.telegram_bot_token
    return token.get_secret_value() if token is not None else ""


def request(pool: int, may_act: Callable[[], bool]) -> TelegramWire:
    """The way to the Bot API server, with `pool` connections."""
    return TelegramWire(
        may_act,
        connection_pool_size=pool,
        connect_timeout=TELEGRAM_TIMEOUT_S,
        read_timeout=TELEGRAM_TIMEOUT_S,
        write_timeout=TELEGRAM_TIMEOUT_S,
        pool_timeout=TELEGRAM_TIMEOUT_S,
    )


async def listen(telegram: Telegram, settings: Settings, now_ms: int) -> None:
    """Poll, or set a webhook whose secret token is compared with every delivery.

    What an earlier process took and did not handle comes first. May be called again after `silence`.
    """
    await meet(telegram.bot)
    telegram.intake.record.bot_id = telegram.bot.id
    drained_ms = await telegram.intake.open()
    unheard_ms = None if drained_ms is None else max(0, now_ms - drained_ms)
    if settings.telegram_webhook_url is None:
        url = f"{settings.telegram_api_url.rstrip('/')}/bot{_token(settings)}"
        telegram.polling = Polling(url, telegram.intake, timeout_s=TELEGRAM_TIMEOUT_S)
        telegram.polling.start(unheard_ms)
        return
    await _be_called(telegram, settings, unheard_ms)


async def _be_called(telegram: Telegram, settings: Settings, unheard_ms: int | None) -> None:
    from bot.intake.webhook import PATH, Webhook  # whoever polls need not wait for a server

    secret = settings.telegram_webhook_secret
    if secret is None:
        raise ValueError("a webhook needs its secret")
    webhook = Webhook(telegram.intake, secret.get_secret_value())
    port = settings.telegram_webhook_port
    try:
        await webhook.start(port, unheard_ms)
    except OSError as error:
        problem = f"port {port} cannot be listened on ({error.strerror})"
        raise SettingsError("TELEGRAM_WEBHOOK_PORT", problem, "Choose a free one") from None
    telegram.webhook = webhook
    url = f"{(settings.telegram_webhook_url or '').rstrip('/')}{PATH}"
    await patiently(
        lambda: telegram.bot.set_webhook(url, secret_token=secret.get_secret_value(), allowed_updates=KINDS),
        "TELEGRAM_WEBHOOK_URL",
    )
    webhook.look(telegram.bot)


async def silence(telegram: Telegram) -> None:
    """Hear no more; what runs may end, what waits is kept. Safe to call whatever was opened."""
    if telegram.polling is not None:
        await telegram.polling.stop()
    if telegram.webhook is not None:
        await telegram.webhook.stop()
    await telegram.intake.close()
    await telegram.overload.close()
    if telegram.polling is not None:
        await telegram.polling.close()
    telegram.polling = telegram.webhook = None


async def hang_up(telegram: Telegram) -> None:
    """Close the connections: nothing can be said any more, either."""
    with contextlib.suppress(TelegramError, RuntimeError):
        await telegram.bot.shutdown()
