"""The one way a request is refused: a published code, a message, and the HTTP status they travel with.

Source: Backpack OpenAPI `ApiErrorCode`, `ApiErrorResponse`.
"""

from __future__ import annotations

_STATUS = {
    "UNAUTHORIZED": 401,
    "FORBIDDEN": 403,
    "RESOURCE_NOT_FOUND": 404,
    "TOO_MANY_REQUESTS": 429,
    "SERVER_ERROR": 500,
    "MAINTENANCE": 503,
    "TIMEOUT": 504,
}


class Refused(Exception):
    """The exchange's no. `status` defaults to the code's usual one (400 for most)."""

    def __init__(self, code: str, message: str, status: int | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status if status is not None else _STATUS.get(code, 400)


def bad_request(message: str) -> Refused:
    """A request that cannot be understood, or whose signature does not fit."""
    return Refused("INVALID_CLIENT_REQUEST", message)
