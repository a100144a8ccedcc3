"""A real Chromium for tests, or a skip that says what is missing. In CI its absence is a failure."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import AsyncIterator
from ctypes.util import find_library

import pytest
from playwright.async_api import Browser, async_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextlib.asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A running browser, closed at the end."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        _missing("no Chromium on this machine: install chromium to run the browser tests")
    if sys.platform == "linux" and find_library("atomic") is None:
        _missing("no libatomic on this machine: install libatomic1 to run the browser tests")
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=found, args=list(_ARGUMENTS))
        try:
            yield browser
        finally:
            await browser.close()


def _missing(what: str) -> None:
    assert not os.environ.get("CI"), what
    pytest.skip(what)
