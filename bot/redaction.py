"""The last gate before a log line leaves the process: secrets are cut out of it, tracebacks included.

Nothing should reach it with a secret inside; it exists because "should" is not a defence.
"""

from __future__ import annotations

import logging
import re
import sys
import time

import stamina

_PATTERNS = (
    re.compile(r"(?<!\d)\d{6,12}:[A-Za-z0-9_-]{30,}"),  # a bot token, also in a Bot API URL: `/bot123:abc/…`
    # 32 bytes in base64, padded or not: a seed or an API key; 64 bytes: a signature, or seed and key.
    # A URL has their `+`, `/` and `=` as `%2B`, `%2F` and `%3D`.
    re.compile(
        r"(?<![A-Za-z0-9+/_-])(?:(?:[A-Za-z0-9+/_-]|%2[BbFf]){43}){1,2}"
        r"(?![A-Za-z0-9+/_-]|%2[BbFf])(?:=|%3[Dd]){0,2}"
    ),
    re.compile(r"(?<![0-9a-fA-F])(?:[0-9a-fA-F]{64}){1,2}(?![0-9a-fA-F])"),
    re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),  # credentials in a URL
)
_MASK = "[redacted]"


def redact(text: str) -> str:
    """`text` with everything that looks like a token, key, signature or password masked."""
    for pattern in _PATTERNS:
        text = pattern.sub(_MASK, text)
    return text


class RedactingFormatter(logging.Formatter):
    """Formats as usual, then redacts the finished line with its traceback."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def configure_logging(level: str) -> None:
    """One handler on the root, on standard error, in UTC. Libraries that log URLs are kept to warnings."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter("%(asctime)sZ %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    quiet = "INFO" if level == "DEBUG" else "WARNING"
    # Left alone it would write through another library, past this gate, wherever that one is installed; and
    # its line names nothing: what a retried call comes to is said by who called.
    stamina.instrumentation.set_on_retry_hooks([])
    for name in ("httpx", "httpcore", "apscheduler", "aiohttp.access", "websockets"):
        logging.getLogger(name).setLevel(quiet)
