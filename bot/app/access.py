"""Whom the operator lets in. Deny by default; but nobody is ever locked out of their exits.

Who has linked an account and is not, or no longer, let in may begin whatever their own account needs: an
order that could open risk is refused at the ticket. A stranger may ask to be let in, and read what this is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.access import chat
from bot.access import views as operator_view
from bot.chat.acts import ActClass, class_of
from bot.chat.request import Request
from bot.domain.refusal import Refusal, RefusalCode
from bot.people.tables import Access, KeyState
from bot.trading.chat import accounts
from bot.ui import refusals as refusal_view


async def stops(request: Request, handler: Callable[..., Any] | None) -> bool:
    """Whether an act is not for who asks for it; then they have been told.

    `handler` None: a command nobody here knows. In a group a stranger's is left to others.
    """
    if request.services.access.admits(request.user):
        return False
    kind = class_of(handler) if handler is not None else ActClass.HOLDERS
    if kind is ActClass.STRANGERS:
        return False
    if await _holds(request):
        return kind is ActClass.LET_IN and await _closing_only(request)
    if handler is None and not request.sender.private:
        return True
    return await _turn_away(request, asks=handler is accounts.start)


async def _holds(request: Request) -> bool:
    """Whether this person has an account here that may have orders and positions."""
    known, _ = await request.services.linking.list(request.user.id)
    return any(account.state is not KeyState.PENDING for account in known)


async def _turn_away(request: Request, *, asks: bool) -> bool:
    """A stranger's /start asks the operators; everything else says what is missing."""
    if asks and request.sender.private:
        await chat.knock(request)
        return True
    request.answer_soon()
    await request.say(operator_view.not_let_in(request.here, denied=request.user.access is Access.DENIED))
    return True


async def _closing_only(request: Request) -> bool:
    request.answer_soon()
    await request.say(refusal_view.refusal(request.here, Refusal(RefusalCode.CLOSING_ONLY)))
    return True
