"""Acts that cannot be taken back are asked for with a token: one person's, for one tap, for a minute.

A tap that comes later, or lay at Telegram while the bot was down, is never carried out: it is asked anew.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.chat import buttons
from bot.chat.request import Request
from bot.domain.refusal import Refusal, RefusalCode

ASK_LIFE_MS: Final = 60_000

Arguments = Mapping[str, Any]
Do = Callable[[Request, Arguments], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a second tap does, and how it is asked for again when it came too late."""

    do: Do
    again: Do


async def ask(request: Request, action: str, arguments: Arguments) -> str:
    """Callback data of the button that does `action`, once, within the minute, for who is asked."""
    services = request.services
    async with services.database.write() as session:
        token = await buttons.create(
            session,
            request.user.id,
            request.sender.chat_id,
            action,
            arguments,
            now_ms=services.clock(),
            life_ms=ASK_LIFE_MS,
        )
    return f"sure:{token}"


async def sure(request: Request, token: str) -> None:
    """The second tap."""
    services = request.services
    async with services.database.write() as session:
        button = await buttons.use_once(session, token, request.user.id, services.clock())
        known = button or await buttons.find(session, token)
    asked = services.features.confirmations.get(known.action) if known is not None else None
    if known is None or asked is None:
        await request.answer(Refusal(RefusalCode.EXPIRED))
    elif known.user_id != request.user.id:
        await request.answer(Refusal(RefusalCode.NOT_YOUR_BUTTON))
    elif button is not None:
        request.answer_soon()
        await asked.do(request, button.arguments)
    elif known.used_ms is not None:
        await request.answer(Refusal(RefusalCode.USED))
    else:
        await request.answer(Refusal(RefusalCode.EXPIRED))
        await asked.again(request, known.arguments)
