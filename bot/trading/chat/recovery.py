"""What keeps old messages honest: previews that expire, panics and lists of orders that were cut short."""

from __future__ import annotations

import logging
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.services import Services
from bot.notifications.sender import LANE_CARD
from bot.people import users
from bot.trading.chat.flatten import panic_teller
from bot.trading.chat.order_list import teller as chain_teller
from bot.trading.chat.ticket_cards import edit_card, title_of
from bot.trading.execution.flatten import Panics
from bot.trading.execution.order_list import OrderLists
from bot.trading.previews.tickets import Tickets
from bot.trading.storage.tables import Ticket
from bot.trading.views import preview as preview_view
from bot.ui import Locale

_log = logging.getLogger(__name__)

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


async def finish_panics(services: Services) -> None:
    """What was cut short of panics is done, at the next start or soon, and their users told."""
    panics = services.get(Panics)
    for ticket in await panics.interrupted():
        try:
            await panics.resume(ticket, panic_teller(services))
        except Exception:  # the next look tries again, and the others do not wait for it
            _log.exception("an interrupted panic could not be finished")
        services.outbox.kick()


async def finish_chains(services: Services, *, at_start: bool = False) -> None:
    """What a crash cut short of a chain is not sent any more; its user is told what was."""
    await services.get(OrderLists).finish_interrupted(chain_teller(services), at_start=at_start)
    services.outbox.kick()
