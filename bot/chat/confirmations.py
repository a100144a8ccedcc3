"""Acts that cannot be taken back are asked for with a token: one person's, for one tap, for a minute.

A tap that comes later, or lay at Telegram while the bot was down, is never carried out: it is asked anew.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.chat import buttons
from bot.chat.acts import ActClass
from bot.chat.acts import act as declared
from bot.chat.request import Request
from bot.domain.refusal import Refusal, RefusalCode

ASK_LIFE_MS: Final = 60_000

Arguments = Mapping[str, Any]
Do = Callable[[Request, Arguments], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Act:
    """What a second tap does, and how it is asked for again when it came too late."""

    do: Do
    again: Do


ACTS: Final[dict[str, Act]] = {}  # filled by the handlers that ask


async def ask(turn: Request, action: str, arguments: Arguments) -> str:
    """Callback data of the button that does `action`, once, within the minute, for who is asked."""
    services = turn.services
    async with services.database.write() as session:
        token = await buttons.create(
            session,
            turn.user.id,
            turn.sender.chat_id,
            action,
            arguments,
            now_ms=services.clock(),
            life_ms=ASK_LIFE_MS,
        )
    return f"sure:{token}"


@declared(ActClass.STRANGERS)
async def sure(turn: Request, token: str) -> None:
    """The second tap."""
    services = turn.services
    async with services.database.write() as session:
        button = await buttons.use_once(session, token, turn.user.id, services.clock())
        known = button or await buttons.find(session, token)
    act = ACTS.get(known.action) if known is not None else None
    if known is None or act is None:
        await turn.answer(Refusal(RefusalCode.EXPIRED))
    elif known.user_id != turn.user.id:
        await turn.answer(Refusal(RefusalCode.NOT_YOUR_BUTTON))
    elif button is not None:
        turn.answer_soon()
        await act.do(turn, button.arguments)
    elif known.used_ms is not None:
        await turn.answer(Refusal(RefusalCode.USED))
    else:
        await turn.answer(Refusal(RefusalCode.EXPIRED))
        await act.again(turn, known.arguments)
