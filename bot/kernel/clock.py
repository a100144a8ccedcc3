"""The machine's clock, in a module of its own: a command that wants the time need not import a bot."""

from __future__ import annotations

import time


def unix_ms() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000
