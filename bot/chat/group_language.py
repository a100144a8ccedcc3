"""The language a group is spoken to in: one for all who are in it, whoever of them acts.

It is what an administrator chose by `/lang`, else that of the administrator who first set something up there,
else that of the group's title. Private answers keep their reader's.
"""

from __future__ import annotations

import re
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.values import Language
from bot.kernel.storage import Database
from bot.notifications import chats
from bot.people.tables import User
from bot.ui import Locale

_CHINESE: Final = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_KANA: Final = re.compile("[\u3040-\u30ff]")  # Japanese is written with the same characters


def language_of_title(title: str) -> Language:
    """What the members of a group called so most likely read."""
    return Language.CHINESE if _CHINESE.search(title) and not _KANA.search(title) else Language.ENGLISH


async def learn(database: Database, chat_id: int, title: str, now_ms: int) -> Locale:
    """The locale of a group, noted at the first act in it; its title is not, until somebody sets it up."""
    async with database.read() as session:
        chat = (await chats.known(session, [chat_id])).get(chat_id)
    if chat is None:
        language = language_of_title(title).value
        async with database.write() as session:
            chat = await chats.get_or_create(session, chat_id, now_ms, language=language)
    return Locale.of_reader(chat)


async def locale_at(session: AsyncSession, chat_id: int, user: User) -> Locale:
    """The locale of what is said in a chat: its own in a group, the person's in private."""
    chat = (await chats.known(session, [chat_id])).get(chat_id) if chat_id < 0 else None
    return Locale.of_reader(chat if chat is not None else user)
