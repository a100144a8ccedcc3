"""What went wrong, arranged by what the caller can do about it.

    BackpackError
    ├── NoEffect                 the answer is a no
    │   ├── Rejected             the exchange said no: change the request
    │   ├── Unauthorised         the key is not accepted: link it anew
    │   ├── ClockRefused         the time of the request is not accepted: measure the clock
    │   ├── RateLimited          too many requests: wait `retry_after`
    │   ├── Maintenance          the exchange is closed: wait
    │   └── NotSent              the request never left: free to try again
    └── UnknownOutcome           it may have happened: look it up first (a read: it failed)

Of a request that changes something a no is not yet a proof: what each proves is in `outcomes`.
No message holds a key, a signature or a broker key. Codes: Backpack OpenAPI `ApiErrorCode`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import msgspec

MAX_MESSAGE: Final = 240
DEFAULT_RETRY_AFTER: Final = 5.0  # s; the exchange sends no rate-limit headers, so a guess below its minute

CLOCK_DIFFERS: Final = "CLOCK_DIFFERS"
ORDER_FILLED: Final = "ORDER_FILLED"  # of a cancel that came too late

_CLOCK: Final = re.compile(
    r"timestamp|expired|recv.?window|\bwindow\b|\bclock\b|in the future", re.IGNORECASE
)
_AHEAD: Final = re.compile(r"future|ahead", re.IGNORECASE)
_NOT_THE_CLOCK: Final = re.compile(r"\b(api.?key|key|session|token|order)\b.{0,20}expired", re.IGNORECASE)
_SIGNED_CODES: Final = frozenset({None, "INVALID_CLIENT_REQUEST", "INVALID_SIGNATURE", "UNAUTHORIZED"})
_HTML: Final = re.compile(r"<\s*(!doctype|html|head|body|title)", re.IGNORECASE)
_KEY_LIKE: Final = re.compile(r"[A-Za-z0-9+/_-]{40,}={0,2}")


class BackpackError(Exception):
    """Anything the exchange, or the way to it, refused. `code` is Backpack's own, where it gave one."""

    def __init__(self, message: str = "", *, code: str | None = None, status: int | None = None) -> None:
        self.message = message
        self.code = code
        self.status = status
        super().__init__(": ".join(part for part in (code, message) if part) or type(self).__name__)


class NoEffect(BackpackError):
    """The answer is a no. Whether it can be believed of an act: `outcomes`."""


class Rejected(NoEffect):
    """The exchange said no. Unseen codes arrive here too, carried as they came."""


class Unauthorised(NoEffect):
    """The key or its signature is not accepted."""


class ClockRefused(NoEffect):
    """The exchange does not accept the time of a signed request: one of the two clocks jumped.

    `ahead`: it takes the request to be of the future. The exchange has no code of its own for it.
    """

    def __init__(self, message: str = "", *, ahead: bool = False, status: int | None = None) -> None:
        super().__init__(message, code=CLOCK_DIFFERS, status=status)
        self.ahead = ahead


class RateLimited(NoEffect):
    """Too many requests, by the exchange's count or by ours. `retry_after` is in seconds."""

    def __init__(
        self,
        message: str = "",
        *,
        retry_after: float = DEFAULT_RETRY_AFTER,
        code: str | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message, code=code, status=status)
        self.retry_after = retry_after


class Maintenance(NoEffect):
    """The exchange says it is under maintenance."""


class NotSent(NoEffect):
    """No connection came about, or we held the request back: it certainly did not leave."""


class UnknownOutcome(BackpackError):
    """The request may have left and no readable answer came back."""


