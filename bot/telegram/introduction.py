"""The first words with Telegram: who this bot is, where its updates go, which commands it has.

What an operator must mend ends the start with one sentence; what passes by itself is waited for.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final, TypeVar

import httpx
from telegram import Bot
from telegram.error import (
    BadRequest,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.chat.menus import commands
from bot.domain.values import Language
from bot.notifications.wire import NoBotApi
from bot.settings import SettingsError
from bot.ui import Locale

_log = logging.getLogger(__name__)

FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0
COMMANDS_S: Final = 60.0  # until the commands Telegram has not taken are offered again
CHECK_ADDRESS: Final = "Check the address and the network"

Given = TypeVar("Given")


async def meet(bot: Bot) -> None:
    """Learn the bot's name; the way to Telegram is open afterwards. Raises SettingsError."""
    await patiently(bot.initialize, "TELEGRAM_API_URL")
    if bot.bot.is_bot is not True or not isinstance(bot.bot.username, str) or not bot.bot.username:
        raise _no_bot_api("its getMe names no bot")


async def patiently(act: Callable[[], Awaitable[Given]], variable: str) -> Given:
    """What `act` returns, however long Telegram is not ready, which is said once.

    `variable` is the setting that a refusal of it means. Raises SettingsError for what no waiting mends.
    """
    pause_s, said = FIRST_PAUSE_S, False
    while True:
        try:
            return await act()
        except TelegramError as error:
            refusal = _what_to_mend(error, variable)
            if refusal is not None:
                raise refusal from None
            if not said:
                _log.warning("Telegram is not ready (%s): trying again until it is", _reason(error))
                said = True
            wait_s = max(pause_s, _told_to_wait(error))
        except (TypeError, ValueError, KeyError, AttributeError):  # the library could not read the result
            raise _no_bot_api("its answer cannot be read") from None
        await asyncio.sleep(wait_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


def _what_to_mend(error: TelegramError, variable: str) -> SettingsError | None:
    """The sentence for an operator; None for what passes by itself."""
    match error:
        case InvalidToken() | Forbidden():
            mend = "Ask @BotFather for the token again"
            return SettingsError("TELEGRAM_BOT_TOKEN", "Telegram does not accept it", mend)
        case NoBotApi():
            gone = error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
            return None if gone else _no_bot_api(f"HTTP {error.status}")
        case BadRequest():
            return SettingsError(variable, f"Telegram refuses it ({error.message})", CHECK_ADDRESS)
        case TimedOut():
            return None
        case NetworkError() if isinstance(error.__cause__, httpx.ConnectError | httpx.UnsupportedProtocol):
            problem = f"Telegram does not answer ({error.__cause__})"
            return SettingsError("TELEGRAM_API_URL", problem, CHECK_ADDRESS)
        case _:
            return None


def _no_bot_api(why: str) -> SettingsError:
    mend = "Give the address of one, such as https://api.telegram.org, or leave it out"
    return SettingsError("TELEGRAM_API_URL", f"is not a Bot API server ({why})", mend)


def _reason(error: TelegramError) -> str:
    return "flood control" if isinstance(error, RetryAfter) else str(error) or type(error).__name__


def _told_to_wait(error: TelegramError) -> float:
    if not isinstance(error, RetryAfter):
        return 0.0
    after: Any = error.retry_after
    return after.total_seconds() if isinstance(after, timedelta) else float(after)


async def introduce(bot: Bot, listed: Sequence[str]) -> None:
    """Tell Telegram the `listed` commands, language by language, again and again until each is taken."""
    left = list(Language)
    while left:
        left = [language for language in left if not await _takes(bot, listed, language)]
        if left:
            await asyncio.sleep(COMMANDS_S)


async def _takes(bot: Bot, listed: Sequence[str], language: Language) -> bool:
    code = None if language is Language.ENGLISH else language.value
    try:
        return await bot.set_my_commands(commands(Locale.of(language), listed), language_code=code)
    except TelegramError as error:
        _log.warning("Telegram has not taken the commands in %s: %s", language.value, _reason(error))
        return False
