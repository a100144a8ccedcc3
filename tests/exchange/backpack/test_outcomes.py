"""Nothing but the engine's own word about an order is a proof, whatever status and code it comes with."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.exchange.backpack import (
    API_ERROR_CODES,
    BackpackError,
    ClockRefused,
    NotSent,
    RateLimited,
    Unauthorised,
)
from bot.exchange.backpack.errors import error_from_answer, error_from_code
from bot.exchange.backpack.outcomes import Proof, of_cancel, of_order

PROVEN = {
    *("ACCOUNT_LIQUIDATING", "BORROW_LIMIT", "BORROW_REQUIRES_LEND_REDEEM", "INSUFFICIENT_FUNDS"),
    *("INSUFFICIENT_MARGIN", "INSUFFICIENT_SUPPLY", "INVALID_ASSET", "INVALID_MARKET", "INVALID_ORDER"),
    *("INVALID_PRICE", "INVALID_QUANTITY", "INVALID_RANGE", "INVALID_SYMBOL", "LEND_LIMIT"),
    *("LEND_REQUIRES_BORROW_REPAY", "MAX_LEVERAGE_REACHED", "ORDER_LIMIT", "POSITION_LIMIT"),
    "TRADING_PAUSED",
}


def answered(status: int, code: str, message: str = "because") -> BackpackError:
    return error_from_answer(status, json.dumps({"code": code, "message": message}).encode())


@given(st.integers(300, 599), st.sampled_from([*sorted(API_ERROR_CODES), "OF_TOMORROW", ""]))
def test_an_order_is_refused_only_by_the_engines_own_codes(status: int, code: str) -> None:
    proven = code in PROVEN and status in {400, 422}
    assert of_order(answered(status, code)) is (Proof.REFUSED if proven else Proof.NOTHING)
    assert of_cancel(answered(status, code)) is Proof.NOTHING


@given(st.integers(300, 599), st.binary(max_size=200))
def test_what_is_not_the_exchanges_json_proves_nothing(status: int, body: bytes) -> None:
    assert of_order(error_from_answer(status, b"<" + body)) is Proof.NOTHING


@pytest.mark.parametrize(
    "message", ["Duplicate clientId", "duplicate client order id", "Order already exists", "clientId in use"]
)
@pytest.mark.parametrize("code", ["INVALID_ORDER", "INVALID_CLIENT_REQUEST", "INVALID_RANGE"])
def test_an_order_the_exchange_has_seen_before_may_be_ours(code: str, message: str) -> None:
    assert of_order(answered(400, code, message)) is Proof.NOTHING
    assert of_order(error_from_code(code, message)) is Proof.NOTHING


def test_what_never_left_is_known_not_to_have_left() -> None:
    for never in (NotSent("no connection"), RateLimited("held back")):
        assert of_order(never) is of_cancel(never) is Proof.UNSENT
    assert of_order(RateLimited("slow down", status=429)) is Proof.NOTHING


@pytest.mark.parametrize(
    ("message", "ahead", "proof"),
    [
        ("Request has expired: timestamp plus window is in the past", False, Proof.NOTHING),
        ("Invalid timestamp: it is in the future", True, Proof.REFUSED),
        ("Timestamp outside of recvWindow", False, Proof.NOTHING),
        ("timestamp is ahead of server time", True, Proof.REFUSED),
    ],
)
@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refusal_for_the_time_is_told_from_one_for_the_key(
    message: str, ahead: bool, proof: Proof, status: int
) -> None:
    for code in ("INVALID_CLIENT_REQUEST", "UNAUTHORIZED", "INVALID_SIGNATURE"):
        error = answered(status, code, message)
        assert isinstance(error, ClockRefused)
        assert (error.ahead, of_order(error)) == (ahead, proof)


@pytest.mark.parametrize("message", ["API key has expired", "Unknown API key", "Session expired"])
def test_a_key_that_expired_is_not_the_clock(message: str) -> None:
    assert isinstance(answered(401, "UNAUTHORIZED", message), Unauthorised)