# Every published code and what it proves. A code missing here is judged by its HTTP status alone.
_CLASS_BY_CODE: Final[dict[str, type[BackpackError]]] = {
    "ACCOUNT_DEACTIVATED": Rejected,
    "ACCOUNT_LIQUIDATING": Rejected,
    "BORROW_LIMIT": Rejected,
    "BORROW_REQUIRES_LEND_REDEEM": Rejected,
    "FORBIDDEN": Rejected,  # the key works, this act is not allowed: region, read-only key, permission
    "INSUFFICIENT_FUNDS": Rejected,
    "INSUFFICIENT_MARGIN": Rejected,
    "INSUFFICIENT_SUPPLY": Rejected,
    "INVALID_ASSET": Rejected,
    "INVALID_CLIENT_REQUEST": Rejected,
    "INVALID_MARKET": Rejected,
    "INVALID_ORDER": Rejected,
    "INVALID_POSITION_ID": Rejected,
    "INVALID_PRICE": Rejected,
    "INVALID_QUANTITY": Rejected,
    "INVALID_RANGE": Rejected,
    "INVALID_SIGNATURE": Unauthorised,
    "INVALID_SOURCE": Rejected,
    "INVALID_SYMBOL": Rejected,
    "INVALID_TWO_FACTOR_CODE": Rejected,
    "LEND_LIMIT": Rejected,
    "LEND_REQUIRES_BORROW_REPAY": Rejected,
    "MAINTENANCE": Maintenance,
    "MAX_LEVERAGE_REACHED": Rejected,
    "NOT_IMPLEMENTED": Rejected,
    "ORDER_LIMIT": Rejected,
    "POSITION_LIMIT": Rejected,
    "PRECONDITION_FAILED": Rejected,
    "RESOURCE_NOT_FOUND": Rejected,
    "SERVER_ERROR": UnknownOutcome,
    "TIMEOUT": UnknownOutcome,  # the engine did not answer in time: the order may stand
    "TOO_EARLY": Rejected,
    "TOO_MANY_REQUESTS": RateLimited,
    "TRADING_PAUSED": Rejected,
    "UNAUTHORIZED": Unauthorised,
}
API_ERROR_CODES: Final = frozenset(_CLASS_BY_CODE)
"""The 35 published codes: a sentence for each belongs into every locale."""

# Where there is no known code. 408 comes from something that gave up waiting, as a 5xx does: what it waited
# for may have arrived.
_CLASS_BY_STATUS: Final[dict[int | None, type[BackpackError]]] = {
    401: Unauthorised,
    408: UnknownOutcome,
    429: RateLimited,
}


class _ErrorBody(msgspec.Struct):
    code: str
    message: str = ""


_decode_error = msgspec.json.Decoder(_ErrorBody).decode


def error_from_answer(
    status: int, body: bytes, *, retry_after: float | None = None, secrets: Iterable[str] = ()
) -> BackpackError:
    """The error an HTTP answer stands for; `body` may be JSON, plain text or an edge's HTML."""
    try:
        parsed = _decode_error(body)
        code, text = parsed.code or None, parsed.message
    except (msgspec.MsgspecError, ValueError, RecursionError):
        code, text = None, body.decode("utf-8", "replace")
    message = _presentable(text, status, secrets)
    if 400 <= status < 500 and code in _SIGNED_CODES and _blames_clock(message):
        return ClockRefused(message, ahead=bool(_AHEAD.search(message)), status=status)
    kind = _judge(status, code, message)
    if kind is RateLimited:
        wait = DEFAULT_RETRY_AFTER if retry_after is None else retry_after
        return RateLimited(message, retry_after=wait, code=code, status=status)
    return kind(message, code=code, status=status)


def error_from_code(code: str | None, message: str, secrets: Iterable[str] = ()) -> BackpackError:
    """The error of one member of a batch: there is no HTTP status of its own, the batch itself was heard."""
    text = _presentable(message, None, secrets)
    return _judge(None, code, text)(text, code=code)


def _judge(status: int | None, code: str | None, message: str) -> type[BackpackError]:
    if code == "INVALID_CLIENT_REQUEST" and "signature" in message.lower():
        return Unauthorised  # how a bad signature usually shows
    if code is not None and code in _CLASS_BY_CODE:
        return _CLASS_BY_CODE[code]
    if status in _CLASS_BY_STATUS:
        return _CLASS_BY_STATUS[status]
    heard = status is None or 400 <= status < 500
    return Rejected if heard else UnknownOutcome


def _blames_clock(message: str) -> bool:
    return bool(_CLOCK.search(message)) and not _NOT_THE_CLOCK.search(message)


def _presentable(text: str, status: int | None, secrets: Iterable[str]) -> str:
    if _HTML.search(text):
        return f"HTTP {status} with a web page instead of an answer"
    for secret in secrets:
        text = text.replace(secret, "…")
    text = _KEY_LIKE.sub("…", text)
    text = "".join(char if char.isprintable() else " " for char in text).strip()
    return text[:MAX_MESSAGE] or (f"HTTP {status}" if status is not None else "")
