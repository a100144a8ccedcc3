"""Letting people in: a stranger asks once, an operator decides, and may decide again at any time."""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.access import views as view
from bot.alerts.ending import end_plans, may_open
from bot.alerts.storage.tables import Alert
from bot.chat.request import Request
from bot.chat.services import Services
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import Language
from bot.kernel.storage import audit
from bot.notifications import outbox_rows
from bot.notifications.operators import OperatorEvent, tell_admins
from bot.notifications.sender import LANE_ANSWER
from bot.notifications.tables import OutboxMessage as Row
from bot.people import users
from bot.people.tables import Access, User
from bot.trading.storage import tickets
from bot.ui import Locale

HOUR_MS: Final = 3_600_000
MOST_AN_HOUR: Final = 20  # requests told one by one; more are in /users
PER_PAGE: Final = 8
MAX_ID: Final = 2**52  # Telegram's ids have at most 52 significant bits


async def knock(turn: Request) -> None:
    """A stranger's /start: the operators hear of it, the first time."""
    services, person = turn.services, turn.user
    if person.access is Access.NEW:
        async with services.database.write() as session:
            if await users.ask_access(session, person.id, services.clock()):
                await _tell_of_request(session, turn)
                await audit.append(session, services.clock(), person.id, "access.ask", {})
        services.outbox.kick()
    await turn.show(
        view.knocked(turn.locale, denied=person.access is Access.DENIED, language_data="lang:ask")
    )


async def _tell_of_request(session: AsyncSession, turn: Request) -> None:
    """One message for each person, up to a bound: a crowd of strangers must not bury an operator."""
    services, person, name = turn.services, turn.user.id, turn.sender.name
    now_ms = services.clock()
    lately = await users.asked_since(session, now_ms - HOUR_MS)
    if lately <= MOST_AN_HOUR:
        event = OperatorEvent(
            f"access:{person}",
            lambda locale: view.request(
                locale, person, name, approve_data=f"adm:ok:{person}", deny_data=f"adm:no:{person}"
            ),
        )
    else:
        event = OperatorEvent(
            f"access:crowd:{now_ms // HOUR_MS}", lambda locale: view.crowd(locale, list_data="adm:users:0")
        )
    await tell_admins(session, services.access.admins, event, now_ms)


async def approve(turn: Request, argument: str) -> None:
    """`/approve ID`"""
    await _command(turn, argument, Access.APPROVED)


async def deny(turn: Request, argument: str) -> None:
    """`/deny ID`"""
    await _command(turn, argument, Access.DENIED)


async def _command(turn: Request, argument: str, access: Access) -> None:
    person = _id(argument)
    if person is None:
        await turn.show(view.which_id(turn.locale))
        return
    await _decide(turn, person, access)


async def _decide(turn: Request, person: int, access: Access) -> None:
    services = turn.services
    if person in services.access.admins:
        await turn.show(view.is_operator(turn.locale, person))
        return
    async with services.database.write() as session:
        user = await users.get_or_create(session, person, services.clock())
        ended: list[Alert] = []
        if await users.set_access(session, person, access):
            if access is Access.DENIED:
                ended = await _end_openings(session, services, user)
            await _tell_person(session, user, access, services.clock(), len(ended))
            await audit.append(session, services.clock(), turn.user.id, f"access.{access}", {"user": person})
    if access is Access.DENIED:
        services.prompts.drop(person)
        await services.alerts.gone(ended)
    services.outbox.kick()
    await turn.show(view.decided(turn.locale, person, approved=access is Access.APPROVED))


async def _end_openings(session: AsyncSession, services: Services, user: User) -> list[Alert]:
    """What of a person who is denied could still open risk: previews on offer and alerts with such plans.

    Other alerts stay, as do plans that only close. What was under way is asked before each order leaves.
    """
    await session.refresh(user)
    now_ms = services.clock()
    offered = await tickets.on_offer(session, user.id, now_ms)
    opening = [ticket.id for ticket in offered if services.access.stops(user, ticket)]
    await tickets.end_offers(session, opening, now_ms)
    return await end_plans(session, user.id, may_open)


async def _tell_person(session: AsyncSession, user: User, access: Access, now_ms: int, ended: int) -> None:
    """Who never spoke to this bot cannot be written to."""
    if user.asked_ms is None and user.created_ms == now_ms:
        return
    locale = Locale.of(Language(user.language), user.time_zone)
    message = view.let_in(locale) if access is Access.APPROVED else view.let_out(locale, ended)
    row = Row(
        chat_id=user.id,
        lane=LANE_ANSWER,
        text=str(message.text),
        dedupe_key=f"access:{user.id}:{access}:{now_ms}",
        created_ms=now_ms,
    )
    await outbox_rows.enqueue(session, row)


async def people(turn: Request, page: str = "0") -> None:
    """`/users`: who waits comes first."""
    number = _id(page) or 0
    async with turn.services.database.read() as session:
        total = await users.count(session)
        number = min(number, max(0, (total - 1) // PER_PAGE))
        shown = await users.page(session, number * PER_PAGE, PER_PAGE)
    lines = [
        view.PersonLine(
            user.id,
            "operator" if user.id in turn.services.access.admins else user.access.value,
            approve_data=f"adm:ok:{user.id}",
            deny_data=f"adm:no:{user.id}",
        )
        for user in shown
    ]
    pages = max(1, -(-total // PER_PAGE))
    await turn.show(
        view.people(turn.locale, lines, total, number, pages, page_data=lambda n: f"adm:users:{n}")
    )


async def dashboard(turn: Request, _argument: str = "") -> None:
    """`/dashboard`: a link that opens the operator's page once. Always in private."""
    make = turn.services.dashboard_link
    url = None if make is None else await make(turn.user.id)
    await turn.show(view.dashboard(turn.locale, url))


async def tapped(turn: Request, argument: str) -> None:
    """The buttons of an operator; anybody can forge their data, nobody else the sender's id."""
    step, _, rest = argument.partition(":")
    person = _id(rest)
    if turn.user.id not in turn.services.access.admins:
        await turn.answer(Refusal(RefusalCode.NOT_YOUR_BUTTON))
    elif step == "users":
        await people(turn, rest)
    elif person is not None and step in {"ok", "no"}:
        await _decide(turn, person, Access.APPROVED if step == "ok" else Access.DENIED)


def _id(text: str) -> int | None:
    """A person's numeric id; a username can change hands and is none."""
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) < 17):
        return None
    return int(digits) if int(digits) < MAX_ID else None
