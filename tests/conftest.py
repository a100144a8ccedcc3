"""What every test may use: see tests/support. Property tests: no deadlines (speed is for `make bench`)."""

import gc
import os

import pytest
from aiohttp import web_app
from hypothesis import settings

pytest_plugins = ["tests.support.database", "tests.support.locales"]

settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)  # a landing must not depend on luck
settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest tests first: begun last, they would keep a worker busy when the other has nothing left."""
    items.sort(key=lambda item: (item.path.stem != "test_crashes", item.get_closest_marker("slow") is None))


def pytest_collection_finish() -> None:
    """What was collected lives to the end: looking through it all stopped every other test for 0.6 s."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 20, 50)


def pytest_runtest_logfinish() -> None:
    """aiohttp remembers a thousand handlers, and with them the servers they belong to: forty whole worlds."""
    web_app._cached_build_middleware.cache_clear()
