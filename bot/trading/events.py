"""What trading tells the outside, inside its own transaction: a state and its message commit together.

The desk knows no chat; whoever wires it passes an `Announcer`.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.accounts.account_snapshot import AccountSnapshot
from bot.domain.execution.operation import OperationState
from bot.domain.orders.exit_coverage import ExitGap
from bot.domain.orders.order import OrderReport
from bot.domain.orders.stops import Shortage
from bot.exchange.backpack.events import UserEvent
from bot.people.tables import Account
from bot.trading.storage.operation_tables import Operation
from bot.trading.storage.tables import FillRow, Order

PANIC_RESUME_MS: Final = 5 * 60_000  # an older one may no longer be what its user wants
PANIC_DOUBTS: Final = "doubts"  # in a panic's data: ids of closes whose end its result could not tell


class NoticeKind(StrEnum):
    """Things that happen to an account without an order of ours."""

    LIQUIDATION = "liquidation"
    ADL = "adl"
    SYSTEM_FILL = "system_fill"  # settlement, collateral conversion, expiry of a dated market


@dataclass(frozen=True, slots=True)
class Notice:
    """`key` makes it unique: the same notice twice is one message."""

    kind: NoticeKind
    key: str
    user_id: int
    account_label: str
    report: OrderReport
    account_id: int = 0


@dataclass(frozen=True, slots=True)
class AccountMoved:
    """Something an account holds changed, or may have."""

    account_id: int


@dataclass(frozen=True, slots=True)
class OrdersHeard:
    """The stream of an account's orders spoke: all of its orders up to now is known."""

    account_id: int


@dataclass(frozen=True, slots=True)
class UserStreamHeard:
    """One event of an account's private streams, before anything took it in."""

    account_id: int
    event: UserEvent


@dataclass(frozen=True, slots=True)
class UserStreamSpoke:
    """One event of an account's private streams, after the orders took it in."""

    account_id: int
    event: UserEvent


@dataclass(frozen=True, slots=True)
class FillWritten:
    """An execution is written for the first time."""

    fill: FillRow


@dataclass(frozen=True, slots=True)
class FillsCame:
    """Executions may have been written."""


@dataclass(frozen=True, slots=True)
class AccountProven:
    """A key was proven to work: its account is linked."""

    account: Account


@dataclass(frozen=True, slots=True)
class KeyRefused:
    """The first trouble of an account's key has begun. `trouble` is a word of `KeyTrouble`."""

    account_id: int
    label: str
    trouble: str


@dataclass(frozen=True, slots=True)
class OrderSent:
    """An order of ours is about to leave."""

    account_id: int


@dataclass(frozen=True, slots=True)
class OrderAnswered:
    """The attempt is over. `report` is what the exchange did with it, None where it had no effect.

    `doubt_ms`: exchange time until which it may still execute, where no answer came.
    """

    account_id: int
    report: OrderReport | None = None
    doubt_ms: int = 0


@dataclass(frozen=True, slots=True)
class AccountDisturbed:
    """Something of an account changed, or may have, that its streams do not tell, or not yet."""

    account_id: int


@dataclass(frozen=True, slots=True)
class OrderInDoubt:
    """An attempt ended without an answer: it is to be looked up."""


@dataclass(frozen=True, slots=True)
class StopPromised:
    """A stop on a market of an account is promised: that is committed."""

    account_id: int
    symbol: str


@dataclass(frozen=True, slots=True)
class RulesRefused:
    """An order was refused for the rules of its market: ours may be old."""

    symbol: str


@dataclass(frozen=True, slots=True)
class SnapshotTaken:
    """What an account holds was read."""

    account_id: int
    snapshot: AccountSnapshot


@dataclass(frozen=True, slots=True)
class SnapshotWanted:
    """Somebody waits for a snapshot of an account."""

    account_id: int


class Announcer(Protocol):
    """Turns changes into messages. All are called inside the write transaction of the change."""

    async def order_changed(
        self, session: AsyncSession, order: Order, *, surprising: bool, asked: bool = False
    ) -> None:
        """`order` has a new state. `surprising`: it contradicts a verdict we gave (`not placed`).

        `asked`: its user cancels it just now, and is answered for that."""

    async def exit_missing(self, session: AsyncSession, order: Order, gap: ExitGap) -> None:
        """An exit promised with `order` does not stand, or protects too little: loud, once each."""

    async def stop_gone(
        self, session: AsyncSession, order: Order, trigger: Decimal, shortage: Shortage
    ) -> None:
        """The stop promised with `order`, at `trigger`, is gone while its position is open: loud."""

    async def key_refused(self, session: AsyncSession, order: Order, code: str | None, message: str) -> None:
        """`order` is in doubt and cannot be looked up: the exchange refuses the key. Once for each order."""

    async def notice(self, session: AsyncSession, notice: Notice) -> None: ...

    def committed(self) -> None:
        """The transaction is through: messages may go out now."""


def is_told_by_panic(panic: Operation, order: Order, now_ms: int) -> bool:
    """Whether a change of a panic's close is told in the panic's result, and needs no message of its own."""
    if panic.state is OperationState.DONE:
        return order.id not in panic.data.get(PANIC_DOUBTS, ())
    return now_ms < panic.created_ms + PANIC_RESUME_MS
