"""Who referred a user: asked once after a key was proven, answered by buttons, or set by an operator."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from bot.chat.request import Request
from bot.domain.values import HUNDRED, ZERO
from bot.rebates.affiliates import MOST, Affiliates
from bot.rebates.model.rebate import Month
from bot.rebates.views import ledger as view
from bot.ui import Message

_PERCENT: Final = re.compile(r"(\d{1,3}(?:\.\d{1,4})?)\s?%?", re.ASCII)
_USAGE: Final = re.compile(r"(\d{1,16})\s+(\S+?)\s?%?(?:\s+(\d{4}-\d{2}))?", re.ASCII)
MAX_ID: Final = 2**52


async def first_question(request: Request) -> Message | None:
    """The question, for who never answered it."""
    said = await request.service(Affiliates).now(request.user.id)
    return view.referral_question(request.locale) if said is None else None


async def referral(request: Request, argument: str = "") -> None:
    """`/referral`, `/referral 15%`, `/referral none`, `/referral unknown`."""
    known, rate = _rate(argument)
    if known:
        await _answer(request, rate)
    elif _PERCENT.fullmatch(argument.strip()):
        await request.show(view.affiliate_too_much(request.locale, MOST))
    else:
        said = await request.service(Affiliates).now(request.user.id)
        word = None if said is None else view.word(said.rate)
        await request.show(view.referral_question(request.locale, said=word))


async def tapped(request: Request, argument: str) -> None:
    """The buttons of the question."""
    if argument == "other":
        await request.show(view.referral_how(request.locale))
    else:
        await referral(request, argument)


async def _answer(request: Request, rate: Decimal | None) -> None:
    if await request.service(Affiliates).user_says(request.user.id, rate):
        await request.show(view.referral_saved(request.locale, rate))
    else:
        await request.show(view.referral_set_by_operator(request.locale))


async def affiliate(request: Request, argument: str) -> None:
    """`/affiliate USER_ID 10%|none|unknown [2026-10]`, for operators."""
    read = _USAGE.fullmatch(argument.strip())
    known, rate = _rate(read[2]) if read else (False, None)
    month = _month(read[3]) if read and read[3] else None
    if read is not None and not known and _PERCENT.fullmatch(read[2]):
        await request.show(view.affiliate_too_much(request.locale, MOST))
        return
    if read is None or not known or int(read[1]) >= MAX_ID or (read[3] and month is None):
        await request.show(view.affiliate_usage(request.locale))
        return
    await _set(request, int(read[1]), rate, month)


async def _set(request: Request, user_id: int, rate: Decimal | None, month: Month | None) -> None:
    affiliates = request.service(Affiliates)
    revised = await affiliates.operator_says(user_id, rate, request.user.id, month)
    if revised is None:
        await request.show(view.affiliate_unknown_user(request.locale, user_id))
        return
    ranges = await affiliates.ranges(user_id)
    stands = [(one.rate, str(one.first), str(one.last) if one.last else None) for one in ranges]
    await request.show(view.affiliate_set(request.locale, user_id, stands, revised))


def _rate(text: str) -> tuple[bool, Decimal | None]:
    """Whether a rate was understood, and which: a fraction, zero for none, None for unknown."""
    word = text.strip().lower()
    if word in {"none", "no", "unknown"}:
        return True, None if word == "unknown" else ZERO
    read = _PERCENT.fullmatch(word)
    rate = Decimal(read[1]) / HUNDRED if read else None
    return (True, rate) if rate is not None and rate <= MOST else (False, None)


def _month(text: str) -> Month | None:
    try:
        return Month.parse(text)
    except ValueError:
        return None
