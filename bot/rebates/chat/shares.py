"""`/share`: an operator promises a group or a user part of the rebate their orders earn."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from bot.chat.admins import chat_of
from bot.chat.feature import Setting
from bot.chat.request import Request
from bot.domain.values import HUNDRED
from bot.notifications import chats
from bot.rebates.model.rebate import Month
from bot.rebates.model.revenue_shares import GROUP, PERSON, Party
from bot.rebates.shares import Shares, TooMuch
from bot.rebates.storage import ledger_parties
from bot.rebates.views import shares as view
from bot.ui import Message

_LINE: Final = re.compile(
    r"(?P<party>@here|-?\d{1,16})\s+(?P<rate>\d{1,3}(\.\d{1,2})?)\s*%"
    r"(\s+from\s+(?P<start>\S+))?(\s+to\s+(?P<end>\S+))?",
    re.IGNORECASE | re.ASCII,
)


async def share(request: Request, argument: str) -> None:
    """`/share` lists, `/share @here 20%` and `/share ID 20% from 2026-11 to 2027-03` promise."""
    if not argument:
        await request.show(await _list(request))
        return
    read = _LINE.fullmatch(argument)
    try:
        start = Month.parse(read["start"]) if read and read["start"] else Month.of(request.services.clock())
        end = Month.parse(read["end"]) if read and read["end"] else None
    except ValueError:
        read = None
    if read is None or Decimal(read["rate"]) > HUNDRED or (end is not None and end < start):
        await request.show(view.usage(request.locale))
        return
    await request.show(await _promise(request, read["party"], Decimal(read["rate"]) / HUNDRED, start, end))


async def _promise(request: Request, name: str, rate: Decimal, start: Month, end: Month | None) -> Message:
    if start < Month.of(request.services.clock()):
        return view.over(request.locale, start)
    party = await _party(request, name.lower())
    if isinstance(party, Message):
        return party
    refused = await request.service(Shares).promise(party, rate, start, end, request.user.id)
    if isinstance(refused, TooMuch):
        return view.too_much(request.locale, refused.most)
    return view.promised(request.locale, str(party), rate, start, end)


async def _party(request: Request, name: str) -> Party | Message:
    """Whom a line names; words for the operator when nobody is."""
    if name == "@here":
        if request.sender.private:
            return view.not_a_group(request.locale)
        return Party(GROUP, (await chat_of(request)).id)
    number = int(name)
    if number > 0:
        person = await request.service(Shares).person(number)
        return view.unknown_party(request.locale, name) if person is None else Party(PERSON, person.id)
    async with request.services.database.read() as session:
        known = await chats.known(session, [number])
    return Party(GROUP, number) if number in known else view.unknown_party(request.locale, name)


async def _list(request: Request) -> Message:
    promises = await request.service(Shares).every()
    async with request.services.database.read() as session:
        ids = {kind: {one.party.id for one in promises if one.party.kind == kind} for kind in (GROUP, PERSON)}
        groups = await chats.known(session, ids[GROUP])
        names = await ledger_parties.pseudonyms(session, ids[PERSON])
    titles = {Party(GROUP, number): chat.title for number, chat in groups.items()}
    titles |= {Party(PERSON, number): name for number, name in names.items()}
    lines = [
        view.PromiseLine(str(one.party), titles.get(one.party, ""), one.rate, one.from_month)
        for one in promises
    ]
    return view.shares(request.locale, lines)


async def _is_named(request: Request) -> str:
    return "yes" if await request.service(Shares).is_named(request.user.id) else "no"


async def _set_named(request: Request, value: str) -> None:
    await request.service(Shares).set_named(request.user.id, value == "yes")


NAMED: Final = Setting(  # whether a group's owner may see who one is; the ledger keeps it
    "named",
    ("no", "yes"),
    chosen=_is_named,
    choose=_set_named,
    line=lambda locale, value: locale.text("settings-named", named=value),
)
