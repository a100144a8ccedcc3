"""Every message of the program: those of the large branches, and here those of the others."""

from __future__ import annotations

from decimal import Decimal as D

from bot.access import views as access_views
from bot.chat import menus
from bot.domain.intent import TradeIntent, Verb
from bot.domain.refusal import Choice, Refusal, RefusalCode
from bot.intake import views as intake_views
from bot.preferences.views import help
from bot.preferences.views import settings as settings_view
from bot.ui import refusals
from bot.ui.locale import Locale
from bot.ui.message import Message
from tests.alerts.views import cases as alerts
from tests.rebates.views import cases as rebates
from tests.support.cases import Case, Make
from tests.trading.views import cases as trading


def _settings(locale: Locale, text: str) -> Message:
    current = settings_view.SettingsView(None, D("0.5"), D("0.5"), D(50), 1320, 420, "UTC", text)
    return settings_view.settings(locale, current, data=lambda name: f"set:{name}")


def _choices(number: str) -> Refusal:
    intent = TradeIntent(Verb.LONG, "sol")
    choices = (
        Choice("base", intent, D(20), D(2850)),
        Choice("quote", intent, D("0.14"), D(20)),
        Choice("leverage", intent, None, None),
    )
    params: dict[str, str | int | D] = {"number": number, "symbol": "SOL", "price": D("142.5")}
    return Refusal(RefusalCode.AMBIGUOUS_NUMBER, params, choices=choices)


def _refused(code: RefusalCode) -> Make:
    """With the text as every parameter, in the line, and as its mend."""

    def make(locale: Locale, text: str) -> Message:
        return refusals.refusal(
            locale,
            Refusal(code, dict.fromkeys(refusals.PARAMS.get(code, ()), text)),
            source=f"long {text} $5",
            span=(5, 5 + len(text)),
            mend=text,
            mend_data="m",
        )

    return make


_OTHERS: dict[str, Case] = {
    "access request": Case(
        lambda locale, text: access_views.request(locale, 1003, text, approve_data="a", deny_data="d")
    ),
    "help topic": Case(lambda locale, text: help.help(locale, ["start"], f"{text}?")),
    "settings": Case(_settings),
    "late tap": Case(lambda locale, text: intake_views.late_tap(locale, text, "d", seconds=90)),
    "bare number": Case(
        lambda locale, text: refusals.question_bare_number(locale, _choices(text), ["a", "b", "c"])
    ),
    "exchange": Case(lambda locale, text: refusals.exchange_error(locale, "NEW_CODE", text)),
    "exchange code": Case(lambda locale, text: refusals.exchange_error(locale, f"{text} ", "no")),
    "failure": Case(refusals.failure),
    "start": Case(lambda locale, _: menus.start(locale, demo=True, linked=False), None),
    **{f"refusal {code}": Case(_refused(code), None) for code in RefusalCode},
}

_PARTS = (trading.CASES, rebates.CASES, alerts.CASES, _OTHERS)
CASES = {name: case for part in _PARTS for name, case in part.items()}
assert len(CASES) == sum(map(len, _PARTS)), "two cases of one name"
