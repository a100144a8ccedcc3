"""The exact picture of an order before it is sent, or the reason why it would be refused.

Pure: everything it needs comes in a `PreviewContext`; trading gathers it, its views word it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bot.domain.accounts.account import AccountState
from bot.domain.intent import Verb
from bot.domain.markets.market import Book, Market, MarkPrice
from bot.domain.orders.order import OrderRequest


@dataclass(frozen=True, slots=True)
class PreviewContext:
    """One consistent moment of market and account. `last` is the last traded price, mark when unknown."""

    market: Market
    book: Book
    mark: MarkPrice
    last: Decimal
    account: AccountState
    now_ms: int
    default_slippage_percent: Decimal
    mapped_quote: str | None = None
    open_interest: Decimal | None = None  # base units
    has_perp: bool = False  # whether the market's asset also has a perpetual
    account_age_ms: int = 0  # how long ago the exchange was asked for the account


@dataclass(frozen=True, slots=True)
class ExitOutcome:
    """What a TP or SL would do: `pnl` in quote after entry and exit fees, `percent` price move from entry,
    `roi_percent` the return on the initial margin."""

    trigger: Decimal
    pnl: Decimal
    percent: Decimal
    roi_percent: Decimal | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What will be sent and what it should do. Prices in quote, quantities in base, money in quote (USD)."""

    market: Market
    verb: Verb
    request: OrderRequest
    quantity: Decimal  # base, at the step
    notional: Decimal
    expected_price: Decimal  # average over the walked book, or the limit / trigger price
    worst_price: Decimal | None  # deepest level touched
    slippage_bps: Decimal | None  # expected average against the best price
    best_price: Decimal | None
    fee: Decimal  # positive is paid
    fee_bps: Decimal
    is_maker: bool
    position_before: Decimal  # net base; zero on spot
    position_after: Decimal
    leverage_used: Decimal | None  # account exposure / equity after the fill; None on spot
    initial_margin: Decimal | None
    available_after: Decimal  # USD margin left (perp) or quote/base balance left (spot)
    liquidation_price: Decimal | None
    funding_rate: Decimal | None
    next_funding_ms: int | None
    next_funding_payment: Decimal | None  # positive is received
    take_profit: ExitOutcome | None
    stop_loss: ExitOutcome | None
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """Something the user should know about how the line was read: `note-<code>` in every locale.

    Codes: mapped-quote (typed, used) · sell-reduces (symbol) · size-default (meaning, size) ·
    size-coins (size) ·
    leverage-is-account-wide (leverage, limit) · rounded (asked, sent, asset) · partial-depth (percent: how
    much of an immediate order the book can fill now) · flips (symbol) · no-stop ·
    liquidation-before-stop (liquidation, stop) · wide-spread (bps) ·
    exit-stands, exit-choice (kind, stop) · fills-now (percent, stop: the price it fills at) ·
    cut (asked, sent, asset: more is not there, or not free) · unlisted (symbol) · odd-state (state) ·
    account-age (seconds: since the exchange last said what the account holds) ·
    rest-stays (rest, least: of a position) · unread-positions (count: that a close of several leaves).
    """

    code: str
    params: tuple[tuple[str, str | int | Decimal], ...] = ()
