"""What the frames of the streams become, and that no frame at all can break their reader."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.orders.order import OrderEvent
from bot.domain.values import Side
from bot.exchange.backpack import BalanceUpdate, DepthUpdate, OrderUpdate, PositionUpdate, Unrecognised
from bot.exchange.backpack.events import parse
from tests.exchange.backpack.frames import FILL, framed


def only(stream: str, data: Any) -> Any:
    [event] = parse(framed(stream, data).encode())
    return event


def test_a_fill_becomes_a_report_with_its_fill_and_fee() -> None:
    update = only("account.orderUpdate.SOL_USDC_PERP", FILL)
    assert isinstance(update, OrderUpdate)
    report = update.report
    assert (report.symbol, report.side, report.event) == ("SOL_USDC_PERP", Side.BUY, OrderEvent.PARTIAL_FILL)
    assert (report.exchange_id, report.client_id, report.order_type) == ("1111343026172067", 123, "Market")
    assert (report.executed, report.executed_quote) == (Decimal("1.5"), Decimal(213))
    assert report.fill is not None
    assert (report.fill.price, report.fill.quantity) == (Decimal(142), Decimal("1.5"))
    assert (report.fill.fee, report.fill.fee_symbol, report.fill.trade_id) == (Decimal("0.1065"), "USDC", 567)
    assert report.fill.timestamp_ms == 1694687692989


@pytest.mark.parametrize(
    ("changes", "event"),
    [
        ({"e": "orderAccepted", "X": "New"}, OrderEvent.ACCEPTED),
        ({"e": "orderModified", "X": "New", "z": "0"}, OrderEvent.ACCEPTED),
        ({"e": "orderFill", "X": "Filled"}, OrderEvent.FILLED),
        ({"e": "orderCancelled", "X": "Cancelled"}, OrderEvent.CANCELLED),
        ({"e": "orderExpired", "X": "Expired", "R": "PRICE_BAND"}, OrderEvent.EXPIRED),
        ({"e": "triggerPlaced", "X": "TriggerPending"}, OrderEvent.TRIGGER_PLACED),
        ({"e": "triggerFailed", "X": "TriggerFailed"}, OrderEvent.TRIGGER_FAILED),
        ({"e": "orderFill", "X": "Levitating"}, OrderEvent.PARTIAL_FILL),
    ],
)
def test_every_kind_of_update_says_what_happened(changes: dict[str, Any], event: OrderEvent) -> None:
    data = {**FILL, "z": "0", "l": None, "L": None} if changes["e"] != "orderFill" else FILL
    update = only("account.orderUpdate", {**data, **changes})
    assert update.report.event is event
    assert update.report.reason == changes.get("R")
    assert update.kind == changes["e"]


def test_a_liquidation_is_told_from_the_users_own_orders() -> None:
    update = only("account.orderUpdate", {**FILL, "O": "LIQUIDATION_AUTOCLOSE", "c": None})
    assert update.report.origin == "LIQUIDATION_AUTOCLOSE"
    assert update.report.fill.system_type == "LIQUIDATION_AUTOCLOSE"
    assert update.report.client_id is None


def test_positions_come_one_by_one_or_as_a_picture() -> None:
    row = {"s": "SOL_USDC_PERP", "b": 123, "B": 122, "f": 0.5, "M": 122, "m": 0.01, "q": -5, "l": "0"}
    [single] = parse(framed("account.positionUpdate", {**row, "e": "positionOpened", "P": "1"}).encode())
    assert isinstance(single, PositionUpdate)
    assert (single.quantity, single.entry_price, single.kind) == (Decimal(-5), Decimal(122), "positionOpened")
    assert (single.imf, single.unrealized_pnl) == (Decimal("0.5"), Decimal(1))
    picture = parse(framed("account.positionUpdate", [row, {**row, "s": "BTC_USDC_PERP"}]).encode())
    rows = [event for event in picture if isinstance(event, PositionUpdate)]
    assert len(rows) == len(picture)
    assert [(row.symbol, row.kind) for row in rows] == [("SOL_USDC_PERP", None), ("BTC_USDC_PERP", None)]


def test_balances_are_absolute() -> None:
    update = only(
        "account.balanceUpdate", {"e": "balanceUpdate", "a": "USDC", "A": "122.35", "L": "10", "S": "0"}
    )
    assert update == BalanceUpdate("USDC", Decimal("122.35"), Decimal(10), Decimal(0), 0)


def test_depth_keeps_the_ids_to_chain_by() -> None:
    data = {"s": "SOL_USDC", "a": [["18.70", "0.000"]], "b": [], "U": 94978271, "u": 94978273, "T": 5}
    update = only("depth.200ms.SOL_USDC", data)
    assert isinstance(update, DepthUpdate)
    assert (update.first_id, update.last_id, update.asks) == (
        94978271,
        94978273,
        [(Decimal("18.70"), Decimal("0.000"))],
    )


@pytest.mark.parametrize(
    ("stream", "data"),
    [
        ("bookTicker.SOL_USDC", {"s": "SOL_USDC", "a": "2", "A": "1", "b": "1", "B": "1", "u": "9"}),
        ("markPrice.SOL_USDC_PERP", {"s": "SOL_USDC_PERP", "p": "1", "f": "0.1", "i": "1", "n": 5}),
        ("ticker.SOL_USDC", {"s": "S", "o": "1", "c": "1", "h": "1", "l": "1", "v": "1", "V": "1", "n": 3}),
        ("kline.1m.SOL_USDC", {"s": "S", "t": "2024-09-11T12:00:00", "T": "2024-09-11T12:01:00", "X": False}),
        ("trade.SOL_USDC", {"s": "S", "p": "1", "q": "1", "t": 1, "m": True, "a": "1", "b": "2"}),
        ("openInterest.SOL_USDC_PERP", {"s": "S", "o": "100"}),
        ("liquidation", {"s": "S", "S": "Bid", "p": "1", "q": "1"}),
    ],
)
def test_every_public_stream_is_understood(stream: str, data: Any) -> None:
    assert not isinstance(only(stream, data), Unrecognised)


@pytest.mark.parametrize(
    ("stream", "data"),
    [
        ("account.telepathy", {"x": 1}),
        ("account.orderUpdate", {**FILL, "S": "Sideways"}),
        ("account.orderUpdate", {**FILL, "l": "NaN"}),
        ("account.orderUpdate", None),
        ("depth.SOL_USDC", {"s": "S", "a": [["1e999999", "1"]], "b": [], "U": 1, "u": 1}),
    ],
)
def test_what_cannot_be_read_is_carried_and_named(stream: str, data: Any) -> None:
    event = only(stream, data)
    assert isinstance(event, Unrecognised)
    assert event.stream == stream


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_no_frame_at_all_breaks_the_reader(message: bytes) -> None:
    assert all(event is not None for event in parse(message))


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("esSiqpXlLzZTabAB"), inner)
        ),
        max_leaves=10,
    ),
    st.sampled_from(
        ["account.orderUpdate", "account.positionUpdate", "depth.X", "kline.1m.X", "markPrice.X"]
    ),
)
def test_no_payload_breaks_the_reader(data: Any, stream: str) -> None:
    events = parse(framed(stream, data).encode())
    assert events or data == [], "nothing disappears without a word"
