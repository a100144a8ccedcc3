"""Is this request signed by a key we know, for this very content, and still in time?

Source: Backpack OpenAPI, Authentication. A wrong signature shows as INVALID_CLIENT_REQUEST, as on the real
exchange; an unknown key as UNAUTHORIZED; a read-only key may read and gets FORBIDDEN for the rest.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from bot.sandbox.exchange.errors import Refused, bad_request
from bot.sandbox.exchange.model import Account
from bot.sandbox.exchange.params import Params
from bot.sandbox.exchange.state import World

DEFAULT_WINDOW_MS = 5000
MAX_WINDOW_MS = 60_000
_MAX_AHEAD_MS = 1000  # a client's clock may run ahead of ours by a little


@dataclass(frozen=True, slots=True)
class Caller:
    account: Account
    public_key: str
    read_only: bool


@dataclass(frozen=True, slots=True)
class Signed:
    """What came with a signed request or subscription, still as text."""

    public_key: str
    signature: str
    timestamp: str
    window: str


def from_headers(headers: Mapping[str, str]) -> Signed:
    """Raises `Refused` when a header is missing."""
    for name in ("X-API-Key", "X-Signature", "X-Timestamp"):
        if name not in headers:
            raise bad_request(f"Missing header {name}")
    window = headers.get("X-Window", str(DEFAULT_WINDOW_MS))
    return Signed(headers["X-API-Key"], headers["X-Signature"], headers["X-Timestamp"], window)


def authenticate(world: World, signed: Signed, instruction: str, parts: Sequence[Params]) -> Caller:
    """Who is calling. `parts` is the parameters, or one per order of a batch. Raises `Refused`."""
    timestamp, window = (
        _milliseconds("X-Timestamp", signed.timestamp),
        _milliseconds("X-Window", signed.window),
    )
    if window > MAX_WINDOW_MS:
        raise bad_request(f"X-Window must be at most {MAX_WINDOW_MS}")
    key = _verify_key(signed.public_key)
    account = world.by_key.get(signed.public_key)
    if account is None:
        raise Refused("UNAUTHORIZED", "Unknown API key")
    text = "&".join(part.signed_text(instruction) for part in parts)
    text = f"{text}&timestamp={signed.timestamp}&window={signed.window}"
    try:
        key.verify(text.encode(), base64.b64decode(signed.signature, validate=True))
    except (BadSignatureError, binascii.Error, ValueError):
        raise bad_request("Invalid signature") from None
    now = world.now_ms()
    if now > timestamp + window:
        raise bad_request("Request has expired: timestamp plus window is in the past")
    if timestamp > now + _MAX_AHEAD_MS:
        raise bad_request("Invalid timestamp: it is in the future")
    return Caller(account, signed.public_key, account.keys[signed.public_key])


def _milliseconds(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 16:
        raise bad_request(f"Invalid {name} header")
    return int(text)


def _verify_key(public_key: str) -> VerifyKey:
    try:
        return VerifyKey(base64.b64decode(public_key, validate=True))
    except (binascii.Error, ValueError, TypeError):
        raise bad_request("Invalid X-API-Key header") from None


def is_public_key(text: str) -> bool:
    """Is this the base64 of 32 bytes that can verify signatures?"""
    try:
        _verify_key(text)
    except Refused:
        return False
    return len(base64.b64decode(text)) == 32
