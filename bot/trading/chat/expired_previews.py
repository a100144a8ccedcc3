"""Offers nobody confirmed in time: closed, and their cards say so."""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.services import Services
from bot.notifications.sender import LANE_CARD
from bot.people import users
from bot.trading.chat.ticket_cards import edit_card, title_of
from bot.trading.previews.tickets import Tickets
from bot.trading.storage.tables import Ticket
from bot.trading.views import preview as preview_view
from bot.ui import Locale

GO_LIMIT: Final = 61  # bytes of a line that fits behind `go:` in a button


async def expire_previews(services: Services) -> None:
    """Close overdue offers and say so on their cards."""

    async def tell(session: AsyncSession, ticket: Ticket) -> None:
        user = await users.get(session, ticket.user_id)
        if ticket.message_id is None or user is None:
            return
        locale = Locale.of_reader(user)
        again = f"go:{ticket.line}" if len(ticket.line.encode()) <= GO_LIMIT else None
        message = preview_view.preview_expired(locale, title_of(ticket), again_data=again)
        await edit_card(session, ticket, message, lane=LANE_CARD, now_ms=services.clock())

    await services.get(Tickets).expire(tell)
    services.outbox.kick()
