"""Orders and fills of an account as the exchange remembers them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from bot.domain.orders.order import OrderEvent
from bot.exchange.backpack import (
    BackpackClient,
    Rejected,
)
from tests.exchange.backpack.support import (
    ORDER,
    SeedSigner,
    WireExchange,
    refuses,
    says,
)


async def test_history_and_live_orders_read_alike_though_written_differently(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner
) -> None:
    live = {**ORDER, "status": "New", "executedQuantity": "0", "executedQuoteQuantity": "0"}
    past = {
        **ORDER,
        "status": "Expired",
        "clientId": "77",
        "createdAt": "2026-09-21T14:13:20.123",
        "expiryReason": "ImmediateOrCancel",
        "triggerPrice": "141.5",
        "executedQuantity": None,
        "executedQuoteQuantity": None,
    }
    exchange.answers(says([live]), says([past]))
    account = client.account(signer)
    [resting] = await account.open_orders("SOL_USDC_PERP")
    [expired] = await account.order_history("SOL_USDC_PERP")
    assert resting.created_ms == expired.created_ms == 1790000000123
    assert resting.client_id == expired.client_id == 77
    assert (resting.event, expired.event) == (OrderEvent.ACCEPTED, OrderEvent.EXPIRED)
    assert (expired.reason, expired.trigger_price) == ("ImmediateOrCancel", Decimal("141.5"))


@pytest.mark.parametrize(
    ("status", "executed", "event"),
    [
        ("New", "0", OrderEvent.ACCEPTED),
        ("New", "0.5", OrderEvent.PARTIAL_FILL),
        ("TriggerPending", "0", OrderEvent.TRIGGER_PLACED),
        ("Levitating", "0.5", OrderEvent.PARTIAL_FILL),
        ("Levitating", "0", OrderEvent.ACCEPTED),
    ],
)
async def test_an_unseen_status_is_carried_by_what_was_executed(
    exchange: WireExchange,
    client: BackpackClient,
    signer: SeedSigner,
    status: str,
    executed: str,
    event: OrderEvent,
) -> None:
    exchange.answers(says({**ORDER, "status": status, "executedQuantity": executed}))
    report = await client.account(signer).find_order("SOL_USDC_PERP", client_id=77)
    assert report is not None
    assert report.event is event


async def test_fills_carry_fee_and_utc_time(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner
) -> None:
    row = {
        "symbol": "ETH_USDC",
        "side": "Ask",
        "price": "3000.5",
        "quantity": "0.2",
        "fee": "-0.03",
        "feeSymbol": "USDC",
        "isMaker": True,
        "orderId": "42",
        "clientId": "4294967295",
        "tradeId": 9,
        "timestamp": "2024-01-01T00:00:00.5",
        "systemOrderType": "LiquidatePositionOnAdl",
    }
    exchange.answers(says([row]))
    [fill] = await client.account(signer).fills("ETH_USDC", from_ms=5, fill_type="User")
    assert exchange.last.query == {
        "symbol": "ETH_USDC",
        "from": "5",
        "fillType": "User",
        "limit": "100",
        "offset": "0",
        "sortDirection": "Desc",
    }
    assert (fill.fee, fill.is_maker, fill.client_id) == (Decimal("-0.03"), True, 4294967295)
    assert fill.timestamp_ms == 1704067200500
    assert fill.system_type == "LiquidatePositionOnAdl"


async def test_an_order_is_found_in_the_history_by_client_id_over_several_pages(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner
) -> None:
    def page(start: int) -> list[dict[str, Any]]:
        return [
            {**ORDER, "id": str(number), "clientId": number, "createdAt": 2_000_000 - number}
            for number in range(start, start + 100)
        ]

    exchange.answers(says(page(0)), says(page(100)), says(page(200)))
    account = client.account(signer)
    found = await account.find_past_order("SOL_USDC_PERP", 142, since_ms=1_000_000)
    assert found is not None
    assert found.exchange_id == "142"
    assert [seen.query["offset"] for seen in exchange.seen] == ["0", "100"]


async def test_an_order_older_than_the_attempt_is_somebody_elses(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner
) -> None:
    exchange.answers(says([{**ORDER, "createdAt": 999}]))
    assert await client.account(signer).find_past_order("SOL_USDC_PERP", 77, since_ms=1_000) is None


async def test_an_order_that_does_not_rest_is_none_but_other_refusals_are_raised(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner
) -> None:
    account = client.account(signer)
    exchange.answers(refuses("RESOURCE_NOT_FOUND", status=404), refuses("INVALID_SYMBOL"))
    assert await account.find_order("SOL_USDC", client_id=1) is None
    with pytest.raises(Rejected):
        await account.find_order("SOL_USDC", client_id=1)
