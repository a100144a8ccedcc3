"""What keeps old messages honest: a preview whose minute is over loses its buttons."""

from __future__ import annotations

import asyncio

from bot.chat.services import Services
from bot.chat.turn import title_of
from bot.domain.values import Language
from bot.view import Locale
from bot.view import preview as preview_view

GO_LIMIT = 61  # bytes of a line that fits behind `go:` in a button


async def expire_previews(services: Services) -> None:
    """Close overdue offers and say so on their cards."""
    for ticket in await services.offers.expire():
        if ticket.message_id is None:
            continue
        user = await services.offers.user(ticket.user_id)
        locale = Locale.of(Language(user.language), user.time_zone)
        again = f"go:{ticket.line}" if len(ticket.line.encode()) <= GO_LIMIT else None
        message = preview_view.preview_expired(locale, title_of(ticket), again_data=again)
        task = asyncio.create_task(services.outbox.edit(ticket.chat_id, ticket.message_id, message))
        services.background.add(task)
        task.add_done_callback(services.background.discard)
