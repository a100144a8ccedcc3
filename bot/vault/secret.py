"""Reading what a user pasted, without ever raising from a frame that holds it."""

from __future__ import annotations

import base64
import binascii

from bot.vault.errors import SecretProblem
from bot.vault.sodium import PUBLIC_BYTES, SEED_BYTES, SecretBuffer, public_key, wipe

_MAX_TEXT = 256


def read_secret(text: str, api_key: str | None) -> SecretBuffer | SecretProblem:
    """The seed in `text` (base64 of 32 bytes, or of seed ‖ public key), or what is wrong with it.

    Given the API key (base64 of the public key), the seed must be its own.
    """
    raw = _decode(text)
    if raw is None:
        return SecretProblem.NOT_BASE64
    claimed = bytes(raw[SEED_BYTES:])
    if len(raw) not in {SEED_BYTES, SEED_BYTES + PUBLIC_BYTES}:
        wipe(raw)
        return SecretProblem.WRONG_LENGTH
    given = b"" if api_key is None else bytes(_decode(api_key) or b"")
    if given and raw == given:
        return SecretProblem.IS_PUBLIC_KEY
    half = raw[:SEED_BYTES]
    wipe(raw)
    seed = SecretBuffer.taking(half)
    public = public_key(seed)
    if claimed and claimed != public:
        seed.wipe()
        return SecretProblem.HALVES_DIFFER
    if api_key is not None and given != public:
        seed.wipe()
        return SecretProblem.KEY_MISMATCH
    return seed


def _decode(text: str) -> bytearray | None:
    compact = "".join(text.split()) if len(text) <= _MAX_TEXT else ""
    padded = compact.rstrip("=") + "=" * (-len(compact.rstrip("=")) % 4)
    try:
        raw = bytearray(base64.b64decode(padded.replace("-", "+").replace("_", "/"), validate=True))
    except (binascii.Error, ValueError):
        return None
    return raw or None
