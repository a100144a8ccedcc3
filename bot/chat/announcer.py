"""Turns changes of orders into messages, written in the same transaction as the change.

One card per order, edited as its state moves. A change nobody is looking at any more (a resting order fills
an hour later) also comes as one new message, so that the phone rings; that one is edited on as well. Whoever
cancels an order is answered for that, and needs no such message.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.minted import cancel_data
from bot.chat.outbox import LANE_ANSWER, LANE_CARD, LANE_URGENT, pack_keyboard
from bot.desk.announce import Notice, NoticeKind
from bot.domain.noise import Event
from bot.domain.order import OrderEvent, OrderReport, OrderState
from bot.domain.standing import Gap
from bot.domain.stops import Shortage
from bot.domain.values import Language, plain
from bot.store import orders, outbox, promises, users
from bot.store.tables import Account, Order, OutboxKind, User
from bot.store.tables import Message as Row
from bot.view import Locale, Message
from bot.view import notices as notice_view
from bot.view import orders as order_view

LATE_MS: Final = 15_000  # by then the person has put the phone away
POSITIONS: Final = "new:positions"
_QUIET: Final = {
    *(OrderState.SENDING, OrderState.UNKNOWN, OrderState.NEW, OrderState.TRIGGER_PENDING),
    OrderState.UNWATCHED,  # who parted from the key is told of all its orders at once
}


# As the history writes them; the stream writes STOP_WITHOUT_POSITION.
_POSITION_WENT_FIRST: Final = {"reduceonlynotreduced", "stopwithoutposition", "liquidation"}
_NOTICES: Final[dict[NoticeKind, Callable[..., Message]]] = {
    NoticeKind.LIQUIDATION: notice_view.liquidation_notice,
    NoticeKind.ADL: notice_view.adl_notice,
    NoticeKind.SYSTEM_FILL: notice_view.system_notice,
}


class ChatAnnouncer:
    """Implements `desk.announce.Announcer` on the outbox table."""

    def __init__(self, *, clock: Callable[[], int]) -> None:
        self._clock = clock
        self.kick: Callable[[], None] = lambda: None  # the outbox's, set by the app

    def committed(self) -> None:
        self.kick()

    async def order_changed(
        self, session: AsyncSession, order: Order, *, surprising: bool, asked: bool = False
    ) -> None:
        user = await users.get(session, order.user_id)
        if user is None or user.forgotten_ms is not None:
            return
        locale = _locale(user)
        account = await session.get(Account, order.account_id)
        snapshot = orders.snapshot(order, account.label if account is not None else "")
        cancel = cancel_data(order.code, self._clock()) if order.state.is_live else None
        card = order_view.order_card(locale, snapshot, cancel_data=cancel, positions_data=POSITIONS)
        if surprising:
            loud = notice_view.late_surprise(locale, snapshot, positions_data=POSITIONS)
            await self._send(session, order.chat_id, f"order:{order.id}:surprise", loud, LANE_URGENT)
        if order.ticket_id is not None and order.client_id is not None:
            await self._edit_card(session, order, card, asked=asked)
        is_exit = order.client_id is None  # made by the exchange for an order of ours
        watched = order.trigger_price is not None and await promises.is_watched(session, order.id)
        if (is_exit or watched) and _is_broken_promise(order):
            await self._alarm(session, order, locale, snapshot.account_label)
            return
        is_late = (
            is_exit
            or self._clock() - order.created_ms > LATE_MS
            or order.state is OrderState.UNKNOWABLE  # the last word there will be
        )
        # When a position closes, its exits go with it; where it did not, the monitor of stops speaks up.
        is_told_elsewhere = (is_exit or watched) and order.state is OrderState.CANCELLED
        if is_late and not is_told_elsewhere and order.state not in _QUIET:
            await self._notice(session, order, card, fresh=not asked)

    async def _edit_card(self, session: AsyncSession, order: Order, card: Message, *, asked: bool) -> None:
        """The preview the user tapped becomes the card; further legs of a ticket get one of their own.

        It is waited for when it tells what became of a Confirm; whoever cancels is answered otherwise.
        """
        key = f"order:{order.id}"
        sending = order.state is OrderState.SENDING
        if order.message_id is None and (
            sending or await self._send(session, order.chat_id, key, card, LANE_ANSWER)
        ):
            return
        is_fresh = self._clock() - order.created_ms <= LATE_MS
        await outbox.enqueue(
            session,
            self._row(
                order.chat_id,
                card,
                LANE_ANSWER if order.state.is_terminal and is_fresh and not asked else LANE_CARD,
                kind=OutboxKind.EDIT,
                card_key=key,
                message_id=order.message_id,
            ),
        )

    async def _notice(self, session: AsyncSession, order: Order, card: Message, *, fresh: bool) -> None:
        """A new message, or an edit of the one there is; unless `fresh`, nothing where there is none."""
        event = _event_of(order)
        key = f"order:{order.id}:notice"
        if not fresh and await outbox.card_message_id(session, order.chat_id, key) is None:
            return
        sent = await self._send(
            session, order.chat_id, key, card, LANE_URGENT, reply_to=order.message_id, event=event
        )
        if sent:
            return
        row = self._row(order.chat_id, card, LANE_CARD, kind=OutboxKind.EDIT, card_key=key, event=event)
        await outbox.enqueue(session, row)

    async def _alarm(self, session: AsyncSession, order: Order, locale: Locale, label: str) -> None:
        """A stop or target that was promised does not stand: loud, with the way to place it again."""
        kind = str(order.request.get("exit", "sl"))
        level = order.trigger_price
        report = OrderReport(
            order.symbol,
            order.side,
            OrderEvent.TRIGGER_FAILED,
            order.exchange_id,
            None,
            reason=order.reason,
            trigger_price=order.trigger_price,
        )
        message = notice_view.exit_missing(
            locale,
            report,
            account_label=label,
            kind=kind,
            retry_data=_retry(order, kind, level) if level is not None else None,
            close_data=f"on:{order.account_id}:close {order.symbol}",
            positions_data=POSITIONS,
        )
        await self._send(
            session, order.chat_id, f"order:{order.id}:broken", message, LANE_URGENT, event=Event.EXIT_MISSING
        )
        if kind == "sl":
            await promises.alarm(session, [await _promising(session, order)])

    async def exit_missing(self, session: AsyncSession, order: Order, gap: Gap) -> None:
        user = await users.get(session, order.user_id)
        if user is None or user.forgotten_ms is not None:
            return
        account = await session.get(Account, order.account_id)
        message = notice_view.exit_absent(
            _locale(user),
            orders.snapshot(order, account.label if account is not None else ""),
            gap,
            retry_data=_retry(order, gap.promise.kind, gap.promise.trigger),
            close_data=f"on:{order.account_id}:close {order.symbol}",
            positions_data=POSITIONS,
        )
        key = f"order:{order.id}:missing:{gap.promise.kind}"
        await self._send(session, order.chat_id, key, message, LANE_URGENT, event=Event.EXIT_MISSING)
        if gap.promise.kind == "sl":
            await promises.alarm(session, [order.id])

    async def stop_gone(
        self, session: AsyncSession, order: Order, trigger: Decimal, shortage: Shortage
    ) -> None:
        user = await users.get(session, order.user_id)
        if user is None or user.forgotten_ms is not None:
            return
        account = await session.get(Account, order.account_id)
        message = notice_view.stop_gone(
            _locale(user),
            shortage,
            trigger,
            account_label=account.label if account is not None else "",
            retry_data=_retry(order, "sl", trigger),
            close_data=f"on:{order.account_id}:close {order.symbol}",
            positions_data=POSITIONS,
        )
        key = f"order:{order.id}:gone:{self._clock()}"
        await self._send(session, order.chat_id, key, message, LANE_URGENT, event=Event.EXIT_MISSING)

    async def key_refused(self, session: AsyncSession, order: Order, code: str | None, message: str) -> None:
        user = await users.get(session, order.user_id)
        if user is None or user.forgotten_ms is not None:
            return
        account = await session.get(Account, order.account_id)
        told = notice_view.key_refused(
            _locale(user),
            orders.snapshot(order, account.label if account is not None else ""),
            error_code=code,
            error_message=message,
            unlink_data=f"acct:unlink:{order.account_id}",
        )
        key = f"order:{order.id}:key-refused"
        await self._send(session, order.chat_id, key, told, LANE_URGENT, event=Event.KEY)

    async def notice(self, session: AsyncSession, notice: Notice) -> None:
        user = await users.get(session, notice.user_id)
        if user is None:
            return
        message = _NOTICES[notice.kind](
            _locale(user), notice.report, account_label=notice.account_label, positions_data=POSITIONS
        )
        event = Event.FILL if notice.kind is NoticeKind.SYSTEM_FILL else Event.LIQUIDATION
        await self._send(session, notice.user_id, notice.key, message, LANE_URGENT, event=event)

    async def _send(
        self,
        session: AsyncSession,
        chat_id: int,
        key: str,
        message: Message,
        lane: int,
        *,
        reply_to: int | None = None,
        event: Event | None = None,
    ) -> bool:
        """Queue a new message once; False when it was queued before."""
        row = self._row(
            chat_id,
            message,
            lane,
            dedupe_key=key,
            card_key=key,
            reply_to=reply_to,
            event=event,
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


def _retry(order: Order, kind: str, trigger: Decimal) -> str:
    return f"on:{order.account_id}:{kind} {order.symbol} {plain(trigger)}"


async def _promising(session: AsyncSession, stop: Order) -> int:
    """The order that promised a stop: its entry, or `stop` itself where it was placed by its own."""
    related = stop.request.get("relatedOrderId")
    entry = await orders.by_exchange_id(session, stop.account_id, related) if related else None
    return stop.id if entry is None else entry.id


def _event_of(order: Order) -> Event:
    """The kind of news a change of an order is that nobody is looking at."""
    if order.client_id is None:
        return Event.EXIT
    return Event.FILL if order.executed else Event.ORDER


def _is_broken_promise(order: Order) -> bool:
    """An exit that ended without its position having ended first."""
    if order.state is OrderState.TRIGGER_FAILED:
        return True
    reason = (order.reason or "").replace("_", "").lower()
    return order.state is OrderState.EXPIRED and reason not in _POSITION_WENT_FIRST
