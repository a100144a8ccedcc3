"""What a panic came to: each position it closed, and what was seen to be left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import msgspec

from bot.domain.accounts.account import Held
from bot.domain.execution.flatten import FlattenAct, Trouble, rests_of
from bot.domain.orders.order import OddOrder, OrderReport, OrderState, Resting
from bot.domain.values import ZERO
from bot.exchange.backpack import BackpackError, UnknownOutcome
from bot.trading.storage import orders
from bot.trading.storage.operation_tables import StepRow
from bot.trading.storage.operations import OperationRecord
from bot.trading.storage.tables import Order


@dataclass(frozen=True, slots=True)
class Close:
    """What became of one position. Quantities in base, positive; `price` and `fee` in quote.

    `left` None: what is held now could not be read. `rest`: what the market's rules take in no order.
    `price`: the average of what was executed; `fee` None: not all of it is known yet.
    """

    symbol: str
    held: Decimal
    left: Decimal | None
    rest: Decimal = ZERO
    is_in_doubt: bool = False
    error_code: str | None = None
    error_message: str | None = None
    reason: str | None = None
    price: Decimal | None = None
    fee: Decimal | None = None
    quote: str = "USDC"


@dataclass(slots=True)
class PanicDone:
    """What a panic came to, whatever crashes it took to get there."""

    cancelled: int = 0
    closes: list[Close] = field(default_factory=list)
    errors: dict[str, Trouble | None] = field(default_factory=dict)  # symbols whose orders still rest
    orders_unread: Trouble | None = None  # why nothing was cancelled
    positions_unread: Trouble | None = None  # why nothing was closed
    left_unread: Trouble | None = None  # why nobody knows what is left
    odd_orders: int = 0
    odd_positions: int = 0


@dataclass(frozen=True, slots=True)
class Left:
    """What an account holds (base, positive), and where something of it still waits."""

    held: dict[str, Decimal]
    waiting: set[str]
    order_ids: set[str]
    odd_orders: int
    odd_positions: int

    @classmethod
    def of(cls, held: Held, resting: Resting, running: set[str]) -> Left:
        rows: list[OrderReport | OddOrder] = [*resting.orders, *resting.odd]
        return cls(
            {symbol: abs(one.quantity) for symbol, one in held.positions.items()},
            {one.symbol for one in rows if one.symbol is not None} | running,
            {one.exchange_id for one in rows if one.exchange_id is not None},
            sum(one.symbol is None for one in resting.odd),
            held.unread,
        )

    def plain(self) -> dict[str, Any]:
        """JSON that `msgspec.convert` reads."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain


def trouble_of(error: BackpackError) -> Trouble:
    return Trouble(error.code, error.message, isinstance(error, UnknownOutcome))


def excused(record: OperationRecord) -> set[str]:
    """Symbols in which something may well be left: not all of it was done."""
    failed: set[str] = {one.symbol for one in record.orders if one.state is not OrderState.FILLED}
    withdrawal = _last(record.current, FlattenAct.WITHDRAW)
    errors: dict[str, Any] = {} if withdrawal is None else withdrawal.result.get("errors", {})
    return failed.union(_rests(record), errors)


def report(record: OperationRecord) -> PanicDone:
    """What a panic came to, by its steps and the orders they sent."""
    done = PanicDone()
    withdrawal = _last(record.current, FlattenAct.WITHDRAW)
    closing = _last(record.current, FlattenAct.CLOSE)
    look = _last(record.current, FlattenAct.LOOK)
    left = None
    if withdrawal is not None:
        done.orders_unread = _trouble(withdrawal.plan.get("unread"))
        done.errors = {symbol: _trouble(one) for symbol, one in withdrawal.result.get("errors", {}).items()}
    if closing is not None:
        done.positions_unread = _trouble(closing.plan.get("unread"))
    if look is not None:
        done.left_unread = _trouble(look.result.get("unread"))
    if look is not None and done.left_unread is None:
        left = msgspec.convert(look.result, Left)
        done.errors = {symbol: done.errors.get(symbol) for symbol in sorted(left.waiting)}
        done.odd_orders, done.odd_positions = left.odd_orders, left.odd_positions
    gone = _gone(record, withdrawal)
    done.cancelled = len(gone if left is None else gone - left.order_ids)
    now = {} if left is None else left.held
    done.closes = [
        close_of(symbol, held, None if left is None else now.get(symbol, ZERO), _rests(record), record.orders)
        for symbol, held in (now | _held_before(record)).items()
    ]
    return done


def _last(steps: Iterable[StepRow], act: FlattenAct) -> StepRow | None:
    found = [step for step in steps if step.what == act]
    return found[-1] if found else None


def _trouble(plain: Mapping[str, Any] | None) -> Trouble | None:
    return None if plain is None else Trouble(**plain)


def _rests(record: OperationRecord) -> dict[str, Decimal]:
    """What the rules of its market take in no order."""
    return rests_of([step.plan for step in record.current])


def _gone(record: OperationRecord, withdrawal: StepRow | None) -> set[str]:
    """Ids of the orders that are gone by the exchange's word; those gone before a crash included."""
    if withdrawal is None or "unread" in withdrawal.plan:
        return set()
    ever: set[str] = {one for step in record.steps for one in step.plan.get("found", {})}
    return ever.difference(withdrawal.plan["found"]).union(withdrawal.result.get("gone", ()))


def _held_before(record: OperationRecord) -> dict[str, Decimal]:
    """What was held when it was first read, of each position, crashes or not."""
    held: dict[str, Decimal] = {}
    for step in record.steps:
        if step.what == FlattenAct.CLOSE:
            held = {symbol: Decimal(one) for symbol, one in step.plan.get("held", {}).items()} | held
    return held


def close_of(
    symbol: str, held: Decimal, left: Decimal | None, rests: dict[str, Decimal], sent: Sequence[Order]
) -> Close:
    ours = [one for one in sent if one.symbol == symbol]
    bad = [one for one in ours if one.state is not OrderState.FILLED]
    last = bad[-1] if bad else None
    executed = [one for one in ours if one.executed]
    fees = [one.fee for one in executed if one.fee is not None]
    quantity = sum((one.executed for one in executed), ZERO)
    value = sum((one.executed_quote for one in executed), ZERO)
    return Close(
        symbol,
        held,
        left,
        rests.get(symbol, ZERO),
        any(one.state in orders.OPEN for one in ours),
        last.error_code if last else None,
        last.error_message if last else None,
        last.reason if last else None,
        value / quantity if quantity else None,
        sum(fees, ZERO) if fees and len(fees) == len(executed) else None,
        ours[-1].quote if ours else "USDC",
    )
