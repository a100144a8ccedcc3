"""Tables of the broker's ledger (docs/broker.md): what each fill earns, who shares it, what was paid.

They only grow: the database refuses to change or delete a row, but for `Person`, whose identity must be able
to go, and `Finding`. A mistake is mended by further rows. Amounts in `Nano` are US dollars.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field

from bot.kernel.storage.base import Table
from bot.kernel.storage.columns import Exact, Nano, RowId, Word
from bot.kernel.storage.forgetting import BOOKS, OPAQUE, Forgetting, blanked, keeping
from bot.rebates.model.rebate import TierStanding


class PriceSource(StrEnum):
    """Where the dollar price of a fill's assets comes from."""

    PAR = "par"  # a dollar stablecoin the exchange settles in: one dollar by definition
    TRADE = "trade"  # the fill's own price
    CANDLE = "candle"  # close of the minute the fill happened in
    UNKNOWN = "unknown"  # nothing to be had yet: booked as zero, mended by a revision


class RateSource(StrEnum):
    USER = "user"
    OPERATOR = "operator"


class PartyKind(StrEnum):
    """Who may share in the rebate."""

    GROUP = "group"  # id: the chat's; its owner gets the statement
    PERSON = "person"  # id: of `Person`


class EntryKind(StrEnum):
    """Why money moved between two accounts of the ledger, other than by a fill."""

    TRUE_UP = "true-up"  # the month's final tier against what was accrued fill by fill
    SHARE = "share"  # a party's part of a closed month
    PAYOUT = "payout"  # what the exchange paid
    DIFFERENCE = "difference"  # what it did not pay, or paid beyond, by cause
    PAID_OUT = "paid-out"  # what the operator paid a party
    CORRECTION = "correction"


class Person(Table, table=True):
    """A user as the ledger knows them. `/forget` empties `user_id`; the arithmetic keeps its pseudonym."""

    __tablename__ = "ledger_person"
    forgetting: ClassVar[Forgetting] = Forgetting(
        forget=blanked("user_id", user_id=None, named=False),
        kept=keeping("random, and all that is left", "pseudonym"),
    )

    id: int = Field(default=None, primary_key=True, sa_type=RowId)
    user_id: int | None = Field(default=None, unique=True, sa_type=BigInteger)
    pseudonym: str = Field(unique=True)  # what others see unless they agreed to be named
    named: bool = False
    created_ms: int = Field(sa_type=BigInteger)


class LedgerFill(Table, table=True):
    """The entry set of one fill: each amount is one debit and one credit of the same size.

    The accounts are in docs/broker.md. Revision 0 is the booking; an odd one takes the last back (the same
    amounts, negative), the even one after it books anew.
    """

    __tablename__ = "ledger_fill"
    forgetting: ClassVar[Forgetting] = Forgetting(
        kept=keeping(OPAQUE, "person_id", "account_id", "group_id")
        | keeping(BOOKS, "month", "symbol", "system_type", "fee_symbol", "why")
    )
    __table_args__ = (
        UniqueConstraint("fill_id", "revision"),
        Index("ix_ledger_fill_month_person_id", "month", "person_id"),
        Index("ix_ledger_fill_account_id_at_ms", "account_id", "at_ms"),
        Index(
            "ix_ledger_fill_without_price",
            "id",
            sqlite_where=text("price_source = 'unknown'"),
            postgresql_where=text("price_source = 'unknown'"),
        ),
        Index("ix_ledger_fill_month", "month"),  # a month's rows in the order they were written
    )

    id: int = Field(default=None, primary_key=True, sa_type=RowId)
    fill_id: int = Field(sa_type=BigInteger)  # no foreign key: /forget may take the fill itself
    revision: int = 0
    month: str  # 2026-10, of the fill's own time in UTC
    at_ms: int = Field(sa_type=BigInteger)  # when it was executed
    booked_ms: int = Field(sa_type=BigInteger)
    person_id: int = Field(foreign_key="ledger_person.id", sa_type=BigInteger)
    account_id: int = Field(sa_type=BigInteger)
    group_id: int | None = Field(default=None, sa_type=BigInteger)  # the group the order was asked for in
    order_id: int | None = Field(default=None, sa_type=BigInteger)  # of `desk_order`
    symbol: str
    standing: TierStanding = Field(sa_type=Word(TierStanding))
    system_type: str | None = None
    is_maker: bool
    fee_amount: Decimal = Field(sa_type=Exact)  # in `fee_symbol`, as the exchange said
    fee_symbol: str
    fee_price: Decimal | None = Field(default=None, sa_type=Exact)  # USD for one `fee_symbol`
    price_source: PriceSource = Field(sa_type=Word(PriceSource))
    notional: Decimal = Field(sa_type=Nano)
    fee: Decimal = Field(sa_type=Nano)  # negative: a maker rebate
    earning: Decimal = Field(sa_type=Nano)  # the part of the fee that the payout formula multiplies
    affiliate: Decimal | None = Field(default=None, sa_type=Exact)  # of the user then; null: unknown
    tier: int  # then
    share: Decimal = Field(sa_type=Exact)  # the broker's fraction then
    accrued: Decimal = Field(sa_type=Nano)
    contingent: Decimal = Field(sa_type=Nano)
    why: str | None = None  # of a revision


