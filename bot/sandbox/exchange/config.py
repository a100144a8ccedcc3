"""What can be set about a sandbox exchange before it starts.

Every run is reproducible from `seed`; nothing here is read from the environment.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal


def default_balances() -> Mapping[str, Decimal]:
    """What a newly made sandbox account holds."""
    return {"USDC": Decimal(10_000), "USDT": Decimal(1_000), "SOL": Decimal(20)}


@dataclass(frozen=True, slots=True)
class ExchangeConfig:
    """Settings of one `SandboxExchange`."""

    seed: int = 7
    tick_ms: int = 250  # interval of the moving price and of the maker's quotes
    moving: bool = True  # False: prices stay where they are until the admin moves them
    balances: Mapping[str, Decimal] = field(default_factory=default_balances)  # of a new account
    clock_ns: Callable[[], int] = time.time_ns
    speed_bump_ms: int = 0  # the real exchange holds every order that is not post-only for 100 ms
    broker_ids: frozenset[int] | None = None  # None: any id is accepted, as far as anyone knows
    ping_seconds: float = 60.0  # WebSocket keep-alive
    silence_seconds: float = 120.0  # a socket silent for longer is closed
