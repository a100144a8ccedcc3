from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.exchange.backpack import (
    API_ERROR_CODES,
    BackpackError,
    Maintenance,
    RateLimited,
    Rejected,
    Unauthorised,
    UnknownOutcome,
)
from bot.exchange.backpack.errors import MAX_MESSAGE, error_from_answer

CODES = (Path(__file__).parent / "data" / "api-error-codes.txt").read_text().split()


def judged(code: str, status: int = 400) -> BackpackError:
    return error_from_answer(status, json.dumps({"code": code, "message": "because"}).encode())


def test_every_published_code_has_its_verdict() -> None:
    assert frozenset(CODES) == API_ERROR_CODES
    assert len(CODES) == 35


@pytest.mark.parametrize("code", CODES)
def test_a_published_code_decides_whatever_the_status(code: str) -> None:
    kinds = {type(judged(code, status)) for status in (200, 400, 404, 500, 503)}
    assert len(kinds) == 1
    expected = {
        "MAINTENANCE": Maintenance,
        "TOO_MANY_REQUESTS": RateLimited,
        "UNAUTHORIZED": Unauthorised,
        "INVALID_SIGNATURE": Unauthorised,
        "TIMEOUT": UnknownOutcome,
        "SERVER_ERROR": UnknownOutcome,
    }
    assert kinds == {expected.get(code, Rejected)}
    assert judged(code).code == code
    assert judged(code).message == "because"


@given(st.integers(300, 599), st.binary(max_size=300))
def test_any_answer_at_all_becomes_one_of_our_errors_with_a_short_printable_message(
    status: int, body: bytes
) -> None:
    error = error_from_answer(status, body)
    assert isinstance(error, BackpackError)
    assert error.message.isprintable()
    assert 0 < len(error.message) <= MAX_MESSAGE
    if status >= 500 and error.code is None:
        assert isinstance(error, UnknownOutcome)


def test_a_web_page_is_not_quoted() -> None:
    error = error_from_answer(502, b"<!DOCTYPE html><html><head><title>Bad gateway</title></head></html>")
    assert error.message == "HTTP 502 with a web page instead of an answer"


def test_a_key_in_a_message_is_cut_out() -> None:
    key = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
    error = error_from_answer(401, json.dumps({"code": "UNAUTHORIZED", "message": f"no key {key}!"}).encode())
    assert error.message == "no key …!"


@pytest.mark.parametrize(("retry_after", "waits"), [(None, 5.0), (0.5, 0.5), (60.0, 60.0)])
def test_rate_limits_say_how_long_to_wait(retry_after: float | None, waits: float) -> None:
    error = error_from_answer(429, b"slow down", retry_after=retry_after)
    assert isinstance(error, RateLimited)
    assert error.retry_after == waits
