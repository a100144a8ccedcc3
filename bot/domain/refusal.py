"""A refusal is a value: a code, the numbers involved, and the mend. The view turns it into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from bot.domain.intent import Intent

Param = str | int | Decimal


class RefusalCode(StrEnum):
    """Every reason for which Rucksack itself says no; `refusal-<code>` in every locale."""

    # grammar
    SYNTAX = "syntax"  # word, start, end
    MISSING_SIZE = "missing-size"  # symbol
    MISSING_SYMBOL = "missing-symbol"
    UNKNOWN_SYMBOL = "unknown-symbol"  # symbol, suggestions
    HOMOGLYPH = "homoglyph"  # word
    AMBIGUOUS_NUMBER = "ambiguous-number"  # number, symbol, price; the readings are in `choices`
    TWO_NUMBERS = "two-numbers"  # number, and joined where it may be one: price and size without a word
    PRICE_RANGE = "price-range"  # low, high: two prices for one order; symbol and market when it is between
    MISSING_PRICE = "missing-price"  # symbol: post-only without a price
    NUMBER_TOO_LARGE = "number-too-large"  # word
    TOO_LONG = "too-long"  # limit
    UNSUPPORTED = "unsupported"  # feature
    # sizing and filters
    BELOW_MIN_QUANTITY = "below-min-quantity"  # quantity, minimum, asset, nearest
    TOO_SMALL_TO_CLOSE = "too-small-to-close"  # quantity held, minimum of an order, asset
    UNREAD_POSITIONS = "unread-positions"  # count of rows; which positions they are nobody knows
    ABOVE_MAX_QUANTITY = "above-max-quantity"  # quantity, maximum, asset, nearest
    PRICE_OUT_OF_BAND = "price-out-of-band"  # price, low, high, nearest
    MARKET_CLOSED = "market-closed"  # symbol, state (also PostOnly and LimitOnly, with a mend that fits)
    MARKET_GONE = "market-gone"  # symbol: it left the exchange's list
    NO_PERP = "no-perp"  # symbol: `long`/`short` of an asset that has no perpetual
    NO_SPOT = "no-spot"  # symbol: `buy`/`sell` of an asset that only has a perpetual
    EMPTY_BOOK = "empty-book"  # symbol
    THIN_BOOK = "thin-book"  # symbol, available, asset, bound: what is left up to the price `bound`
    POST_ONLY_WOULD_TAKE = "post-only-would-take"  # price, nearest
    WRONG_SIDE_STOP = "wrong-side-stop"  # price, entry, side, nearest
    FAR_FROM_MARKET = "far-from-market"  # price, market, distance, limit (per cent): a callout's entry
    WRONG_SIDE_TARGET = "wrong-side-target"  # price, entry, side, nearest
    OPEN_INTEREST_LIMIT = "open-interest-limit"  # limit, nearest, asset
    POSITION_LIMIT = "position-limit"  # limit (base at mark), nearest, asset
    # money
    ACCOUNT_LIQUIDATING = "account-liquidating"
    INSUFFICIENT_MARGIN = "insufficient-margin"  # required, available (USD); nearest, asset
    INSUFFICIENT_BALANCE = "insufficient-balance"  # required, available, nearest, asset (of all)
    LEVERAGE_ABOVE_MARKET = "leverage-above-market"  # asked, maximum
    LEVERAGE_ABOVE_ACCOUNT = "leverage-above-account"  # asked, limit
    LEVERAGE_ON_SPOT = "leverage-on-spot"
    NO_POSITION = "no-position"  # symbol, side: the side ("long", "short", "any") there is none of
    SEVERAL_POSITIONS = "several-positions"  # symbols
    SHORT_SPOT = "short-spot"  # symbol: sell on spot with no balance
    SPOT_EXITS = "spot-exits"  # symbol: a take profit or stop loss attached to a purchase of coins
    REDUCE_ON_SPOT = "reduce-on-spot"
    EXIT_STANDS = "exit-stands"  # kind, symbol, price: one at that price closes as much already
    NO_ORDER = "no-order"  # id
    PANIC_ALONE = "panic-alone"  # panic among other statements
    NO_CARD = "no-card"  # `same` that answers none of our cards, or one whose line it cannot change
    NOT_YOUR_CARD = "not-your-card"
    # alerts
    ALERT_HOLDS = "alert-holds"  # symbol, value, level: it could only fire at once
    ALERT_TOO_FINE = "alert-too-fine"  # least, unit ("%" or "$")
    ARMED_WITHOUT_LIMIT = "armed-without-limit"  # a plan that goes without asking must say up to how much
    TOO_MANY_ALERTS = "too-many-alerts"  # limit
    # people and time
    CLOSING_ONLY = "closing-only"  # it could open risk, and the operator has not let its user in
    NO_ACCOUNT = "no-account"
    UNKNOWN_ACCOUNT = "unknown-account"  # label
    LABEL_TOO_LONG = "label-too-long"  # length, limit: characters of an account's name
    READ_ONLY_KEY = "read-only-key"
    NOT_YOUR_BUTTON = "not-your-button"
    EXPIRED = "expired"  # the preview's 60 seconds are over
    USED = "used"  # somebody, or another tap, was first
    PRICE_MOVED = "price-moved"  # was, now, tolerance
    STALE_COMMAND = "stale-command"  # age
    EDITED = "edited"
    FORWARDED = "forwarded"
    ANONYMOUS = "anonymous"
    PRIVATE_ONLY = "private-only"


@dataclass(frozen=True, slots=True)
class Choice:
    """One reading of an ambiguous number, with what it would cost. Codes: base · quote · leverage · price."""

    code: str
    intent: Intent
    quantity: Decimal | None  # base; None where the reading still leaves the size open
    notional: Decimal | None  # quote


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why not, with the numbers, and the mend: a corrected line the user can send as it is.

    The domain cannot print lines, so it mends with `mend_intent`; whoever may import the grammar prints its
    canonical form. An intent offered by the preview has itself been previewed and is acceptable.
    """

    code: RefusalCode
    params: Mapping[str, Param] = field(default_factory=dict)
    mend: str | None = None
    mend_intent: Intent | None = None
    choices: tuple[Choice, ...] = ()  # of AMBIGUOUS_NUMBER
    ways: tuple[
        tuple[Intent, ...], ...
    ] = ()  # other lines, each of one or more statements, to be previewed anew
