"""Links to the operator's page, where this program has one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DashboardLinks:
    """`make` gives an operator a link that opens the page once; None while nobody can reach it."""

    make: Callable[[int], Awaitable[str | None]]
