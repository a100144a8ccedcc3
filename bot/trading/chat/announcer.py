"""Turns changes of orders into messages, written in the same transaction as the change.

One card per order, edited as its state moves. A change nobody is looking at any more (a resting order fills
an hour later) also comes as one new message, so that the phone rings; that one is edited on as well. Whoever
cancels an order is answered for that, and needs no such message.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final, Unpack

from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.minted import cancel_data
from bot.domain.notifications.preferences import Event
from bot.domain.orders.exit_coverage import ExitGap
from bot.domain.orders.order import OrderEvent, OrderReport, OrderState
from bot.domain.orders.roles import OrderRole
from bot.domain.orders.stops import Shortage
from bot.domain.values import plain
from bot.kernel.events import Events
from bot.notifications import outbox_rows
from bot.notifications.events import MessagesQueued
from bot.notifications.notify import Details, outgoing
from bot.notifications.sender import LANE_ANSWER, LANE_CARD, LANE_URGENT
from bot.notifications.tables import OutboxKind
from bot.notifications.tables import OutboxMessage as Row
from bot.people import users
from bot.people.tables import Account, User
from bot.trading.chat import system_news
from bot.trading.chat.accounts import AccountButton, AccountStep
from bot.trading.chat.line_buttons import AccountLineButton
from bot.trading.events import Notice, is_told_by_panic
from bot.trading.storage import endings, fills, operations, orders, promises
from bot.trading.storage.tables import Order, Ticket, TicketKind
from bot.trading.views import notices as notice_view
from bot.trading.views import orders as order_view
from bot.ui import Locale, Message

LATE_MS: Final = 15_000  # by then the person has put the phone away
POSITIONS: Final = "new:positions"
_QUIET: Final = {
    *(OrderState.SENDING, OrderState.UNKNOWN, OrderState.NEW, OrderState.TRIGGER_PENDING),
    OrderState.UNWATCHED,  # who parted from the key is told of all its orders at once
}

TOGETHER_S: Final = 3  # so long what ends one after the other is gathered into one message


class ChatAnnouncer:
    """Implements `trading.events.Announcer` on the outbox table."""

    def __init__(self, events: Events, *, clock: Callable[[], int]) -> None:
        self._events = events
        self._clock = clock

    def committed(self) -> None:
        self._events.tell(MessagesQueued())

    async def order_changed(
        self, session: AsyncSession, order: Order, *, surprising: bool, asked: bool = False
    ) -> None:
        user = await users.get(session, order.user_id)
        if user is None or user.forgotten_ms is not None:
            return
        locale = Locale.of_reader(user)
        account = await session.get(Account, order.account_id)
        snapshot = orders.snapshot(order, account.label if account is not None else "")
        cancel = cancel_data(order.code, self._clock()) if order.state.is_live else None
        gone = await self._gone_with(session, order)
        card = order_view.order_card(
            locale, snapshot, cancel_data=cancel, positions_data=POSITIONS, ended=len(gone)
        )
        if surprising:
            loud = notice_view.late_surprise(locale, snapshot, positions_data=POSITIONS)
            await self._send(session, order.chat_id, f"order:{order.id}:surprise", loud, LANE_URGENT)
        if order.ticket_id is not None and not order.is_attached:
            if order.message_id is None and await self._panic_tells(session, order):
                return
            await self._edit_card(session, order, card, asked=asked)
        if await self._is_no_news(session, order):
            await self._went(session, user, order, snapshot.account_label)
            return
        watched = order.role is OrderRole.STOP and await promises.is_watched(session, order.id)
        if (order.is_attached or watched) and _is_broken_promise(order):
            await self._alarm(session, order, locale, snapshot.account_label)
            return
        is_late = (
            order.is_attached
            or self._clock() - order.created_ms > LATE_MS
            or order.state is OrderState.UNKNOWABLE  # the last word there will be
        )
        # When a position closes, its exits go with it; where it did not, the monitor of stops speaks up.
        is_told_elsewhere = (order.is_attached or watched) and order.state is OrderState.CANCELLED
        if is_late and not is_told_elsewhere and order.state not in _QUIET:
            await self._notice(session, order, card, fresh=not asked)

    # --- what ended with its position -------------------------------------------------------------

    async def _is_no_news(self, session: AsyncSession, order: Order) -> bool:
        """Whether something else ended this order, and is told for it."""
        if endings.went_with_position(order) or endings.went_in_liquidation(order):
            return True
        if not endings.found_nothing(order):
            return False
        closer = await endings.closer_of(session, order, self._clock())
        return closer is not None and closer.state is OrderState.FILLED

    async def _gone_with(self, session: AsyncSession, order: Order) -> list[Order]:
        """What ended because `order` closed its position: told on its card, and nowhere else."""
        if not order.role.closes or not order.executed or order.exchange_id is None:
            return []
        executions = await fills.of_order(session, order.account_id, order.exchange_id)
        at_ms = executions[-1].timestamp_ms if executions else order.updated_ms
        gone = [one for one in await endings.of_position(session, order, at_ms) if one.id != order.id]
        await self._unsay(session, order.chat_id, gone)
        return gone

    async def _went(self, session: AsyncSession, user: User, order: Order, label: str) -> None:
        """An order ended with its position, or to free margin: what ended that is the news."""
        now_ms = self._clock()
        closer = None
        if not endings.went_in_liquidation(order):
            closer = await endings.closer_of(session, order, now_ms)
        if closer is not None:
            if closer.state not in orders.IN_DOUBT:
                await self.order_changed(session, closer, surprising=False)
            return
        if await self._told_by_system(session, user, order.account_id, label, now_ms):
            return
        liquidated = endings.went_in_liquidation(order)
        if liquidated:
            group = await endings.of_liquidation(session, order.account_id, set(), now_ms)
        else:
            group = await endings.of_position(session, order, now_ms)
        group = group or [order]  # a clock that was set meanwhile finds not even this one
        message = notice_view.orders_ended(
            Locale.of_reader(user),
            order.symbol,
            len(group),
            account_label=label,
            liquidated=liquidated,
            positions_data=POSITIONS,
        )
        event = Event.LIQUIDATION if liquidated else Event.EXIT
        await self._say_soon(session, order.chat_id, _ended_key(group[0]), message, event)

    async def _say_soon(
        self, session: AsyncSession, chat_id: int, key: str, message: Message, event: Event
    ) -> None:
        """One message for what comes in one after the other; what ended the position may yet tell it."""
        row = self._row(
            chat_id,
            message,
            LANE_URGENT,
            dedupe_key=key,
            card_key=key,
            event=event,
            not_before_ms=self._clock() + TOGETHER_S * 1000,
        )
        if await outbox_rows.enqueue(session, row) is None and not await outbox_rows.reword(session, row):
            edit = self._row(chat_id, message, LANE_CARD, kind=OutboxKind.EDIT, card_key=key, event=event)
            await outbox_rows.enqueue(session, edit)

    async def _unsay(self, session: AsyncSession, chat_id: int, gone: Sequence[Order]) -> None:
        if gone:
            await outbox_rows.withdraw(session, chat_id, [_ended_key(one) for one in gone])

    async def _told_by_system(
        self, session: AsyncSession, user: User, account_id: int, label: str, at_ms: int
    ) -> bool:
        """Say anew what the exchange closed by itself around `at_ms`; whether it closed something."""
        news = await system_news.around(session, Locale.of_reader(user), account_id, label, at_ms)
        if news is None:
            return False
        await self._unsay(session, user.id, news.ended)
        if not await self._send(session, user.id, news.key, news.message, LANE_URGENT, event=news.event):
            row = self._row(
                user.id, news.message, LANE_CARD, kind=OutboxKind.EDIT, card_key=news.key, event=news.event
            )
            await outbox_rows.enqueue(session, row)
        return True

    async def _panic_tells(self, session: AsyncSession, order: Order) -> bool:
        ticket = await session.get(Ticket, order.ticket_id)
        if ticket is None or ticket.kind is not TicketKind.PANIC:
            return False
        held = await operations.hold(session, ticket.id)
        return held is not None and is_told_by_panic(held, order, self._clock())

    async def _edit_card(self, session: AsyncSession, order: Order, card: Message, *, asked: bool) -> None:
        """The preview the user tapped becomes the card; further legs of a ticket get one of their own.

        It is waited for when it tells what became of a Confirm. Whoever cancels is answered otherwise, and a
        ticket of several legs is told on its own card first.
        """
        key = f"order:{order.id}"
        if order.message_id is None:
            ticket = await session.get(Ticket, order.ticket_id)
            lane = LANE_ANSWER if ticket is None or ticket.message_id is None else LANE_CARD
            sending = order.state is OrderState.SENDING
            if sending or await self._send(session, order.chat_id, key, card, lane):
                return
        is_fresh = self._clock() - order.created_ms <= LATE_MS
        await outbox_rows.enqueue(
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
        if not fresh and await outbox_rows.card_message_id(session, order.chat_id, key) is None:
            return
        sent = await self._send(
            session, order.chat_id, key, card, LANE_URGENT, reply_to=order.message_id, event=event
        )
        if sent:
            return
        row = self._row(order.chat_id, card, LANE_CARD, kind=OutboxKind.EDIT, card_key=key, event=event)
        await outbox_rows.enqueue(session, row)

    async def _alarm(self, session: AsyncSession, order: Order, locale: Locale, label: str) -> None:
        """A stop or target that was promised does not stand: loud, with the way to place it again."""
        kind = order.role.exit_kind
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
            close_data=AccountLineButton(order.account_id, f"close {order.symbol}").pack(),
            positions_data=POSITIONS,
        )
        await self._send(
            session, order.chat_id, f"order:{order.id}:broken", message, LANE_URGENT, event=Event.EXIT_MISSING
        )
        if order.role is OrderRole.STOP:
            await promises.alarm(session, [order.parent_id or order.id])

    async def exit_missing(self, session: AsyncSession, order: Order, gap: ExitGap) -> None:
        user = await users.get(session, order.user_id)
        if user is None or user.forgotten_ms is not None:
            return
        account = await session.get(Account, order.account_id)
        kind = gap.promise.role.exit_kind
        message = notice_view.exit_absent(
            Locale.of_reader(user),
            orders.snapshot(order, account.label if account is not None else ""),
            gap,
            retry_data=_retry(order, kind, gap.promise.trigger),
            close_data=AccountLineButton(order.account_id, f"close {order.symbol}").pack(),
            positions_data=POSITIONS,
        )
        key = f"order:{order.id}:missing:{kind}"
        await self._send(session, order.chat_id, key, message, LANE_URGENT, event=Event.EXIT_MISSING)
        if gap.promise.role is OrderRole.STOP:
            await promises.alarm(session, [order.id])

    async def stop_gone(
        self, session: AsyncSession, order: Order, trigger: Decimal, shortage: Shortage
    ) -> None:
        user = await users.get(session, order.user_id)
        if user is None or user.forgotten_ms is not None:
            return
        account = await session.get(Account, order.account_id)
        message = notice_view.stop_gone(
            Locale.of_reader(user),
            shortage,
            trigger,
            account_label=account.label if account is not None else "",
            retry_data=_retry(order, "sl", trigger),
            close_data=AccountLineButton(order.account_id, f"close {order.symbol}").pack(),
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
            Locale.of_reader(user),
            orders.snapshot(order, account.label if account is not None else ""),
            error_code=code,
            error_message=message,
            unlink_data=AccountButton(AccountStep.UNLINK, order.account_id).pack(),
        )
        key = f"order:{order.id}:key-refused"
        await self._send(session, order.chat_id, key, told, LANE_URGENT, event=Event.KEY)

    async def notice(self, session: AsyncSession, notice: Notice) -> None:
        user = await users.get(session, notice.user_id)
        if user is None:
            return
        at_ms = notice.report.fill.timestamp_ms if notice.report.fill is not None else self._clock()
        await self._told_by_system(session, user, notice.account_id, notice.account_label, at_ms)

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
        return await outbox_rows.enqueue(session, row) is not None

    def _row(self, chat_id: int, message: Message, lane: int, **details: Unpack[Details]) -> Row:
        return outgoing(chat_id, message, lane, self._clock(), **details)


def _retry(order: Order, kind: str, trigger: Decimal) -> str:
    return AccountLineButton(order.account_id, f"{kind} {order.symbol} {plain(trigger)}").pack()


def _event_of(order: Order) -> Event:
    """The kind of news a change of an order is that nobody is looking at."""
    if order.is_attached:
        return Event.EXIT
    return Event.FILL if order.executed else Event.ORDER


def _is_broken_promise(order: Order) -> bool:
    """An exit that ended without its position having ended first."""
    return order.state in {OrderState.TRIGGER_FAILED, OrderState.EXPIRED}


def _ended_key(first: Order) -> str:
    return f"order:{first.id}:ended"
