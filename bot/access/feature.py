"""Letting people in: what operators say and tap."""

from __future__ import annotations

from typing import Final

from bot.access import chat
from bot.chat.feature import ActClass, Command, Feature, typed

FEATURE: Final = Feature(
    "access",
    commands=(
        Command("approve", chat.approve, ActClass.OPERATOR),
        Command("deny", chat.deny, ActClass.OPERATOR),
        Command("users", chat.people, ActClass.OPERATOR),
        Command("dashboard", chat.dashboard, ActClass.OPERATOR),
    ),
    callbacks=(typed(chat.OperatorButton, chat.tapped, ActClass.OPERATOR, looks=chat.is_list),),
    turns_away=chat.turn_away,
)
