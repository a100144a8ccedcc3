"""Logging as the real bot configures it, and afterwards as it was."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator

from bot.kernel.redaction import configure_logging


@contextlib.contextmanager
def logging_as(level: str) -> Iterator[None]:
    """At this level, to the captured standard error."""
    root = logging.getLogger()
    handlers, before = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in list(root.manager.loggerDict)}
    configure_logging(level)
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(before)
        for name in list(root.manager.loggerDict):
            logging.getLogger(name).setLevel(levels.get(name, logging.NOTSET))
