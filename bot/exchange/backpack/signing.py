"""The text Backpack wants signed, exactly as its specification words it.

Kept apart from transport so that the rule can be read, tested against vectors and reused by the streams.
Source: Backpack OpenAPI, Introduction, "Signature Generation".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

DEFAULT_WINDOW_MS: Final = 5_000
MAX_WINDOW_MS: Final = 60_000

Param = str | int | bool | None
Params = Mapping[str, Param]


class Signer(Protocol):
    """One key pair that signs and never shows its secret; the vault hands these out."""

    @property
    def public_key(self) -> str:
        """The verifying key in base64: what Backpack calls the API key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The 64-byte Ed25519 signature of `message`."""
        ...


def wire_text(value: str | int | bool) -> str:
    """A value as it stands in a query string and in the signed text.

    Raises TypeError for anything that has no single spelling (a float, a Decimal) and ValueError for a
    text that could pass for a second parameter.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        if "&" in value:
            raise ValueError("a signed value must not contain '&'")
        return value
    raise TypeError(f"{type(value).__name__} has no single spelling on the wire")


def signing_text(
    instruction: str, params: Params | Sequence[Params], timestamp_ms: int, window_ms: int = DEFAULT_WINDOW_MS
) -> str:
    """The text to sign: sorted parameters under their instruction, then timestamp and window in ms.

    A sequence is a batch: every member carries its own instruction, timestamp and window come once.
    Raises ValueError for a window the exchange would refuse (1..60000 ms).
    """
    if not 0 < window_ms <= MAX_WINDOW_MS:
        raise ValueError(f"window must be 1..{MAX_WINDOW_MS} ms")
    batch = (params,) if isinstance(params, Mapping) else params
    parts: list[str] = []
    for one in batch:
        parts.append(f"instruction={instruction}")
        parts.extend(f"{key}={wire_text(one[key])}" for key in sorted(one) if one[key] is not None)  # type: ignore[arg-type]
    parts.append(f"timestamp={timestamp_ms}")
    parts.append(f"window={window_ms}")
    return "&".join(parts)
