"""The languages as fixtures. A missing text or parameter is an error under them, not a fallback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.domain.values import Language
from bot.ui.locale import Locale


@pytest.fixture(scope="module")
def strict_locales() -> Iterator[None]:
    """For modules that make locales of their own; the fixtures below ask for it."""
    Locale.strict = True
    yield
    Locale.strict = False


@pytest.fixture(params=list(Language), ids=str)
def locale(strict_locales: None, request: pytest.FixtureRequest) -> Locale:
    return Locale.of(request.param)


@pytest.fixture
def english(strict_locales: None) -> Locale:
    return Locale.of(Language.ENGLISH)


@pytest.fixture
def chinese(strict_locales: None) -> Locale:
    return Locale.of(Language.CHINESE, "Asia/Shanghai")
