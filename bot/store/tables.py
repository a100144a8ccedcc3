"""The tables of people, orders and messages; the words of their state columns are in `words`.

Times are unix milliseconds (`*_ms`), money is `Decimal`, ids of people and chats are Telegram's numbers.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field

from bot.domain.order import OrderState
from bot.domain.values import OrderType, Side
from bot.store.base import Table
from bot.store.columns import Exact, RowId, Word
from bot.store.forgetting import BOOKS, NOBODYS, OPAQUE, Forgetting, blanked, keeping, rows_of
from bot.store.forgetting_rules import end_tickets, end_tickets_of_account, erase_messages
from bot.store.words import (
    Access,
    AccountOrigin,
    AccountState,
    ConfirmMode,
    OutboxKind,
    OutboxState,
    SizeMeaning,
    TicketKind,
    TicketState,
)

# fmt: off
__all__ = [
    "Access", "Account", "AccountOrigin", "AccountState", "Button", "ConfirmMode", "DataKey",
    "Fill", "Message", "Order", "OutboxKind", "OutboxState", "ServiceKey", "SizeMeaning", "Table", "Ticket",
    "TicketKind", "TicketState", "User",
]
# fmt: on


def _row_id() -> Any:
    """A number the database gives; unset until the row is inserted."""
    return Field(default=None, primary_key=True, sa_type=RowId)


class User(Table, table=True):
    """A person, by Telegram's numeric id, and what they set for themselves."""

    __tablename__ = "desk_user"
    forgetting: ClassVar[Forgetting] = Forgetting(
        forget=blanked(
            "id",
            size_meaning=None,
            slippage_percent=Decimal("0.5"),
            price_tolerance_percent=Decimal("0.5"),
            confirm_mode=ConfirmMode.ALWAYS,
            confirm_below_usd=None,
            quiet_from=None,
            quiet_to=None,
            time_zone="UTC",
            default_account_id=None,
        ),
        kept={
            "id": "the operator's decision outlives being forgotten",
            "language": "the answer to /forget is in it; it is set anew at the next visit",
        },
    )

    id: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    created_ms: int = Field(sa_type=BigInteger)
    language: str = "en"
    size_meaning: SizeMeaning | None = Field(default=None, sa_type=Word(SizeMeaning))
    slippage_percent: Decimal = Field(default=Decimal("0.5"), sa_type=Exact)
    price_tolerance_percent: Decimal = Field(default=Decimal("0.5"), sa_type=Exact)
    confirm_mode: ConfirmMode = Field(default=ConfirmMode.ALWAYS, sa_type=Word(ConfirmMode))
    confirm_below_usd: Decimal | None = Field(default=None, sa_type=Exact)
    quiet_from: int | None = None  # minute of the day in `time_zone`
    quiet_to: int | None = None
    time_zone: str = "UTC"  # IANA name
    # No foreign key: account points at user already, and SQLite cannot add one to a circle.
    default_account_id: int | None = Field(default=None, sa_type=BigInteger)
    forgotten_ms: int | None = Field(default=None, sa_type=BigInteger)
    access: Access = Field(default=Access.NEW, sa_type=Word(Access))
    asked_ms: int | None = Field(default=None, sa_type=BigInteger)  # when they asked to be let in


class DataKey(Table, table=True):
    """A user's data key, wrapped by a master key; see docs/vault.md. Only the vault reads it."""

    __tablename__ = "data_key"
    forgetting: ClassVar[Forgetting] = Forgetting(forget=rows_of("user_id"))

    user_id: int = Field(primary_key=True, foreign_key="desk_user.id", sa_type=BigInteger)
    wrapped: bytes = Field(sa_type=LargeBinary, repr=False)
    nonce: bytes = Field(sa_type=LargeBinary, repr=False)
    master_version: int = Field(index=True)
    created_ms: int = Field(sa_type=BigInteger)


class ServiceKey(Table, table=True):
    """An Ed25519 key of the bot's own, such as the one that signs statements. Only the vault reads it."""

    __tablename__ = "service_key"
    forgetting: ClassVar[Forgetting] = Forgetting(
        kept=keeping(NOBODYS, "purpose", "public_key", "sealed", "nonce")
    )

    purpose: str = Field(primary_key=True)
    public_key: str  # base64
    sealed: bytes = Field(sa_type=LargeBinary, repr=False)
    nonce: bytes = Field(sa_type=LargeBinary, repr=False)
    master_version: int
    created_ms: int = Field(sa_type=BigInteger)


