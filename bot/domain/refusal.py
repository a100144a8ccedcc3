"""A refusal is a value: a code, the numbers involved, and the mend. The view turns it into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

Param = str | int | Decimal


class RefusalCode(StrEnum):
    """Every reason for which Rucksack itself says no; `refusal-<code>` in every locale."""

    # grammar
    SYNTAX = "syntax"  # word, start, end
    MISSING_SIZE = "missing-size"  # symbol
    MISSING_SYMBOL = "missing-symbol"
    UNKNOWN_SYMBOL = "unknown-symbol"  # symbol, suggestions
    HOMOGLYPH = "homoglyph"  # word
    AMBIGUOUS_NUMBER = "ambiguous-number"  # number
    NUMBER_TOO_LARGE = "number-too-large"  # word
    TOO_LONG = "too-long"  # limit
    UNSUPPORTED = "unsupported"  # feature
    # sizing and filters
    BELOW_MIN_QUANTITY = "below-min-quantity"  # quantity, minimum, asset, nearest
    ABOVE_MAX_QUANTITY = "above-max-quantity"  # quantity, maximum, asset, nearest
    PRICE_OUT_OF_BAND = "price-out-of-band"  # price, low, high, nearest
    MARKET_CLOSED = "market-closed"  # symbol, state
    EMPTY_BOOK = "empty-book"  # symbol
    THIN_BOOK = "thin-book"  # available, asset: the book cannot fill the size within the band
    POST_ONLY_WOULD_TAKE = "post-only-would-take"  # price, nearest
    WRONG_SIDE_STOP = "wrong-side-stop"  # price, entry, side, nearest
    WRONG_SIDE_TARGET = "wrong-side-target"  # price, entry, side, nearest
    OPEN_INTEREST_LIMIT = "open-interest-limit"  # limit
    POSITION_LIMIT = "position-limit"  # limit
    # money
    INSUFFICIENT_MARGIN = "insufficient-margin"  # required, available, nearest
    INSUFFICIENT_BALANCE = "insufficient-balance"  # required, available, asset, nearest
    LEVERAGE_ABOVE_MARKET = "leverage-above-market"  # asked, maximum
    LEVERAGE_ABOVE_ACCOUNT = "leverage-above-account"  # asked, limit
    LEVERAGE_ON_SPOT = "leverage-on-spot"
    NO_POSITION = "no-position"  # symbol
    SEVERAL_POSITIONS = "several-positions"  # symbols
    SHORT_SPOT = "short-spot"  # symbol: sell on spot with no balance
    REDUCE_ON_SPOT = "reduce-on-spot"
    NO_ORDER = "no-order"  # id
    # people and time
    NO_ACCOUNT = "no-account"
    UNKNOWN_ACCOUNT = "unknown-account"  # label
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
class Refusal:
    """Why not, with the numbers, and `mend`: a corrected line the user can send as it is."""

    code: RefusalCode
    params: Mapping[str, Param] = field(default_factory=dict)
    mend: str | None = None
