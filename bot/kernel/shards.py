"""Which shard a person's rows belong to: the same for ever, in every process and on every machine."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

SHARDS: Final = 256
HOUSE: Final = 0  # the shard of what belongs to nobody


def hash64(user_id: int) -> int:
    """The first 8 bytes of the SHA-256 of the decimal id, big-endian."""
    return int.from_bytes(sha256(str(user_id).encode()).digest()[:8])


def shard_of(user_id: int | None) -> int:
    """0 to 255."""
    return HOUSE if user_id is None else hash64(user_id) % SHARDS
