"""Broker programme against affiliate programme, in words."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from markupsafe import Markup

from bot.domain.values import HUNDRED, ZERO
from bot.rebates.model.programme import AFFILIATE_RATE, Advice, Need, Requirement
from bot.rebates.model.rebate import Month
from bot.rebates.views.rebates import cents_usd, short_usd
from bot.ui.locale import Locale
from bot.ui.message import Message, lines

_MONEY: Final = {Need.VOLUME, Need.ELSEWHERE}


def advice(locale: Locale, month: Month, found: Advice, *, partial: bool) -> Message:
    """Both programmes side by side, and what the comparison supposes."""
    standard = locale.percent(AFFILIATE_RATE * HUNDRED)
    parts = [
        locale.text("advice-title", month=str(month)),
        locale.text("advice-partial") if partial else None,
        "",
        locale.text("advice-broker", tier=str(found.tier), income=cents_usd(locale, found.broker)),
        locale.text("advice-affiliate", rate=standard, income=cents_usd(locale, found.affiliate)),
        locale.text(
            "advice-equal",
            rate=locale.percent(found.rate * HUNDRED),
            volume=short_usd(locale, found.equal_volume),
            standard=standard,
        )
        if found.rate is not None and found.equal_volume is not None
        else None,
        locale.text(
            "advice-more",
            broker=cents_usd(locale, found.more_broker),
            affiliate=cents_usd(locale, found.more_affiliate),
            tier=str(found.more_tier),
        ),
        *_break_even(locale, found),
        "",
        locale.text("advice-needs"),
        *(_need(locale, one) for one in found.requirements),
        locale.text("advice-eligible", yes="yes" if found.is_eligible else "no"),
        "",
        locale.text("advice-assumptions"),
        *(locale.text("advice-assumption", what=one) for one in found.assumptions),
        "",
        locale.text("advice-usage"),
    ]
    return Message(lines(*parts))


def usage(locale: Locale) -> Message:
    """How to tell what only the operator knows."""
    return Message(locale.text("advice-usage"))


def _break_even(locale: Locale, found: Advice) -> list[Markup | str]:
    if not found.break_even:
        return []
    steps = [
        locale.text(
            "advice-step",
            volume=short_usd(locale, one.tier.volume),
            tier=str(one.tier),
            rate=locale.percent(one.rate * HUNDRED),
        )
        for one in found.break_even
    ]
    return ["", locale.text("advice-break-even"), *steps]


def _need(locale: Locale, one: Requirement) -> Markup:
    def shown(amount: Decimal) -> str:
        return short_usd(locale, amount) if one.need in _MONEY else locale.count(int(amount))

    return locale.text(
        "advice-need",
        met="unknown" if one.missing is None else "yes" if one.is_met else "no",
        need=one.need,
        wanted=shown(one.wanted),
        missing=shown(one.missing or ZERO),
    )
