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
from bot.rebates.payouts import AlreadyRecorded, How, NotOpen, PayoutDraft, PayoutOutcome, read_amount
from bot.rebates.views import payouts as view

_log = logging.getLogger(__name__)

ACTION: Final = "payout"
DRAFT_LIFE_MS: Final = 3_600_000


async def payout(turn: Request, argument: str) -> None:
    """`/payout 2026-10 1234.56`, a file with the caption `/payout 2026-10`, or `/payout 2026-10` to look."""
    words = argument.split()
    month = _month(words[0]) if words else None
    amount = read_amount(words[1]) if len(words) == 2 else None
    if month is None or len(words) > 2 or (amount is None and len(words) == 2):
        await turn.show(view.usage(turn.locale))
    elif month.end_ms > turn.services.clock():
        await turn.show(view.not_over(turn.locale, month))
    elif turn.attached is not None:
        await _of_file(turn, month, amount, turn.attached)
    elif amount is not None:
        await _of_amount(turn, month, amount)
    elif (found := await turn.services.payouts.look(month)) is not None:
        await _show(turn, found)
    else:
        await turn.show(view.nothing_recorded(turn.locale, month))


async def _of_amount(turn: Request, month: Month, amount: Decimal) -> None:
    """Record the first payout of a month at once; ask what any other is."""
    payouts = turn.services.payouts
    draft = await payouts.draft(month, amount, turn.user.id)
    if draft.standing:
        await _ask(turn, draft)
        return
    try:
        await _show(turn, await payouts.settle(draft.number, How.FIRST, turn.user.id))
    except AlreadyRecorded:
        await _ask(turn, draft)


async def _of_file(turn: Request, month: Month, amount: Decimal | None, attached: Attached) -> None:
    """Show how a file was read; what is recorded is what its reader confirms."""
    try:
        content = await _content(turn, attached)
    except TelegramError as error:
        _log.warning("a file was not handed over: %s", type(error).__name__)
        await turn.show(view.not_handed_over(turn.locale))
        return
    file = (
        FileProblem(FileFault.TOO_BIG)
        if content is None
        else await asyncio.to_thread(read_payout_file, content, amount)
    )
    if isinstance(file, FileProblem):
        await turn.show(view.unreadable(turn.locale, file.fault, file.line, file.found))
        return
    draft = await turn.services.payouts.draft(month, amount, turn.user.id, file.lines, attached.name)
    read = view.ReadAs(len(file.lines), file.amount, file.delimiter, file.sign, file.totals)
    await _ask(turn, draft, read)


async def _ask(turn: Request, draft: PayoutDraft, read: view.ReadAs | None = None) -> None:
    """What a draft is: a button for each thing it may be, each good for one tap of this operator."""
    services, choices = turn.services, {}
    kinds = (How.PART, How.CORRECTION) if draft.standing else (How.FIRST,)
    async with services.database.write() as session:
        for how in kinds:
            token = await buttons.create(
                session,
                turn.user.id,
                turn.home,
                ACTION,
                {"payout": draft.number, "how": str(how), "seen": draft.seen},
                now_ms=services.clock(),
                life_ms=DRAFT_LIFE_MS,
            )
            choices[str(how)] = f"py:{token}"
    shown = view.draft(
        turn.locale,
        draft.month,
        draft.amount,
        standing=draft.standing,
        is_known=draft.is_known,
        read=read,
        choices=choices,
    )
    await turn.show(shown)


async def tapped(turn: Request, token: str) -> None:
    """Record a draft as what its operator says it is, once; without a token, let it be."""
    services = turn.services
    if turn.user.id not in services.access.admins:
        await turn.answer(Refusal(RefusalCode.NOT_YOUR_BUTTON))
        return
    if not token:
        await turn.show(view.dropped(turn.locale))
        return
    async with services.database.write() as session:
        button = await buttons.use_once(session, token, turn.user.id, services.clock())
    if button is None or button.action != ACTION:
        await turn.answer(Refusal(RefusalCode.EXPIRED))
        return
    number, how, seen = (button.arguments[name] for name in ("payout", "how", "seen"))
    try:
        outcome = await services.payouts.settle(number, How(how), turn.user.id, seen)
    except AlreadyRecorded:
        await _ask(turn, await services.payouts.again(number))
    except NotOpen:
        await turn.answer(Refusal(RefusalCode.USED))
    else:
        await _show(turn, outcome)


async def _content(turn: Request, file: Attached) -> bytes | None:
    """The file; None when it is larger than anything that would be read."""
    if file.size > MAX_BYTES:
        return None
    async with given_back():
        handle = await turn.services.bot.get_file(file.file_id)
        return bytes(await handle.download_as_bytearray())


async def _show(turn: Request, outcome: PayoutOutcome) -> None:
    await turn.show(
        view.reconciled(
            turn.locale,
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