class LedgerEntry(Table, table=True):
    """`amount` from account `credit` to account `debit`, for a month."""

    __tablename__ = "ledger_entry"
    forgetting: ClassVar[Forgetting] = Forgetting(
        kept=keeping(OPAQUE, "user_id") | keeping(BOOKS, "key", "month", "debit", "credit", "note")
    )
    __table_args__ = (Index("ix_ledger_entry_month", "month"),)

    id: int = Field(default=None, primary_key=True, sa_type=RowId)
    key: str = Field(unique=True)  # what it is for: the same is never written twice
    month: str
    at_ms: int = Field(sa_type=BigInteger)
    kind: EntryKind = Field(sa_type=Word(EntryKind))
    debit: str
    credit: str
    amount: Decimal = Field(sa_type=Nano)
    note: str = ""
    user_id: int | None = Field(default=None, sa_type=BigInteger)  # the operator who entered it


class AffiliateRate(Table, table=True):
    """From a month on, what fraction of a person's fees goes to whoever referred them; null: unknown."""

    __tablename__ = "affiliate_rate"
    forgetting: ClassVar[Forgetting] = Forgetting(
        kept=keeping(OPAQUE, "person_id", "user_id") | keeping(BOOKS, "from_month")
    )

    id: int = Field(default=None, primary_key=True, sa_type=RowId)
    person_id: int = Field(foreign_key="ledger_person.id", index=True, sa_type=BigInteger)
    rate: Decimal | None = Field(default=None, sa_type=Exact)
    from_month: str
    source: RateSource = Field(sa_type=Word(RateSource))
    at_ms: int = Field(sa_type=BigInteger)
    user_id: int | None = Field(default=None, sa_type=BigInteger)  # who said so


class ShareRate(Table, table=True):
    """From a month on, the fraction of the rebate a party earned that it is promised; zero ends it."""

    __tablename__ = "share_rate"
    forgetting: ClassVar[Forgetting] = Forgetting(
        kept=keeping(OPAQUE, "party_id", "user_id") | keeping(BOOKS, "from_month")
    )
    __table_args__ = (Index("ix_share_rate_party_kind_party_id", "party_kind", "party_id"),)

    id: int = Field(default=None, primary_key=True, sa_type=RowId)
    party_kind: PartyKind = Field(sa_type=Word(PartyKind))
    party_id: int = Field(sa_type=BigInteger)
    rate: Decimal = Field(sa_type=Exact)
    from_month: str
    at_ms: int = Field(sa_type=BigInteger)
    user_id: int = Field(sa_type=BigInteger)  # the operator


class Payout(Table, table=True):
    """What the exchange paid for a month, or a part of it, as recorded; it counts once it is settled."""

    __tablename__ = "payout"
    forgetting: ClassVar[Forgetting] = Forgetting(
        kept=keeping(OPAQUE, "user_id") | keeping(BOOKS, "month", "source")
    )

    id: int = Field(default=None, primary_key=True, sa_type=RowId)
    month: str = Field(index=True)
    amount: Decimal = Field(sa_type=Nano)
    at_ms: int = Field(sa_type=BigInteger)
    user_id: int = Field(sa_type=BigInteger)
    source: str = ""  # name of the file it was read from


class PayoutLine(Table, table=True):
    """One line of the exchange's own account of a payout; what it does not say is null."""

    __tablename__ = "payout_line"
    forgetting: ClassVar[Forgetting] = Forgetting(
        kept=keeping(BOOKS, "exchange_order_id", "account", "symbol")
    )

    id: int = Field(default=None, primary_key=True, sa_type=RowId)
    payout_id: int = Field(foreign_key="payout.id", index=True, sa_type=BigInteger)
    line: int
    exchange_order_id: str | None = None
    trade_id: int | None = Field(default=None, sa_type=BigInteger)
    account: str | None = None  # as the exchange names it
    symbol: str | None = None
    at_ms: int | None = Field(default=None, sa_type=BigInteger)
    volume: Decimal | None = Field(default=None, sa_type=Nano)
    fee: Decimal | None = Field(default=None, sa_type=Nano)
    rebate: Decimal = Field(sa_type=Nano)


class Statement(Table, table=True):
    """What one party earned in one month, numbered, chained and signed; a correction is a further number."""

    __tablename__ = "statement"
    forgetting: ClassVar[Forgetting] = Forgetting(
        kept=keeping(BOOKS, "month", "party", "body", "previous_hash", "hash", "public_key", "signature")
    )
    __table_args__ = (UniqueConstraint("month", "party", "revision"),)

    number: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    month: str
    party: str  # `operator`, `group:-100…` or `person:12`
    revision: int  # 1 for the first
    body: str  # canonical JSON, as hashed and signed
    previous_hash: bytes = Field(sa_type=LargeBinary)
    hash: bytes = Field(sa_type=LargeBinary)
    public_key: bytes = Field(sa_type=LargeBinary)
    signature: bytes = Field(sa_type=LargeBinary)
    at_ms: int = Field(sa_type=BigInteger)


class Finding(Table, table=True):
    """The outcome of a nightly comparison of one account's ledger with the exchange's history."""

    __tablename__ = "ledger_finding"
    forgetting: ClassVar[Forgetting] = Forgetting(
        kept=keeping(OPAQUE, "account_id") | keeping(BOOKS, "day", "kind", "detail")
    )
    __table_args__ = (UniqueConstraint("day", "account_id", "kind"),)

    id: int = Field(default=None, primary_key=True, sa_type=RowId)
    day: str  # 2026-10-31
    account_id: int = Field(sa_type=BigInteger)
    kind: str  # `equal`, `missing`, `unknown-to-exchange`, `different`, `untagged`, `unreachable`
    detail: dict[str, Any] = Field(sa_type=JSON)
    at_ms: int = Field(sa_type=BigInteger)
