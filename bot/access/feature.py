"""Letting people in: what operators say and tap."""

from __future__ import annotations

from typing import Final

from bot.access import chat
from bot.chat.feature import ActClass, Callback, Command, Feature, at

FEATURE: Final = Feature(
    "access",
    commands=(
        Command("approve", chat.approve, ActClass.OPERATOR),
        Command("deny", chat.deny, ActClass.OPERATOR),
        Command("users", chat.people, ActClass.OPERATOR),
        Command("dashboard", chat.dashboard, ActClass.OPERATOR),
    ),
    callbacks=(Callback("adm", chat.tapped, ActClass.OPERATOR, looks=at("users")),),
)
