"""Turns changes of orders into messages, written in the same transaction as the change.

One card per order, edited as its state moves. A change nobody is looking at any more (a resting order fills
an hour later) also comes as one new message, so that the phone rings; that one is edited on as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.outbox import LANE_ANSWER, LANE_CARD, LANE_URGENT, pack_keyboard
from bot.desk.announce import Notice, NoticeKind
from bot.domain.order import OrderState
from bot.domain.values import Language
from bot.store import orders, outbox, users
from bot.store.tables import Account, Order, OutboxKind, User
from bot.store.tables import Message as Row
from bot.view import Locale, Message
from bot.view import notices as notice_view
from bot.view import orders as order_view

LATE_MS: Final = 15_000  # by then the person has put the phone away
PATIENCE_MS: Final = 1_500  # "sending" is worth a message only when the answer takes this long
POSITIONS: Final = "menu:positions"
_QUIET: Final = {OrderState.SENDING, OrderState.UNKNOWN, OrderState.NEW, OrderState.TRIGGER_PENDING}


class ChatAnnouncer:
    """Implements `desk.announce.Announcer` on the outbox table."""

    def __init__(self, *, clock: Callable[[], int]) -> None:
        self._clock = clock
        self.kick: Callable[[], None] = lambda: None  # the outbox's, set by the app

    def committed(self) -> None:
        self.kick()

    async def order_changed(self, session: AsyncSession, order: Order, *, surprising: bool) -> None:
        user = await users.get(session, order.user_id)
        if user is None or user.forgotten_ms is not None:
            return
        locale = _locale(user)
        account = await session.get(Account, order.account_id)
        snapshot = orders.snapshot(order, account.label if account is not None else "")
        cancel = f"cancel:{order.code}" if order.state.is_live else None
        card = order_view.order_card(locale, snapshot, cancel_data=cancel, positions_data=POSITIONS)
        if surprising:
            loud = notice_view.late_surprise(locale, snapshot, positions_data=POSITIONS)
            await self._send(session, order.chat_id, f"order:{order.id}:surprise", loud, LANE_URGENT)
        if order.ticket_id is not None and order.client_id is not None:
            await self._edit_card(session, order, card)
        is_late = self._clock() - order.created_ms > LATE_MS or order.client_id is None
        if is_late and order.state not in _QUIET:
            await self._notice(session, order, card)

    async def _edit_card(self, session: AsyncSession, order: Order, card: Message) -> None:
        """The preview the user tapped becomes the card; further legs of a ticket get one of their own."""
        key = f"order:{order.id}"
        sending = order.state is OrderState.SENDING
        if order.message_id is None and (
            sending or await self._send(session, order.chat_id, key, card, LANE_ANSWER)
        ):
            return
        await outbox.enqueue(
            session,
            self._row(
                order.chat_id,
                card,
                LANE_ANSWER if order.state.is_terminal else LANE_CARD,
                kind=OutboxKind.EDIT,
                card_key=key,
                message_id=order.message_id,
                not_before_ms=self._clock() + (PATIENCE_MS if sending else 0),
            ),
        )

    async def _notice(self, session: AsyncSession, order: Order, card: Message) -> None:
        key = f"order:{order.id}:notice"
        if await self._send(session, order.chat_id, key, card, LANE_URGENT, reply_to=order.message_id):
            return
        row = self._row(order.chat_id, card, LANE_CARD, kind=OutboxKind.EDIT, card_key=key)
        await outbox.enqueue(session, row)

    async def notice(self, session: AsyncSession, notice: Notice) -> None:
        user = await users.get(session, notice.user_id)
        if user is None:
            return
        build = {
            NoticeKind.LIQUIDATION: notice_view.liquidation_notice,
            NoticeKind.ADL: notice_view.adl_notice,
        }.get(notice.kind, notice_view.system_notice)
        message = build(
            _locale(user), notice.report, account_label=notice.account_label, positions_data=POSITIONS
        )
        await self._send(session, notice.user_id, notice.key, message, LANE_URGENT)

    async def _send(
        self,
        session: AsyncSession,
        chat_id: int,
        key: str,
        message: Message,
        lane: int,
        *,
        reply_to: int | None = None,
    ) -> bool:
        """Queue a new message once; False when it was queued before."""
        row = self._row(
            chat_id,
            message,
            lane,
            dedupe_key=key,
            card_key=key,
            reply_to=reply_to,
        )
        return await outbox.enqueue(session, row) is not None

    def _row(self, chat_id: int, message: Message, lane: int, **values: Any) -> Row:
        return Row(
            chat_id=chat_id,
            lane=lane,
            text=str(message.text),
            keyboard=pack_keyboard(message.keyboard),
            created_ms=self._clock(),
            **values,
        )


def _locale(user: User) -> Locale:
    return Locale.of(Language(user.language), user.time_zone)
