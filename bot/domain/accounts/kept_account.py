"""An account as it was last read, with what its streams told since: what it holds now, where that is certain.

Pure. A fill of a plain market order on a perp is reckoned: it moves money by its fee and by the way from its
price to the mark, and margin by the published function. Every fill must be in its market's position as the
stream tells it, every change of a position must be made of fills, and every change of a balance must belong
to one. Whatever else is told is not reckoned but read again.

Sources: Backpack OpenAPI, `Streams`: `account.positionUpdate` and `account.balanceUpdate` are absolute.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from bot.domain.accounts.account import AccountState, Position
from bot.domain.accounts.margin import initial_margin
from bot.domain.markets.market import Market
from bot.domain.orders.order import Fill, OrderEvent, OrderReport
from bot.domain.values import ZERO, Side, exact

TOGETHER_US: Final = 1_000_000  # a balance that changed so near to a fill (engine time) changed by it
MOST_TOLD: Final = 200
_PLAIN: Final = "Market"
_GO_ON: Final = frozenset({OrderEvent.ACCEPTED, OrderEvent.PARTIAL_FILL})


@dataclass(frozen=True, slots=True)
class BalanceTold:
    """An asset's balance after a change, at `engine_us`."""

    asset: str
    available: Decimal
    locked: Decimal
    engine_us: int


@dataclass(slots=True)
class Told:
    """What was told of an account since it was read."""

    fills: list[Fill] = field(default_factory=list)
    positions: dict[str, Position] = field(default_factory=dict)  # the newest of each, as the stream has them
    balances: list[BalanceTold] = field(default_factory=list)
    executed: dict[str, Decimal] = field(default_factory=dict)  # base, by exchange id, as answers had it
    unfinished: set[str | None] = field(default_factory=set)  # exchange ids of orders that will do more
    is_certain: bool = True  # False: something was told that is not reckoned here

    @property
    def is_empty(self) -> bool:
        told = self.fills or self.positions or self.balances or self.executed or self.unfinished
        return self.is_certain and not told

    @property
    def is_long(self) -> bool:
        """Whether it is more than is worth reckoning: another program trades the account."""
        return len(self.fills) + len(self.balances) > MOST_TOLD

    def order(self, report: OrderReport) -> None:
        """An event of an order."""
        if not is_plain(report):
            self.is_certain = False
            return
        if report.fill is not None:
            self.fills.append(report.fill)
        if report.event in _GO_ON:
            self.unfinished.add(report.exchange_id)
        else:
            self.unfinished.discard(report.exchange_id)

    def answer(self, report: OrderReport) -> None:
        """What the exchange answered to an order of ours; its streams may not have told it yet."""
        if not is_plain(report) or report.exchange_id is None:
            self.is_certain = False
        elif report.executed:
            self.executed[report.exchange_id] = report.executed


def is_plain(report: OrderReport) -> bool:
    """Whether an order can do nothing but fill at once: it never rests and waits for no price."""
    return (
        report.order_type == _PLAIN
        and report.trigger_price is None
        and report.related_id is None
        and report.origin == "USER"
    )


def as_told(read: AccountState, told: Told, markets: Mapping[str, Market]) -> AccountState | None:
    """The account now; None where it has to be read again. `markets` has the rules of those traded in."""
    if not told.is_certain or told.unfinished or not _are_explained(told) or not _are_heard(told):
        return None
    if told.fills and read.resting_orders:
        return None  # what rests counts in the margin of its market, and is not known here
    with exact():
        for symbol in {fill.symbol for fill in told.fills} | told.positions.keys():
            market = markets.get(symbol)
            moved = None if market is None else _traded(read, market, told)
            if moved is None:
                return None
            read = moved
        return _with_balances(read, told)


def as_marked(
    account: AccountState, marks: Mapping[str, Decimal], markets: Mapping[str, Market]
) -> AccountState:
    """The account at marks that moved since it was read; positions without a newer mark stay as they are."""
    with exact():
        for symbol, mark in marks.items():
            position, market = account.positions.get(symbol), markets.get(symbol)
            if (
                position is not None
                and market is not None
                and position.is_read
                and mark != position.mark_price
            ):
                profit = position.quantity * (mark - position.mark_price)
                now = replace(position, mark_price=mark, unrealized_pnl=position.unrealized_pnl + profit)
                account = _changed(account, market, now, profit)
        return account


def _are_explained(told: Told) -> bool:
    """Whether each change of a balance was made by a fill: else money came, went or was lent."""
    return all(
        any(
            fill.fee_symbol == change.asset and abs(_engine_us(fill) - change.engine_us) <= TOGETHER_US
            for fill in told.fills
        )
        for change in told.balances
    )


def _are_heard(told: Told) -> bool:
    """Whether the stream told everything that answers told."""
    heard: dict[str, Decimal] = {}
    for fill in told.fills:
        heard[fill.exchange_order_id] = heard.get(fill.exchange_order_id, ZERO) + fill.quantity
    return all(heard.get(order, ZERO) >= executed for order, executed in told.executed.items())


def _traded(read: AccountState, market: Market, told: Told) -> AccountState | None:
    """With the fills in one market; None where they and the position the stream told do not agree."""
    before, now = read.positions.get(market.symbol), told.positions.get(market.symbol)
    fills = [fill for fill in told.fills if fill.symbol == market.symbol]
    if now is None or not market.is_perp or now.mark_price <= ZERO:
        return None
    held = before.quantity if before is not None else ZERO
    if held + sum((_signed(fill) for fill in fills), ZERO) != now.quantity:
        return None
    if any(fill.fee_symbol != market.quote for fill in fills):
        return None
    profit = held * (now.mark_price - before.mark_price) if before is not None else ZERO
    for fill in fills:
        profit += _signed(fill) * (now.mark_price - fill.price) - fill.fee
    return _changed(read, market, now, profit)


def _changed(account: AccountState, market: Market, now: Position, profit: Decimal) -> AccountState:
    """With another position in one market, after `profit` (USD)."""
    before = account.positions.get(market.symbol)
    positions = {symbol: one for symbol, one in account.positions.items() if symbol != market.symbol}
    if now.quantity:
        positions[market.symbol] = now
    limit = account.leverage_limit
    locked = initial_margin(market, now.notional, limit)
    released = initial_margin(market, before.notional, limit) if before is not None else ZERO
    return replace(
        account,
        positions=positions,
        net_equity=account.net_equity + profit,
        net_equity_available=account.net_equity_available + profit - (locked - released),
    )


def _with_balances(account: AccountState, told: Told) -> AccountState:
    """What is lent is not told: it stays as it was read."""
    balances = dict(account.balances)
    for change in told.balances:
        known = balances.get(change.asset)
        if known is not None:
            balances[change.asset] = replace(
                known, available=change.available, locked=change.locked, usd_value=None
            )
    return replace(account, balances=balances)


def _signed(fill: Fill) -> Decimal:
    return fill.quantity if fill.side is Side.BUY else -fill.quantity


def _engine_us(fill: Fill) -> int:
    return fill.timestamp_ms * 1000 + fill.micros
