"""Who hears of a statement: the operators of their own, a group's owner, the person themselves; each once.

A group's owner is whom Telegram names at that moment, and is told in private. Who never spoke to this bot
cannot be written to: then the operators hear that they must hand it on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from sqlalchemy.ext.asyncio import AsyncSession
from telegram import Bot
from telegram.constants import ChatMemberStatus
from telegram.error import TelegramError

from bot.domain.notifications.preferences import Event
from bot.kernel.storage import Database
from bot.notifications import chats
from bot.notifications.notify import locale_of, outgoing
from bot.notifications.sender import LANE_DIGEST
from bot.notifications.tables import OutboxMessage as Row
from bot.people import users
from bot.rebates.model.revenue_shares import GROUP, OPERATOR, Party
from bot.rebates.model.statement import SealedStatement
from bot.rebates.storage import ledger_parties
from bot.rebates.views import statements as view
from bot.ui import Locale, Message

_log = logging.getLogger(__name__)


class StatementNews:
    """Makes the messages about statements; the outbox says each once for its number."""

    def __init__(
        self, database: Database, bot: Bot, operators: Sequence[int], *, clock: Callable[[], int]
    ) -> None:
        self._database = database
        self._bot = bot
        self._operators = operators
        self._clock = clock

    async def make(self, statements: Sequence[SealedStatement]) -> list[Row]:
        """What is to be said of `statements`."""
        owners = {
            one.party: await self._owner(Party.parse(one.party).id)
            for one in statements
            if Party.parse(one.party).kind == GROUP
        }
        async with self._database.read() as session:
            return [row for one in statements for row in await self._of(session, one, owners.get(one.party))]

    async def _of(self, session: AsyncSession, sealed: SealedStatement, owner: int | None) -> list[Row]:
        party = Party.parse(sealed.party)
        if party.kind == OPERATOR:
            return [
                self._row(sealed, operator, view.statement(await locale_of(session, operator), sealed))
                for operator in self._operators
            ]
        reader = owner if party.kind == GROUP else await ledger_parties.user_of(session, party.id)
        user = None if reader is None else await users.get(session, reader)
        if user is None or user.forgotten_ms is not None:
            return await self._hand_on(session, sealed) if party.kind == GROUP else []
        named = await ledger_parties.named(session, view.names_in(sealed)) if party.kind == GROUP else {}
        known = await chats.known(session, [party.id]) if party.kind == GROUP else {}
        title = known[party.id].title if party.id in known else ""
        return [
            self._row(
                sealed, user.id, view.statement(Locale.of_reader(user), sealed, named=named, title=title)
            )
        ]

    async def _hand_on(self, session: AsyncSession, sealed: SealedStatement) -> list[Row]:
        return [
            self._row(sealed, operator, view.nobody_to_tell(await locale_of(session, operator), sealed))
            for operator in self._operators
        ]

    async def _owner(self, chat_id: int) -> int | None:
        try:
            admins = await self._bot.get_chat_administrators(chat_id)
        except TelegramError as error:
            _log.warning("Telegram does not say who owns a group: %s", type(error).__name__)
            return None
        return next((one.user.id for one in admins if one.status == ChatMemberStatus.OWNER), None)

    def _row(self, sealed: SealedStatement, chat_id: int, message: Message) -> Row:
        return outgoing(
            chat_id,
            message,
            LANE_DIGEST,
            self._clock(),
            event=Event.OPERATOR if chat_id in self._operators else None,
            dedupe_key=f"statement:{sealed.number}:{chat_id}",
        )
