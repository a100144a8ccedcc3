"""Funding in a chat: the table of all, one market's past, and carries."""

from __future__ import annotations

from typing import Final

from bot.chat.feature import ActClass, Callback, Command, Feature, always, typed
from bot.chat.menus import MenuPart
from bot.domain.intent import QueryKind
from bot.funding import chat
from bot.ui.funding_table import TableButton

FEATURE: Final = Feature(
    "funding",
    commands=(
        Command("funding", chat.begin, ActClass.READ, listed=280),
        Command("carry", chat.carry, ActClass.READ, listed=290),
    ),
    callbacks=(
        typed(TableButton, chat.table, ActClass.READ, looks=always),
        Callback("fm", chat.market, ActClass.READ, looks=always),
        Callback("cy", chat.carry, ActClass.READ, looks=always),
    ),
    questions={QueryKind.FUNDING: chat.funding, QueryKind.CARRY: chat.carry},
    menu=(MenuPart("market", 40, "funding carry"),),
    help={"funding": 120},
)
