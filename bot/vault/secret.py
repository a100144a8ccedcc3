"""Reading what a user pasted, without ever raising from a frame that holds it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

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


def read_pasted(texts: Sequence[str]) -> SecretBuffer | SecretProblem:
    """The seed among `texts`, each a secret or a key, or what is wrong with them.

    Of several it is the one whose public key is another of them, or its own second half: without such a pair
    nothing tells a secret from a key.
    """
    if len(texts) == 1:
        return read_secret(texts[0], None)
    for text in texts:
        raw = _decode(text)
        if raw is None or len(raw) not in {SEED_BYTES, SEED_BYTES + PUBLIC_BYTES}:
            continue
        rest = raw[SEED_BYTES:]
        wipe(raw)
        seed = read_secret(text, None if rest else _key_of(text, texts))
        if isinstance(seed, SecretBuffer):
            return seed
    return SecretProblem.KEY_MISMATCH if texts else SecretProblem.NOT_BASE64


def public_keys(texts: Sequence[str]) -> dict[str, str]:
    """By text, the public key in base64 that it would be the secret of."""
    found = {}
    for text in texts:
        seed = read_secret(text, None)
        if isinstance(seed, SecretBuffer):
            with seed:
                found[text] = base64.b64encode(public_key(seed)).decode()
    return found


def _key_of(text: str, texts: Sequence[str]) -> str:
    """The other of `texts` that is the public key of `text`; none fits where it is `text` itself."""
    own = public_keys([text]).get(text)
    return next((one for one in texts if one == own), text)


def _decode(text: str) -> bytearray | None:
    compact = "".join(text.split()) if len(text) <= _MAX_TEXT else ""
    padded = compact.rstrip("=") + "=" * (-len(compact.rstrip("=")) % 4)
    try:
        raw = bytearray(base64.b64decode(padded.replace("-", "+").replace("_", "/"), validate=True))
    except (binascii.Error, ValueError):
        return None
    return raw or None
