"""Who may change what a chat shares: oneself in private, its administrators in a group.

Telegram is asked anew each time, because a right that was taken away must end at once.
"""

from __future__ import annotations

import logging

from telegram.constants import ChatMemberStatus
from telegram.error import TelegramError

from bot.chat.request import Request
from bot.kernel.slots import given_back
from bot.notifications import chats
from bot.notifications import views as noise_view
from bot.notifications.tables import Chat
from bot.ui import plain_text

_log = logging.getLogger(__name__)

_ADMINS = {ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR}


async def may_manage(request: Request) -> bool:
    """Whether this person may change this chat; if not, they have been told."""
    if request.sender.private:
        return True
    try:
        async with given_back():
            member = await request.services.bot.get_chat_member(
                request.sender.chat_id, request.sender.user_id
            )
    except TelegramError as error:
        _log.warning("Telegram does not say who administers a chat: %s", error)
    else:
        if member.status in _ADMINS:
            return True
    if request.query is None:
        await request.say(noise_view.admins_only(request.here))
    else:
        request.toast(plain_text(noise_view.admins_only(request.locale).text))
    return False


async def chat_of(request: Request) -> Chat:
    """The row of the chat this turn is in, made on first sight with its title and its admin's language."""
    services, sender = request.services, request.sender
    async with services.database.read() as session:
        found = (await chats.known(session, [sender.chat_id])).get(sender.chat_id)
    if found is not None and (found.title or sender.private):
        return found
    title = "" if sender.private else await _title(request)
    settings = {"title": title, "language": request.user.language, "time_zone": request.user.time_zone}
    async with services.database.write() as session:
        chat = await chats.get_or_create(session, sender.chat_id, services.clock(), **settings)
        if title and not chat.title:  # it is set up now: by an administrator, and so in their language
            chat.title, chat.language, chat.time_zone = title, request.user.language, request.user.time_zone
        return chat


async def _title(request: Request) -> str:
    try:
        async with given_back():
            return (await request.services.bot.get_chat(request.sender.chat_id)).title or ""
    except TelegramError:
        return ""
