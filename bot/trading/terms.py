"""What the operator has set, as trading needs it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TradingTerms:
    """What the operator has set for orders; `window_ms` is how long the exchange may take one."""

    broker_id: int
    window_ms: int
    stream_url: str


@dataclass(frozen=True, slots=True)
class LinkingPage:
    """Where people make a key, and what they are told of this bot there."""

    url: str
    public_address: str | None  # of this bot, to bind a key to
    demo: bool
