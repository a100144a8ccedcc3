"""Whom the operator lets in. Deny by default; but nobody is ever locked out of their exits.

Who has linked an account and is not, or no longer, let in may begin whatever their own account needs: an
order that could open risk is refused at the ticket. A stranger may ask to be let in, and read what this is.
"""

from __future__ import annotations

from bot.chat.feature import Act, ActClass, Command
from bot.chat.request import Request
from bot.domain.refusal import Refusal, RefusalCode
from bot.ui import refusals as refusal_view


async def stops(request: Request, act: Act | None, *, quiet: bool = False) -> bool:
    """Whether an act is not for who asks for it; then they have been told, a stranger unless `quiet`.

    `act` None: a line, which is judged by what it says once it is read.
    """
    policy, kind = request.services.access, act.access if act is not None else ActClass.JUDGED
    if not policy.admits(request.user) and kind is not ActClass.STRANGERS:
        if not await request.services.users.has_account(request.user.id):
            if not quiet:
                request.answer_soon()
                asks = isinstance(act, Command) and act.knocks and request.sender.private
                await _turn_away(request, asks)
            return True
        if kind is ActClass.OPEN_RISK:
            request.answer_soon()
            await request.say(refusal_view.refusal(request.here, Refusal(RefusalCode.CLOSING_ONLY)))
            return True
    if kind is ActClass.OPERATOR and request.user.id not in policy.admins:
        await request.answer(Refusal(RefusalCode.NOT_YOUR_BUTTON))  # anybody can forge its data
        return True
    return False


async def _turn_away(request: Request, asks: bool) -> None:
    """Where no feature answers strangers they get no answer."""
    if (answer := request.services.features.turn_away) is not None:
        await answer(request, asks)
