"""Everything a handler may ask of the rest of the program, in one bundle made by `bot.app`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from telegram import Bot

from bot.alerts.service import Alerts
from bot.broker.affiliates import Affiliates
from bot.broker.payouts import Payouts
from bot.broker.shares import Shares
from bot.broker.statements import Statements
from bot.broker.summary import Summaries
from bot.chat.outbox import Outbox
from bot.chat.posting import Posting
from bot.chat.prompts import Prompts
from bot.desk.access import AccessPolicy
from bot.desk.cancels import Cancels
from bot.desk.cards import Cards
from bot.desk.chains import Chains
from bot.desk.flatten import Panics
from bot.desk.linking import Linking
from bot.desk.manage import Manage
from bot.desk.offers import Offers
from bot.desk.placing import Placing
from bot.desk.queries import Queries
from bot.market import Catalogue, Funding
from bot.store import Database


@dataclass(slots=True)
class Services:
    bot: Bot
    database: Database
    outbox: Outbox
    offers: Offers
    placing: Placing
    chains: Chains
    cancels: Cancels
    cards: Cards
    linking: Linking
    manage: Manage
    panics: Panics
    queries: Queries
    alerts: Alerts
    affiliates: Affiliates
    catalogue: Catalogue
    funding: Funding
    posting: Posting
    payouts: Payouts
    shares: Shares
    statements: Statements
    summaries: Summaries
    prompts: Prompts
    clock: Callable[[], int]
    key_page_url: str
    public_address: str | None
    demo: bool
    admin_ids: tuple[int, ...] = ()  # the operators
    access: AccessPolicy = field(default_factory=AccessPolicy)
    dashboard_link: Callable[[int], Awaitable[str | None]] | None = None  # for an operator; set by the app
    posts_changed: Callable[[], None] = lambda: None  # wakes the schedule; set by the app
    bot_username: str = ""
    background: set[asyncio.Task[None]] = field(default_factory=set)
