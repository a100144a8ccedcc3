"""The table of `python -m tests.alerts.frozen` is whole, and of its rows those that once were late."""

from __future__ import annotations

from typing import get_args

import pytest

from bot.domain.alert import Condition
from bot.domain.intent import AlertIntent
from bot.grammar import Parsed, parse
from tests.alerts.frozen import LONGEST_S, frozen
from tests.alerts.streams import OF_NO_STREAM, ROWS, STREAMS, UNREADABLE, Row, a_busy_account_fills


def test_every_stream_is_frozen_or_it_is_said_why_not() -> None:
    of_rows = {row.stream for row in ROWS}
    assert of_rows >= set(STREAMS) - set(UNREADABLE)
    assert not of_rows & set(UNREADABLE)


def test_every_kind_of_condition_is_made_true_behind_a_frozen_stream() -> None:
    kinds = {type(_intent(row).condition) for row in ROWS}
    assert kinds | set(OF_NO_STREAM) == set(get_args(Condition))


def _intent(row: Row) -> AlertIntent:
    parsed = parse(row.line)
    assert isinstance(parsed, Parsed), row.line
    (intent,) = parsed.intents
    assert isinstance(intent, AlertIntent)
    return intent


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)  # it is no part of this
async def test_a_fill_is_told_though_another_stream_of_the_account_goes_on(database_url: str) -> None:
    (row,) = [row for row in ROWS if row.happens is a_busy_account_fills]
    assert await frozen(database_url, row) < LONGEST_S
