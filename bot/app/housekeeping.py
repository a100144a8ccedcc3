"""What keeps old messages honest and the house tidy: expired previews, interrupted panics, leftovers."""

from __future__ import annotations

import logging
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.alerts.storage import alerts
from bot.chat import buttons
from bot.chat.request import title_of
from bot.chat.services import Services
from bot.domain.alerts.limits import LIMITS
from bot.domain.values import Language
from bot.intake import storage
from bot.notifications import outbox_rows
from bot.notifications.sender import LANE_CARD, ticket_edit
from bot.people import users
from bot.rebates.storage import web_passes
from bot.trading.chat.flatten import panic_teller
from bot.trading.chat.order_list import teller as chain_teller
from bot.trading.storage.tables import Ticket
from bot.trading.views import preview as preview_view
from bot.ui import Locale

_log = logging.getLogger(__name__)

KEEP_MESSAGES_MS: Final = 30 * 24 * 3_600_000  # cards of resting orders are edited as long
KEEP_BUTTONS_MS: Final = 24 * 3_600_000  # a tap that comes too late is asked about anew
KEEP_NUMBERS_MS: Final = 25 * 3_600_000  # of updates handled: Telegram keeps an update for a day
GO_LIMIT: Final = 61  # bytes of a line that fits behind `go:` in a button


async def expire_previews(services: Services) -> None:
    """Close overdue offers and say so on their cards."""

    async def tell(session: AsyncSession, ticket: Ticket) -> None:
        user = await users.get(session, ticket.user_id)
        if ticket.message_id is None or user is None:
            return
        locale = Locale.of(Language(user.language), user.time_zone)
        again = f"go:{ticket.line}" if len(ticket.line.encode()) <= GO_LIMIT else None
        message = preview_view.preview_expired(locale, title_of(ticket), again_data=again)
        row = ticket_edit(ticket, message, lane=LANE_CARD, created_ms=services.clock())
        await outbox_rows.enqueue(session, row)

    await services.tickets.expire(tell)
    services.outbox.kick()


async def finish_panics(services: Services) -> None:
    """What was cut short of panics is done, at the next start or soon, and their users told."""
    for ticket in await services.panics.interrupted():
        try:
            await services.panics.resume(ticket, panic_teller(services))
        except Exception:  # the next look tries again, and the others do not wait for it
            _log.exception("an interrupted panic could not be finished")
        services.outbox.kick()


async def finish_chains(services: Services, *, at_start: bool = False) -> None:
    """What a crash cut short of a chain is not sent any more; its user is told what was."""
    await services.order_lists.finish_interrupted(chain_teller(services), at_start=at_start)
    services.outbox.kick()


async def tidy(services: Services) -> None:
    """Forget what nothing refers to: expired buttons and passes, old messages, idle chats' limits."""
    now = services.clock()
    async with services.database.write() as session:
        await buttons.purge(session, now - KEEP_BUTTONS_MS)
        await web_passes.tidy(session, now)
        await outbox_rows.purge(session, now - KEEP_MESSAGES_MS)
        await storage.purge(session, now - KEEP_NUMBERS_MS)
        await alerts.purge(session, now - LIMITS.kept_ms, LIMITS.kept)
    services.outbox.forget_idle()
