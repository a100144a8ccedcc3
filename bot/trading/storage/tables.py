"""The tables of trading: tickets, orders, fills.

Times are unix milliseconds (`*_ms`), money is `Decimal`, ids of people and chats are Telegram's numbers.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field

from bot.domain.orders.order import OrderState
from bot.domain.orders.roles import Contingency, OrderRole
from bot.domain.values import OrderType, Side
from bot.kernel.storage.base import Table
from bot.kernel.storage.columns import Exact, Word, row_id
from bot.kernel.storage.forgetting import BOOKS, OPAQUE, Forgetting, keeping
from bot.trading.storage.forgetting import end_tickets, end_tickets_of_account


class TicketKind(StrEnum):
    TRADE = "trade"
    CLOSE = "close"
    PROTECT = "protect"
    CANCEL = "cancel"
    PANIC = "panic"
    CHAIN = "chain"  # several statements, sent one after the other; `legs` are its statements


class TicketState(StrEnum):
    OFFERED = "offered"
    CLAIMED = "claimed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"  # a newer preview took its place


class Ticket(Table, table=True):
    """A preview offered to one user, waiting for one tap. Only the hash of its token is kept."""

    __tablename__ = "ticket"
    forgetting: ClassVar[Forgetting] = Forgetting(
        forget=end_tickets,
        unlink=end_tickets_of_account,
        kept=keeping(OPAQUE, "user_id", "chat_id", "account_id") | keeping("a hash", "token_hash"),
    )
    __table_args__ = (
        Index("ix_ticket_user_id_state", "user_id", "state"),
        Index("ix_ticket_chat_id_message_id", "chat_id", "message_id"),  # an answer to its message
        {"sqlite_autoincrement": True},
    )

    id: int = row_id()
    token_hash: bytes = Field(unique=True, sa_type=LargeBinary, repr=False)
    user_id: int = Field(foreign_key="desk_user.id", sa_type=BigInteger)
    chat_id: int = Field(sa_type=BigInteger)
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    group_id: int | None = Field(
        default=None, sa_type=BigInteger
    )  # where it was asked for, if not in private
    account_id: int = Field(foreign_key="account.id", sa_type=BigInteger, nullable=True)  # null in no row
    kind: TicketKind = Field(sa_type=Word(TicketKind))
    line: str  # canonical text of the intent
    title: str = ""  # the order in a few words of the user's language, as HTML
    legs: list[dict[str, Any]] = Field(sa_type=JSON)  # order payloads, in sending order
    preview: dict[str, Any] = Field(sa_type=JSON)
    state: TicketState = Field(default=TicketState.OFFERED, sa_type=Word(TicketState))
    created_ms: int = Field(sa_type=BigInteger)
    expires_ms: int = Field(sa_type=BigInteger)
    claimed_ms: int | None = Field(default=None, sa_type=BigInteger)
    reference_price: Decimal | None = Field(default=None, sa_type=Exact)


class Order(Table, table=True):
    """One attempt to place one order, written before it is sent, and all that was learnt of it since."""

    __tablename__ = "desk_order"
    forgetting: ClassVar[Forgetting] = Forgetting(
        kept=keeping(OPAQUE, "user_id", "account_id", "chat_id")
        | keeping(
            BOOKS,
            *("code", "symbol", "base", "quote", "request", "exchange_id", "fee_symbol"),
            *("reason", "error_code", "error_message", "origin"),
        ),
    )
    __table_args__ = (
        UniqueConstraint("user_id", "code"),
        UniqueConstraint("account_id", "client_id"),
        Index("ix_desk_order_state", "state"),
        Index("ix_desk_order_exits_due_ms", "exits_due_ms"),
        UniqueConstraint("account_id", "exchange_id", "symbol"),
        Index(
            "ix_desk_order_exchange_id",  # whichever account sees it
            "exchange_id",
            sqlite_where=text("exchange_id IS NOT NULL"),
            postgresql_where=text("exchange_id IS NOT NULL"),
        ),
        {"sqlite_autoincrement": True},
    )

    id: int = row_id()
    code: str  # what people type, e.g. 8F2K
    ticket_id: int | None = Field(default=None, foreign_key="ticket.id", index=True, sa_type=BigInteger)
    step_id: int | None = Field(default=None, foreign_key="step.id", sa_type=BigInteger)  # of an operation
    leg: int = 0
    user_id: int = Field(foreign_key="desk_user.id", sa_type=BigInteger)
    account_id: int = Field(foreign_key="account.id", sa_type=BigInteger)
    symbol: str
    base: str
    quote: str
    side: Side = Field(sa_type=Word(Side))
    order_type: OrderType = Field(sa_type=Word(OrderType))
    role: OrderRole = Field(
        default=OrderRole.ENTRY, sa_type=Word(OrderRole), sa_column_kwargs={"server_default": OrderRole.ENTRY}
    )
    # The order of ours whose exit the exchange made this of; None: sent on its own.
    parent_id: int | None = Field(default=None, foreign_key="desk_order.id", index=True, sa_type=BigInteger)
    contingency: Contingency = Field(
        default=Contingency.NONE,
        sa_type=Word(Contingency),
        sa_column_kwargs={"server_default": Contingency.NONE},
    )
    group: int | None = Field(default=None, sa_type=BigInteger)  # client id of its first; None: stands alone
    client_id: int | None = Field(default=None, sa_type=BigInteger)  # None: none of ours was sent
    broker_id: int | None = None
    request: dict[str, Any] = Field(sa_type=JSON)  # the JSON body as sent
    state: OrderState = Field(default=OrderState.SENDING, sa_type=Word(OrderState))
    quantity: Decimal | None = Field(default=None, sa_type=Exact)
    quote_quantity: Decimal | None = Field(default=None, sa_type=Exact)
    price: Decimal | None = Field(default=None, sa_type=Exact)
    trigger_price: Decimal | None = Field(default=None, sa_type=Exact)
    timestamp_ms: int = Field(sa_type=BigInteger)  # as signed
    window_ms: int
    deadline_ms: int = Field(sa_type=BigInteger)  # after it the signed request is dead
    exchange_id: str | None = None
    executed: Decimal = Field(default=Decimal(0), sa_type=Exact)
    executed_quote: Decimal = Field(default=Decimal(0), sa_type=Exact)
    fee: Decimal | None = Field(default=None, sa_type=Exact)
    fee_symbol: str | None = None
    reason: str | None = None
    error_code: str | None = None
    error_message: str | None = None
    origin: str = "USER"
    exits_due_ms: int | None = Field(default=None, sa_type=BigInteger)  # when to look whether they stand
    exits_misses: int = 0  # how often in a row they did not
    chat_id: int = Field(sa_type=BigInteger)
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    version: int = 1  # bumps at each change
    created_ms: int = Field(sa_type=BigInteger)
    updated_ms: int = Field(sa_type=BigInteger)

    @property
    def is_attached(self) -> bool:
        """Whether the exchange made it, as an exit of the order of ours it belongs to."""
        return self.parent_id is not None


class FillRow(Table, table=True):
    """One execution on one account, whichever door it came through, once."""

    __tablename__ = "fill"
    forgetting: ClassVar[Forgetting] = Forgetting(
        kept=keeping(OPAQUE, "account_id")
        | keeping(BOOKS, "symbol", "exchange_order_id", "fee_symbol", "system_type"),
    )
    __table_args__ = (
        UniqueConstraint("account_id", "symbol", "exchange_order_id", "trade_id"),
        # Executions the exchange gives no trade id: NULLs never collide, so these need their own key.
        Index(
            "uq_fill_without_trade_id",
            "account_id",
            "symbol",
            "exchange_order_id",
            "timestamp_ms",
            "price",
            "quantity",
            unique=True,
            sqlite_where=text("trade_id IS NULL"),
            postgresql_where=text("trade_id IS NULL"),
        ),
        Index("ix_fill_account_id_timestamp_ms", "account_id", "timestamp_ms"),
        Index("ix_fill_exchange_order_id", "exchange_order_id"),
        Index(
            "ix_fill_unbooked",
            "id",
            sqlite_where=text("booked_ms IS NULL"),
            postgresql_where=text("booked_ms IS NULL"),
        ),
        Index("ix_fill_unjudged", "id", sqlite_where=text("NOT judged"), postgresql_where=text("NOT judged")),
    )

    id: int = row_id()
    account_id: int = Field(foreign_key="account.id", sa_type=BigInteger)
    symbol: str
    side: Side = Field(sa_type=Word(Side))
    trade_id: int | None = Field(default=None, sa_type=BigInteger)
    exchange_order_id: str
    client_id: int | None = Field(default=None, sa_type=BigInteger)
    price: Decimal = Field(sa_type=Exact)
    quantity: Decimal = Field(sa_type=Exact)
    fee: Decimal = Field(sa_type=Exact)
    fee_symbol: str
    is_maker: bool
    system_type: str | None = None
    timestamp_ms: int = Field(sa_type=BigInteger)  # the millisecond it happened in
    micros: int = Field(default=0, sa_column_kwargs={"server_default": "0"})  # past it
    booked_ms: int | None = Field(default=None, sa_type=BigInteger)  # when the broker's ledger took it in
    judged: bool = False  # the alerts have seen it
