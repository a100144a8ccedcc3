"""The broker's rebate, for operators: the month so far, earlier ones, every breakdown, the advisor."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Final

from bot.chat.request import Request
from bot.language.numbers import read_number
from bot.rebates.chat.buttons import BooksButton, Page
from bot.rebates.chat.monthly import doors, parts_of
from bot.rebates.model.programme import advise, project
from bot.rebates.model.rebate import Month
from bot.rebates.model.summary import Breakdown
from bot.rebates.summary import Summaries
from bot.rebates.views import advice, sheets
from bot.rebates.views import rebates as view
from bot.ui.lateness import Lateness

_KNOWN: Final = ("followers", "elsewhere")  # what only the operator can say


async def rebates(request: Request, argument: str) -> None:
    """`/rebates`, `/rebates 2026-10`"""
    try:
        month = Month.parse(argument) if argument else Month.of(request.services.clock())
    except ValueError:
        await request.show(view.which_month(request.locale))
        return
    await _show_month(request, month)


async def _show_month(request: Request, month: Month) -> None:
    services, now_ms = request.services, request.services.clock()
    summary = await services.get(Summaries).month(month)
    months = await services.get(Summaries).months()
    if now_ms < month.end_ms:
        projection = project(summary.course(now_ms), summary.basis)
        page = view.in_progress(
            request.locale, summary, projection, now_ms=now_ms, doors=doors(month), months=months
        )
    else:
        page = view.finished(request.locale, summary, doors=doors(month), months=months)
    await request.show(page)


async def _show_breakdown(request: Request, month: Month, by: Breakdown, number: int) -> None:
    shown = view.breakdown(
        request.locale,
        await request.service(Summaries).recent(month),
        by,
        number,
        page_data=lambda other: BooksButton(Page.BREAKDOWN, month, by, other).pack(),
        back_data=BooksButton(Page.MONTH, month).pack(),
    )
    await request.show(shown)


async def _send_files(request: Request, month: Month) -> None:
    summary = await request.service(Summaries).recent(month)
    _, *files = await asyncio.to_thread(parts_of, request.locale, summary, Lateness())
    for part in files:
        await request.services.outbox.say(
            request.home,
            part.message,
            photo=part.photo,
            document=part.document,
            document_name=sheets.file_name(month, part.name),
        )


async def advisor(request: Request, argument: str) -> None:
    """`/advisor`, `/advisor followers 6000 elsewhere 25m`"""
    known = _what_is_known(argument)
    if known is None:
        await request.show(advice.usage(request.locale))
    else:
        await _advise(request, Month.of(request.services.clock()), known)


async def _advise(request: Request, month: Month, known: dict[str, Decimal]) -> None:
    summary = await request.service(Summaries).recent(month)
    followers = known.get("followers")
    own = summary.own_numbers(
        followers=None if followers is None else int(followers), elsewhere=known.get("elsewhere")
    )
    partial = request.services.clock() < month.end_ms
    await request.say_privately(advice.advice(request.locale, month, advise(own), partial=partial))


def _what_is_known(argument: str) -> dict[str, Decimal] | None:
    """`followers 6000 elsewhere 25m` as numbers; None for words that are neither."""
    words = argument.lower().split()
    numbers = [read_number(word) for word in words[1::2]]
    if len(words) % 2 or not set(words[::2]) <= set(_KNOWN):
        return None
    known = {
        name: number for name, number in zip(words[::2], numbers, strict=True) if isinstance(number, Decimal)
    }
    return known if len(known) == len(numbers) else None


async def tapped(request: Request, button: BooksButton) -> None:
    """The buttons of an operator."""
    month = button.month
    if button.page is Page.BREAKDOWN and button.by is not None:
        await _show_breakdown(request, month, button.by, button.number)
    elif button.page is Page.FILES:
        await _send_files(request, month)
    elif button.page is Page.ADVICE:
        await _advise(request, month, {})
    else:
        await _show_month(request, month)
