"""`/payout`: an operator records what the exchange paid, by its amount or by the exchange's own file."""

from __future__ import annotations

import asyncio
import logging
from decimal import Decimal

from telegram.error import TelegramError

from bot.broker.payout_file import MAX_BYTES, FileFault, FileProblem, read_payout_file
from bot.broker.payouts import Outcome, read_amount
from bot.chat.turn import Attached, Turn
from bot.domain.rebate import Month
from bot.view import payouts as view

_log = logging.getLogger(__name__)


async def payout(turn: Turn, argument: str) -> None:
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
        await _show(turn, await turn.services.payouts.record(month, amount, turn.user.id))
    elif (found := await turn.services.payouts.look(month)) is not None:
        await _show(turn, found)
    else:
        await turn.show(view.nothing_recorded(turn.locale, month))


async def _of_file(turn: Turn, month: Month, amount: Decimal | None, file: Attached) -> None:
    try:
        content = await _content(turn, file)
    except TelegramError as error:
        _log.warning("a file was not handed over: %s", type(error).__name__)
        await turn.show(view.not_handed_over(turn.locale))
        return
    lines = (
        FileProblem(FileFault.TOO_BIG)
        if content is None
        else await asyncio.to_thread(read_payout_file, content)
    )
    if isinstance(lines, FileProblem):
        await turn.show(view.unreadable(turn.locale, lines.fault, lines.line, lines.found))
        return
    await _show(turn, await turn.services.payouts.record(month, amount, turn.user.id, lines, file.name))


async def _content(turn: Turn, file: Attached) -> bytes | None:
    """The file; None when it is larger than anything that would be read."""
    if file.size > MAX_BYTES:
        return None
    handle = await turn.services.bot.get_file(file.file_id)
    return bytes(await handle.download_as_bytearray())


async def _show(turn: Turn, outcome: Outcome) -> None:
    await turn.show(
        view.reconciled(
            turn.locale,
            outcome.month,
            outcome.terms.tier,
            outcome.found,
            line_count=outcome.lines,
            corrects=outcome.corrects,
        )
    )


def _month(text: str) -> Month | None:
    try:
        return Month.parse(text)
    except ValueError:
        return None
