"""Everything a handler may ask of the rest of the program, in one bundle made by `bot.app`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from telegram import Bot

from bot.chat.outbox import Outbox
from bot.chat.prompts import Prompts
from bot.desk.linking import Linking
from bot.desk.manage import Manage
from bot.desk.offers import Offers
from bot.desk.placing import Placing
from bot.desk.queries import Queries
from bot.store import Database


@dataclass(slots=True)
class Services:
    bot: Bot
    database: Database
    outbox: Outbox
    offers: Offers
    placing: Placing
    linking: Linking
    manage: Manage
    queries: Queries
    prompts: Prompts
    clock: Callable[[], int]
    key_page_url: str
    public_address: str | None
    demo: bool
    bot_username: str = ""
    background: set[asyncio.Task[None]] = field(default_factory=set)
