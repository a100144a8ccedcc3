"""Keeps the house tidy: what nothing refers to any more is forgotten."""

from __future__ import annotations

from typing import Final

from bot.chat import buttons
from bot.chat.services import Services
from bot.intake import storage
from bot.notifications import outbox_rows

KEEP_MESSAGES_MS: Final = 30 * 24 * 3_600_000  # cards of resting orders are edited as long
KEEP_BUTTONS_MS: Final = 24 * 3_600_000  # a tap that comes too late is asked about anew
KEEP_NUMBERS_MS: Final = 25 * 3_600_000  # of updates handled: Telegram keeps an update for a day


async def tidy(services: Services) -> None:
    """Forget expired buttons, old messages, idle chats' limits, and what the features say."""
    now = services.clock()
    async with services.database.write() as session:
        await buttons.purge(session, now - KEEP_BUTTONS_MS)
        await outbox_rows.purge(session, now - KEEP_MESSAGES_MS)
        await storage.purge(session, now - KEEP_NUMBERS_MS)
        for feature in services.features:
            for forget in feature.tidies:
                await forget(session, now)
    services.outbox.forget_idle()
