"""Who listens to what: events handed to readers in order, each reader cheap and none able to hurt another."""

from __future__ import annotations

import logging
from collections.abc import Callable

from bot.domain.markets.market_events import MarketEvent

_log = logging.getLogger(__name__)

Handler = Callable[[MarketEvent], None]


class Bus:
    """Synchronous: `tell` returns when every handler has. A handler that raises is logged and kept."""

    def __init__(self) -> None:
        self._listeners: dict[int, tuple[Handler, frozenset[type] | None]] = {}
        self._by_kind: dict[type, tuple[Handler, ...]] = {}
        self._next = 0

    def listen(self, handler: Handler, kinds: frozenset[type] | None = None) -> Callable[[], None]:
        """Call `handler` with every event of `kinds` (None: of all). The answer stops that."""
        key, self._next = self._next, self._next + 1
        self._listeners[key] = (handler, kinds)
        self._by_kind = {}

        def unlisten() -> None:
            self._listeners.pop(key, None)
            self._by_kind = {}

        return unlisten

    def tell(self, event: MarketEvent) -> None:
        kind = type(event)
        handlers = self._by_kind.get(kind)
        if handlers is None:
            handlers = self._by_kind[kind] = tuple(
                handler for handler, kinds in self._listeners.values() if kinds is None or kind in kinds
            )
        for handler in handlers:
            try:
                handler(event)
            except Exception:
                _log.exception("a reader of the market feed failed on %s", kind.__name__)
