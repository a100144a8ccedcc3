"""Every view test is strict: a missing text or parameter is an error, not a fallback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.domain.values import Language
from bot.ui.locale import Locale


@pytest.fixture(autouse=True)
def _strict() -> Iterator[None]:
    Locale.strict = True
    yield
    Locale.strict = False


@pytest.fixture(params=list(Language), ids=str)
def locale(request: pytest.FixtureRequest) -> Locale:
    return Locale.of(request.param)


@pytest.fixture
def english() -> Locale:
    return Locale.of(Language.ENGLISH)


@pytest.fixture
def chinese() -> Locale:
    return Locale.of(Language.CHINESE, "Asia/Shanghai")
