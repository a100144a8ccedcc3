"""Everything a handler may ask of the rest of the program, in one bundle made by `bot.app.wiring`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from telegram import Bot

from bot.alerts.service import Alerts
from bot.chat.prompts import Prompts
from bot.kernel.events import Events
from bot.kernel.storage import Database
from bot.marketdata import Catalogue, FundingHistory
from bot.notifications.sender import Outbox
from bot.posts.content import Posting
from bot.rebates.affiliates import Affiliates
from bot.rebates.payouts import Payouts
from bot.rebates.shares import Shares
from bot.rebates.statements import Statements
from bot.rebates.summary import Summaries
from bot.trading.access import AccessPolicy
from bot.trading.execution.cancellation import Cancellation
from bot.trading.execution.flatten import Panics
from bot.trading.execution.order_list import OrderLists
from bot.trading.execution.submission import Submission
from bot.trading.linking import Linking
from bot.trading.message_context import MessageContexts
from bot.trading.previews.cancel_preview import Cancels
from bot.trading.previews.tickets import Tickets
from bot.trading.queries import Queries

if TYPE_CHECKING:
    from bot.chat.feature import Features


@dataclass(slots=True)
class Services:
    bot: Bot
    features: Features  # what the branches do, and by which commands and buttons
    database: Database
    outbox: Outbox
    events: Events
    tickets: Tickets
    submission: Submission
    order_lists: OrderLists
    cancels: Cancels
    message_contexts: MessageContexts
    linking: Linking
    cancellation: Cancellation
    panics: Panics
    queries: Queries
    alerts: Alerts
    affiliates: Affiliates
    catalogue: Catalogue
    funding: FundingHistory
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
    dashboard_link: Callable[[int], Awaitable[str | None]] | None = None  # for an operator
    background: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def bot_username(self) -> str:
        """Known once Telegram has been asked who this bot is."""
        return self.bot.username
