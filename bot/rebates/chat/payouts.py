"""`/payout`: an operator records what the exchange paid, by its amount or by the exchange's own file."""

from __future__ import annotations

import asyncio
import logging
from decimal import Decimal
from typing import Final

from telegram.error import TelegramError

from bot.chat import buttons
from bot.chat.request import Attached, Request
from bot.domain.refusal import Refusal, RefusalCode
from bot.kernel.slots import given_back
from bot.rebates.model.rebate import Month
from bot.rebates.payout_file import read_payout_file
from bot.rebates.payout_sheet import MAX_BYTES, FileFault, FileProblem
from bot.rebates.payouts import (
    AlreadyRecorded,
    How,
    NotOpen,
    PayoutDraft,
    PayoutOutcome,
    Payouts,
    read_amount,
)
from bot.rebates.views import payouts as view

_log = logging.getLogger(__name__)

ACTION: Final = "payout"
DRAFT_LIFE_MS: Final = 3_600_000


async def payout(request: Request, argument: str) -> None:
    """`/payout 2026-10 1234.56`, a file with the caption `/payout 2026-10`, or `/payout 2026-10` to look."""
    words = argument.split()
    month = _month(words[0]) if words else None
    amount = read_amount(words[1]) if len(words) == 2 else None
    if month is None or len(words) > 2 or (amount is None and len(words) == 2):
        await request.show(view.usage(request.locale))
    elif month.end_ms > request.services.clock():
        await request.show(view.not_over(request.locale, month))
    elif request.attached is not None:
        await _of_file(request, month, amount, request.attached)
    elif amount is not None:
        await _of_amount(request, month, amount)
    elif (found := await request.service(Payouts).look(month)) is not None:
        await _show(request, found)
    else:
        await request.show(view.nothing_recorded(request.locale, month))


async def _of_amount(request: Request, month: Month, amount: Decimal) -> None:
    """Record the first payout of a month at once; ask what any other is."""
    payouts = request.service(Payouts)
    draft = await payouts.draft(month, amount, request.user.id)
    if draft.standing:
        await _ask(request, draft)
        return
    try:
        await _show(request, await payouts.settle(draft.number, How.FIRST, request.user.id))
    except AlreadyRecorded:
        await _ask(request, draft)


async def _of_file(request: Request, month: Month, amount: Decimal | None, attached: Attached) -> None:
    """Show how a file was read; what is recorded is what its reader confirms."""
    try:
        content = await _content(request, attached)
    except TelegramError as error:
        _log.warning("a file was not handed over: %s", type(error).__name__)
        await request.show(view.not_handed_over(request.locale))
        return
    file = (
        FileProblem(FileFault.TOO_BIG)
        if content is None
        else await asyncio.to_thread(read_payout_file, content, amount)
    )
    if isinstance(file, FileProblem):
        await request.show(view.unreadable(request.locale, file.fault, file.line, file.found))
        return
    draft = await request.service(Payouts).draft(month, amount, request.user.id, file.lines, attached.name)
    read = view.ReadAs(len(file.lines), file.amount, file.delimiter, file.sign, file.totals)
    await _ask(request, draft, read)


async def _ask(request: Request, draft: PayoutDraft, read: view.ReadAs | None = None) -> None:
    """What a draft is: a button for each thing it may be, each good for one tap of this operator."""
    shown = view.draft(
        request.locale,
        draft.month,
        draft.amount,
        standing=draft.standing,
        is_known=draft.is_known,
        read=read,
        choices=await _choices(request, draft),
    )
    await request.show(shown)


async def _choices(request: Request, draft: PayoutDraft) -> dict[str, str]:
    """The data of the buttons, by what the draft may be."""
    services, choices = request.services, {}
    async with services.database.write() as session:
        for how in (How.PART, How.CORRECTION) if draft.standing else (How.FIRST,):
            token = await buttons.create(
                session,
                request.user.id,
                request.home,
                ACTION,
                {"payout": draft.number, "how": str(how), "seen": draft.seen},
                now_ms=services.clock(),
                life_ms=DRAFT_LIFE_MS,
            )
            choices[str(how)] = f"py:{token}"
    return choices


async def tapped(request: Request, token: str) -> None:
    """Record a draft as what its operator says it is, once; without a token, let it be."""
    services = request.services
    if not token:
        await request.show(view.dropped(request.locale))
        return
    async with services.database.write() as session:
        button = await buttons.use_once(session, token, request.user.id, services.clock())
    if button is None or button.action != ACTION:
        await request.answer(Refusal(RefusalCode.EXPIRED))
        return
    number, how, seen = (button.arguments[name] for name in ("payout", "how", "seen"))
    try:
        outcome = await services.get(Payouts).settle(number, How(how), request.user.id, seen)
    except AlreadyRecorded:
        await _ask(request, await services.get(Payouts).again(number))
    except NotOpen:
        await request.answer(Refusal(RefusalCode.USED))
    else:
        await _show(request, outcome)


async def _content(request: Request, file: Attached) -> bytes | None:
    """The file; None when it is larger than anything that would be read."""
    if file.size > MAX_BYTES:
        return None
    async with given_back():
        handle = await request.services.bot.get_file(file.file_id)
        return bytes(await handle.download_as_bytearray())


async def _show(request: Request, outcome: PayoutOutcome) -> None:
    await request.show(
        view.reconciled(
            request.locale,
            outcome.month,
            outcome.terms.tier,
            outcome.found,
            line_count=outcome.lines,
            amounts=outcome.amounts,
            corrects=outcome.how is How.CORRECTION,
        )
    )


def _month(text: str) -> Month | None:
    try:
        return Month.parse(text)
    except ValueError:
        return None
