"""Alerts: set by a sentence or by buttons, listed, changed, taken back."""

from __future__ import annotations

from typing import Final

from bot.alerts import parts
from bot.alerts.chat import alerts, lists, wizard
from bot.alerts.chat.alert_buttons import AlertButton, only_shows
from bot.alerts.chat.plans import AlertPlans
from bot.alerts.service import Alerts
from bot.alerts.storage import tables
from bot.chat.feature import ActClass, Callback, Command, Feature, always, typed
from bot.chat.menus import MenuPart
from bot.domain.intent import AlertIntent

FEATURE: Final = Feature(
    "alerts",
    commands=(
        Command("alert", wizard.begin, ActClass.JUDGED, aliases=("a",), listed=130),
        Command("alerts", lists.alerts, ActClass.READ, listed=140),
        Command("missed", lists.missed, ActClass.READ, listed=150),
    ),
    callbacks=(
        typed(AlertButton, alerts.tap, ActClass.JUDGED, looks=only_shows, speaks=True),
        Callback("as", alerts.saved, ActClass.JUDGED, speaks=True),
        Callback("ah", alerts.answered, ActClass.JUDGED),
        Callback("aw", wizard.step, ActClass.JUDGED, looks=always),
    ),
    statements={AlertIntent: alerts.said},
    answers={"alert": alerts.typed},
    parts=parts.PARTS,
    menu=(
        MenuPart("main", 31, "alerts"),
        MenuPart("market", 20, "alert alerts"),
        MenuPart("market", 30, "missed"),
    ),
    help={"alerts": 90},
    tables=(tables,),
    subscribes=parts.subscribe,
    lives=(Alerts, AlertPlans),
    tidies=(parts.tidy,),
)
