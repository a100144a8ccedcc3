"""Every message of alerts, made with one text wherever a text can come from outside."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

from markupsafe import Markup

from bot.alerts.views import cards
from bot.domain.alerts.alert import AlertOptions, PriceLevel, Trend
from bot.ui.message import Message
from tests.support.cases import Case, page_data
from tests.trading.views import build

LEVEL = PriceLevel("SOL_USDC_PERP", D(160), Trend.UP)


def _firing(**words: Any) -> cards.AlertNews:
    return cards.AlertNews(LEVEL, build.NOON, D("160.2"), **words)


CASES: dict[str, Case] = {
    "alert label": Case(lambda locale, text: cards.fired(locale, [_firing(label=text)], ())),
    "alert symbol": Case(lambda locale, text: cards.fired(locale, [_firing(symbol=text)], ()), None),
    "alert plan": Case(lambda locale, text: cards.fired(locale, [_firing(plan=text)], ())),
    "alert armed plan": Case(
        lambda locale, text: cards.fired(locale, [_firing(plan=text, armed_plan=True)], ())
    ),
    "alert line": Case(
        lambda locale, text: cards.proposed(locale, cards.AlertCard(LEVEL, AlertOptions(), text), ())
    ),
    "alerts": Case(
        lambda locale, text: cards.listing(
            locale,
            [cards.AlertEntry(1, LEVEL, text, True, 3, build.NOON)],
            page=0,
            page_data=page_data,
            open_data=lambda _: "o",
            new_data="n",
            missed_data="m",
            back_data="b",
        )
    ),
    "alert plan done": Case(
        lambda locale, text: Message(cards.plan_done(locale, Markup("Long 1 SOL"), text))
    ),
}
