"""Letting people in: a stranger asks once, an operator decides, and may decide again at any time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import views as view
from bot.access.dashboard_links import DashboardLinks
from bot.chat.request import Request
from bot.kernel.storage import audit
from bot.notifications.notify import notify
from bot.notifications.operators import OperatorEvent, tell_admins
from bot.notifications.sender import LANE_ANSWER
from bot.people import users
from bot.people.events import ALERTS, AccessEnded
from bot.people.tables import Access, User
from bot.ui import Locale
from bot.ui.callback_data import ButtonData

HOUR_MS: Final = 3_600_000
MOST_AN_HOUR: Final = 20  # requests told one by one; more are in /users
PER_PAGE: Final = 8
MAX_ID: Final = 2**52  # Telegram's ids have at most 52 significant bits


class OperatorAct(StrEnum):
    """What a button of an operator does."""

    APPROVE = "ok"
    DENY = "no"
    USERS = "users"


@dataclass(frozen=True, slots=True)
class OperatorButton(ButtonData):
    """Let a person in or out, or show a page of all."""

    prefix = "adm"

    act: OperatorAct
    number: int  # of the person, or of the page


def is_list(button: OperatorButton) -> bool:
    """Whether it only shows a page."""
    return button.act is OperatorAct.USERS


def _deciding(person: int) -> dict[str, str]:
    """The data of the two buttons under a person."""
    approve, deny = OperatorButton(OperatorAct.APPROVE, person), OperatorButton(OperatorAct.DENY, person)
    return {"approve_data": approve.pack(), "deny_data": deny.pack()}


def _page_data(number: int) -> str:
    """The data of a button that shows a page of everybody."""
    return OperatorButton(OperatorAct.USERS, number).pack()


async def knock(request: Request) -> None:
    """A stranger's /start: the operators hear of it, the first time."""
    services, person = request.services, request.user
    if person.access is Access.NEW:
        async with services.database.write() as session:
            if await users.ask_access(session, person.id, services.clock()):
                await _tell_of_request(session, request)
                await audit.append(session, services.clock(), person.id, "access.ask", {})
        services.outbox.kick()
    await request.show(
        view.knocked(request.locale, denied=person.access is Access.DENIED, language_data="lang:ask")
    )


async def turn_away(request: Request, asks: bool) -> None:
    """A stranger who asks is heard; everybody else who is not let in is told what is missing."""
    if asks:
        await knock(request)
        return
    await request.say(view.not_let_in(request.here, denied=request.user.access is Access.DENIED))


async def _tell_of_request(session: AsyncSession, request: Request) -> None:
    """One message for each person, up to a bound: a crowd of strangers must not bury an operator."""
    services, person, name = request.services, request.user.id, request.sender.name
    now_ms = services.clock()
    lately = await users.asked_since(session, now_ms - HOUR_MS)
    if lately <= MOST_AN_HOUR:
        event = OperatorEvent(
            f"access:{person}",
            lambda locale: view.request(locale, person, name, **_deciding(person)),
        )
    else:
        event = OperatorEvent(
            f"access:crowd:{now_ms // HOUR_MS}",
            lambda locale: view.crowd(locale, list_data=_page_data(0)),
        )
    await tell_admins(session, services.access.admins, event, now_ms)


async def approve(request: Request, argument: str) -> None:
    """`/approve ID`"""
    await _command(request, argument, Access.APPROVED)


async def deny(request: Request, argument: str) -> None:
    """`/deny ID`"""
    await _command(request, argument, Access.DENIED)


async def _command(request: Request, argument: str, access: Access) -> None:
    person = _id(argument)
    if person is None:
        await request.show(view.which_id(request.locale))
        return
    await _decide(request, person, access)


async def _decide(request: Request, person: int, access: Access) -> None:
    services = request.services
    if person in services.access.admins:
        await request.show(view.is_operator(request.locale, person))
        return
    async with services.database.write() as session:
        user = await users.get_or_create(session, person, services.clock())
        ending = AccessEnded(user)
        if await users.set_access(session, person, access):
            if access is Access.DENIED:
                await session.refresh(user)
                await services.events.write(session, ending)
            await _tell_person(session, user, access, services.clock(), ending.ended[ALERTS])
            await audit.append(
                session, services.clock(), request.user.id, f"access.{access}", {"user": person}
            )
    if access is Access.DENIED:
        services.prompts.drop(person)
        await ending.committed()
    services.outbox.kick()
    await request.show(view.decided(request.locale, person, approved=access is Access.APPROVED))


async def _tell_person(session: AsyncSession, user: User, access: Access, now_ms: int, ended: int) -> None:
    """Who never spoke to this bot cannot be written to."""
    if user.asked_ms is None and user.created_ms == now_ms:
        return
    locale = Locale.of_reader(user)
    message = view.let_in(locale) if access is Access.APPROVED else view.let_out(locale, ended)
    key = f"access:{user.id}:{access}:{now_ms}"
    await notify(session, user.id, message, LANE_ANSWER, now_ms, dedupe_key=key)


async def people(request: Request, page: str = "0") -> None:
    """`/users`: who waits comes first."""
    number = _id(page) or 0
    async with request.services.database.read() as session:
        total = await users.count(session)
        number = min(number, max(0, (total - 1) // PER_PAGE))
        shown = await users.page(session, number * PER_PAGE, PER_PAGE)
    lines = [
        view.PersonLine(
            user.id,
            "operator" if user.id in request.services.access.admins else user.access.value,
            **_deciding(user.id),
        )
        for user in shown
    ]
    pages = max(1, -(-total // PER_PAGE))
    await request.show(
        view.people(
            request.locale,
            lines,
            total,
            number,
            pages,
            page_data=_page_data,
        )
    )


async def dashboard(request: Request, _argument: str = "") -> None:
    """`/dashboard`: a link that opens the operator's page once. Always in private."""
    links = request.services.find(DashboardLinks)
    url = None if links is None else await links.make(request.user.id)
    await request.show(view.dashboard(request.locale, url))


async def tapped(request: Request, button: OperatorButton) -> None:
    """The buttons of an operator."""
    if button.act is OperatorAct.USERS:
        await people(request, str(button.number))
    elif button.number < MAX_ID:
        approved = button.act is OperatorAct.APPROVE
        await _decide(request, button.number, Access.APPROVED if approved else Access.DENIED)


def _id(text: str) -> int | None:
    """A person's numeric id; a username can change hands and is none."""
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) < 17):
        return None
    return int(digits) if int(digits) < MAX_ID else None
