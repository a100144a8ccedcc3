"""Which accounts somebody wants to hear of: their snapshots are kept fresh."""

from __future__ import annotations

from collections.abc import Callable, Collection


class WatchedAccounts:
    """Asks everybody who has said that they may want some."""

    def __init__(self) -> None:
        self._sources: list[Callable[[], Collection[int]]] = []

    def also(self, source: Callable[[], Collection[int]]) -> None:
        """`source` tells the ids of accounts it wants now."""
        self._sources.append(source)

    def __call__(self) -> set[int]:
        """Ids of accounts."""
        return {account_id for source in self._sources for account_id in source()}