class Account(Table, table=True):
    """One linked API key. `sealed` is ciphertext, null once unlinked; only the vault reads it."""

    __tablename__ = "account"
    forgetting: ClassVar[Forgetting] = Forgetting(
        forget=blanked(
            "user_id", state=AccountState.UNLINKED, sealed=None, nonce=None, label="", public_key=""
        ),
        kept=keeping(OPAQUE, "user_id"),
    )
    __table_args__ = (
        Index(
            "uq_account_user_id_label",
            "user_id",
            "label",
            unique=True,
            sqlite_where=text("state <> 'unlinked'"),
            postgresql_where=text("state <> 'unlinked'"),
        ),
        Index(
            "uq_account_user_id_public_key",
            "user_id",
            "public_key",
            unique=True,
            sqlite_where=text("state <> 'unlinked'"),
            postgresql_where=text("state <> 'unlinked'"),
        ),
        # A row id never comes back: sealed bytes are bound to it.
        {"sqlite_autoincrement": True},
    )

    id: int = _row_id()
    user_id: int = Field(foreign_key="desk_user.id", sa_type=BigInteger)
    label: str
    public_key: str  # base64 of the Ed25519 key, as Backpack's X-API-KEY
    sealed: bytes | None = Field(default=None, sa_type=LargeBinary, repr=False)
    nonce: bytes | None = Field(default=None, sa_type=LargeBinary, repr=False)
    state: AccountState = Field(sa_type=Word(AccountState))
    origin: AccountOrigin = Field(sa_type=Word(AccountOrigin))
    created_ms: int = Field(sa_type=BigInteger)
    verified_ms: int | None = Field(default=None, sa_type=BigInteger)


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

    id: int = _row_id()
    token_hash: bytes = Field(unique=True, sa_type=LargeBinary, repr=False)
    user_id: int = Field(foreign_key="desk_user.id", sa_type=BigInteger)
    chat_id: int = Field(sa_type=BigInteger)
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    group_id: int | None = Field(
        default=None, sa_type=BigInteger
    )  # where it was asked for, if not in private
    account_id: int | None = Field(default=None, foreign_key="account.id", sa_type=BigInteger)
    kind: TicketKind = Field(sa_type=Word(TicketKind))
    line: str  # canonical text of the intent
    title: str = ""  # the order in a few words of the user's language, as HTML
    legs: list[dict[str, Any]] = Field(sa_type=JSON)  # order payloads, in sending order
    preview: dict[str, Any] = Field(sa_type=JSON)
    state: TicketState = Field(default=TicketState.OFFERED, sa_type=Word(TicketState))
    created_ms: int = Field(sa_type=BigInteger)
    expires_ms: int = Field(sa_type=BigInteger)
    claimed_ms: int | None = Field(default=None, sa_type=BigInteger)
    done_ms: int | None = Field(default=None, sa_type=BigInteger)  # a panic's last leg was sent
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

    id: int = _row_id()
    code: str  # what people type, e.g. 8F2K
    ticket_id: int | None = Field(default=None, foreign_key="ticket.id", index=True, sa_type=BigInteger)
    leg: int = 0
    user_id: int = Field(foreign_key="desk_user.id", sa_type=BigInteger)
    account_id: int = Field(foreign_key="account.id", sa_type=BigInteger)
    symbol: str
    base: str
    quote: str
    side: Side = Field(sa_type=Word(Side))
    order_type: OrderType = Field(sa_type=Word(OrderType))
    client_id: int | None = Field(default=None, sa_type=BigInteger)  # None: made by the exchange (TP/SL)
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


class Fill(Table, table=True):
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

    id: int = _row_id()
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


class Message(Table, table=True):
    """One thing to say on Telegram, kept until it is said. Lanes: a smaller number goes first."""

    __tablename__ = "outbox"
    forgetting: ClassVar[Forgetting] = Forgetting(forget=erase_messages, looks_ahead=True)
    __table_args__ = (
        Index("ix_outbox_state_lane_id", "state", "lane", "id"),
        Index("ix_outbox_chat_id_message_id", "chat_id", "message_id"),  # an answer to it
        {"sqlite_autoincrement": True},
    )

    id: int = _row_id()
    chat_id: int = Field(sa_type=BigInteger)
    thread_id: int | None = Field(default=None, sa_type=BigInteger)
    lane: int = 5
    kind: OutboxKind = Field(default=OutboxKind.SEND, sa_type=Word(OutboxKind))
    dedupe_key: str | None = Field(default=None, unique=True)
    card_key: str | None = Field(default=None, index=True)  # messages of one card share it
    text: str = ""
    keyboard: list[Any] | None = Field(default=None, sa_type=JSON(none_as_null=True))
    reply_to: int | None = Field(default=None, sa_type=BigInteger)
    silent: bool = False
    photo: bytes | None = Field(default=None, sa_type=LargeBinary, repr=False)  # PNG; `text` is its caption
    document: bytes | None = Field(default=None, sa_type=LargeBinary, repr=False)  # a file; likewise
    document_name: str | None = None
    event: str | None = None  # kind of news, for the chat's loudness; None: an answer somebody waits for
    state: OutboxState = Field(default=OutboxState.PENDING, sa_type=Word(OutboxState))
    attempts: int = 0
    not_before_ms: int = Field(default=0, sa_type=BigInteger)
    created_ms: int = Field(sa_type=BigInteger)
    sent_ms: int | None = Field(default=None, sa_type=BigInteger)
    message_id: int | None = Field(default=None, sa_type=BigInteger)  # of the sent message, or of the target
    error: str | None = None
    lease_until_ms: int | None = Field(default=None, sa_type=BigInteger)


class Button(Table, table=True):
    """What a callback button means; the button itself carries only the token."""

    __tablename__ = "button"
    forgetting: ClassVar[Forgetting] = Forgetting(forget=rows_of("user_id"))

    token: str = Field(primary_key=True, repr=False)
    user_id: int = Field(index=True, sa_type=BigInteger)
    chat_id: int = Field(sa_type=BigInteger)
    action: str
    arguments: dict[str, Any] = Field(sa_type=JSON)
    created_ms: int = Field(sa_type=BigInteger)
    expires_ms: int = Field(index=True, sa_type=BigInteger)
    used_ms: int | None = Field(default=None, sa_type=BigInteger)
