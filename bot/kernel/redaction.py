"""The last gate before a log line leaves the process: secrets are cut out of it, tracebacks included.

Nothing should reach it with a secret inside; it exists because "should" is not a defence.
"""

from __future__ import annotations

import logging
import re
import sys
import time
from typing import Final

import stamina

_PATTERNS: Final = (
    re.compile(r"(?<!\d)\d{6,12}:[A-Za-z0-9_-]{30,}"),  # a bot token, also in a Bot API URL: `/bot123:abc/…`
    re.compile(r"(?<![0-9a-fA-F])(?:[0-9a-fA-F]{64}){1,2}(?![0-9a-fA-F])"),
    re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),  # credentials in a URL
)
# 32 bytes in base64 have 43 characters: a seed or an API key. Whatever is glued to them only makes it longer,
# such as the `n` of a line break in a `repr`. A URL has their `+`, `/` and `=` as `%2B`, `%2F` and `%3D`.
_RUN: Final = re.compile(r"(?:[A-Za-z0-9+/_=-]|%2[BbFf]|%3[Dd]){43,}")
_SOURCE: Final = re.compile(r'(?m)^ *File "[^"\n]+", line \d+.*$')  # of a traceback: its paths are long
_MASK: Final = "[redacted]"
_OURS: Final = "bot"
# Libraries that name every request, job or statement at INFO.
_CHATTY: Final = ("httpx", "httpcore", "apscheduler", "aiohttp.access", "websockets", "sqlalchemy", "alembic")
_QUIETER: Final = {"DEBUG": "INFO", "INFO": "WARNING"}


def redact(text: str) -> str:
    """`text` with everything that looks like a token, key, signature or password masked."""
    for pattern in _PATTERNS:
        text = pattern.sub(_MASK, text)
    parts, at = [], 0
    for source in _SOURCE.finditer(text):
        parts += [_RUN.sub(_judged, text[at : source.start()]), source[0]]
        at = source.end()
    return "".join((*parts, _RUN.sub(_judged, text[at:])))


def _judged(match: re.Match[str]) -> str:
    """Masked, but for a path or a row of dashes: keys have capitals, or none of the marks between words."""
    found = match[0]
    is_path = found.lower() == found and set("/_-") & set(found) and not set("%=") & set(found[:-1])
    return found if is_path else _MASK


class RedactingFormatter(logging.Formatter):
    """Formats as usual, then redacts the finished line with its traceback."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def configure_logging(level: str) -> None:
    """One handler on the root, on standard error, in UTC.

    DEBUG is for our own words alone: what libraries say at that level holds whole messages and requests.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter("%(asctime)sZ %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel("INFO" if level == "DEBUG" else level)
    logging.getLogger(_OURS).setLevel(level)
    for name in list(root.manager.loggerDict):  # one that was given a level of its own would not ask the root
        if name.partition(".")[0] != _OURS:
            logging.getLogger(name).setLevel(logging.NOTSET)
    # Left alone it would write through another library, past this gate, wherever that one is installed; and
    # its line names nothing: what a retried call comes to is said by who called.
    stamina.instrumentation.set_on_retry_hooks([])
    for name in _CHATTY:
        logging.getLogger(name).setLevel(_QUIETER.get(level, level))
