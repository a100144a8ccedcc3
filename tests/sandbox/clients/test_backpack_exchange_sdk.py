"""backpack-exchange-sdk, a blocking client that is kept up, and its WebSocket client in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from typing import Any, cast

import pytest
from backpack_exchange_sdk import AuthenticationClient, PublicClient, WebSocketClient
from backpack_exchange_sdk._base.errors import BackpackAPIError

from tests.sandbox.clients.conftest import OpenVenue, Venue, call, new_key

SOL, PERP = "SOL_USDC", "SOL_USDC_PERP"
REJECTED = "INVALID_CLIENT_REQUEST"


@pytest.fixture
def trader(venue: Venue) -> AuthenticationClient:
    return AuthenticationClient(venue.public, venue.secret, base_url=f"{venue.rest_url}/", timeout=5)


async def refusal(method: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    """The exchange's code for a call it refuses."""
    with pytest.raises(BackpackAPIError) as refused:
        await call(method, *args, **kwargs)
    return str(refused.value.code)


async def test_public_reads(venue: Venue) -> None:
    client = PublicClient(base_url=f"{venue.rest_url}/", timeout=5)
    assert await call(client.get_status) == {"status": "Ok"}
    assert await call(client.send_ping) == "pong"
    now = int(await call(client.get_system_time)) // 1000
    assert await call(client.get_assets)
    assert await call(client.get_collateral)
    assert await call(client.get_wallets)
    assert {SOL, PERP} <= {market["symbol"] for market in await call(client.get_markets)}
    assert (await call(client.get_market, PERP))["marketType"] == "PERP"
    assert (await call(client.get_ticker, PERP))["symbol"] == PERP
    assert len(await call(client.get_tickers)) > 5
    assert (await call(client.get_depth, PERP))["asks"]
    assert await call(client.get_klines, PERP, "1h", now - 86_400)
    assert await call(client.get_mark_price, PERP)
    assert await call(client.get_open_interest, PERP)
    assert await call(client.get_funding_interval_rates, PERP)
    assert await call(client.get_prediction_markets) == []
    assert await call(client.get_prediction_tags) == []


async def test_private_reads(trader: AuthenticationClient) -> None:
    assert Decimal((await call(trader.get_account))["leverageLimit"]) >= 1
    assert (await call(trader.get_balances))["USDC"]["available"] == "10000"
    assert Decimal((await call(trader.get_collateral))["netEquity"]) > 10_000
    assert Decimal((await call(trader.get_max_order_quantity, PERP, "Bid"))["maxOrderQuantity"]) > 1
    assert (await call(trader.get_max_borrow_quantity, "SOL"))["symbol"] == "SOL"
    assert (await call(trader.get_max_withdrawal_quantity, "SOL"))["symbol"] == "SOL"
    assert (await call(trader.get_deposit_address, "Solana"))["address"]
    for empty in ("deposits", "withdrawals", "open_positions", "open_orders", "open_strategies"):
        assert await call(getattr(trader, f"get_{empty}")) == []
    await call(trader.update_account, leverageLimit="8")
    assert (await call(trader.get_account))["leverageLimit"] == "8"


async def test_trades_leave_fills_positions_and_history(venue: Venue, trader: AuthenticationClient) -> None:
    order = await call(trader.execute_order, "Market", "Bid", PERP, quantity="0.5", brokerId=1234)
    assert order["status"] == "Filled"
    (fill,) = await call(trader.get_fill_history, symbol=PERP)
    assert (fill["orderId"], fill["quantity"]) == (order["id"], "0.5")
    assert (await call(trader.get_order_history, symbol=PERP))[0]["id"] == order["id"]
    assert (await call(trader.get_open_positions))[0]["netQuantity"] == "0.5"
    assert (await call(trader.get_position_history))[0]["state"] == "Open"
    await venue.tell("funding", symbol=PERP)
    assert len(await call(trader.get_funding_payments)) == 1
    sources = {row["source"] for row in await call(trader.get_settlement_history)}
    assert sources <= {"FundingPayment", "RealizePnl", "TradingFees"}
    for empty in ("borrow", "interest", "borrow_position", "dust", "strategy"):
        assert await call(getattr(trader, f"get_{empty}_history")) == []


async def test_the_broker_it_names_is_recorded(venue: Venue, trader: AuthenticationClient) -> None:
    """It names the broker in the header and in the signed body; the header counts."""
    limit = {"symbol": PERP, "side": "Bid", "orderType": "Limit", "price": "140", "quantity": "1"}
    await call(trader.execute_order, "Limit", "Bid", PERP, price="141", quantity="1", brokerId=1234)
    batch = await call(trader.execute_batch_orders, [limit, {**limit, "postOnly": True}], brokerId=77)
    assert [order["operation"] for order in batch] == ["Ok", "Ok"]
    assert [order["brokerId"] for order in await venue.orders()] == [1234, 77, 77]


async def test_resting_orders_are_found_and_cancelled(trader: AuthenticationClient) -> None:
    limit = {"price": "140", "quantity": "0.5"}
    first = await call(trader.execute_order, "Limit", "Bid", PERP, clientId=9, **limit)
    second = await call(trader.execute_order, "Limit", "Bid", PERP, postOnly=True, **limit)
    assert await call(trader.get_users_open_orders, PERP, orderId=first["id"]) == first
    assert await call(trader.get_users_open_orders, PERP, clientId=9) == first
    assert await call(trader.get_open_orders, PERP, "PERP") == [first, second]
    assert (await call(trader.cancel_open_order, PERP, clientId=9))["id"] == first["id"]
    assert (await call(trader.cancel_open_order, PERP, orderId=second["id"]))["status"] == "Cancelled"
    assert await refusal(trader.cancel_open_order, PERP, clientId=9) == "RESOURCE_NOT_FOUND"
    crossing = {"price": "160", "quantity": "0.5"}
    assert await refusal(trader.execute_order, "Limit", "Bid", PERP, postOnly=True, **crossing)


async def test_triggers_attached_exits_and_kinds_of_cancel(trader: AuthenticationClient) -> None:
    exits = {"takeProfitTriggerPrice": "170", "stopLossTriggerPrice": "130", "stopLossLimitPrice": "129"}
    await call(trader.execute_order, "Market", "Bid", PERP, quantity="1", **exits)
    whole = {"triggerPrice": "135", "triggerQuantity": "100%", "reduceOnly": True, "triggerBy": "MarkPrice"}
    stop = await call(trader.execute_order, "Market", "Ask", PERP, **whole)
    both = {"quantity": "0.5", "triggerQuantity": "0.4", "triggerPrice": "136", "reduceOnly": True}
    other = await call(trader.execute_order, "Market", "Ask", PERP, **both)
    assert (stop["triggerQuantity"], other["triggerQuantity"]) == ("100%", "0.4")
    rest = await call(trader.execute_order, "Limit", "Ask", PERP, price="160", quantity="0.1")
    gone = await call(trader.cancel_open_orders, PERP, "ConditionalOrder")
    assert {stop["id"], other["id"]} <= {order["id"] for order in gone}
    assert [order["id"] for order in await call(trader.cancel_open_orders, PERP)] == [rest["id"]]


async def test_strategies(trader: AuthenticationClient) -> None:
    slices = {"quantity": "1", "duration": 60_000, "interval": 10_000, "clientStrategyId": 3}
    made = await call(trader.create_strategy, PERP, "Bid", "Scheduled", **slices)
    assert (await call(trader.get_strategy, PERP, strategyId=made["id"]))["id"] == made["id"]
    assert [row["id"] for row in await call(trader.get_open_strategies)] == [made["id"]]
    assert (await call(trader.cancel_strategy, PERP, clientStrategyId=3))["id"] == made["id"]
    assert await call(trader.cancel_all_strategies, PERP) == []


async def test_refusals_are_told(venue: Venue, trader: AuthenticationClient) -> None:
    huge = {"price": "150", "quantity": "100000"}
    assert await refusal(trader.execute_order, "Limit", "Bid", PERP, **huge) == "INSUFFICIENT_MARGIN"
    public, secret = new_key()
    address = f"{venue.rest_url}/"
    assert (
        await refusal(AuthenticationClient(venue.public, secret, base_url=address).get_balances) == REJECTED
    )
    assert (
        await refusal(AuthenticationClient(public, secret, base_url=address).get_balances) == "UNAUTHORIZED"
    )


class Listening(WebSocketClient):
    """The same client at another address, which it fixes in its constructor."""

    base_url = property(lambda self: self.address, lambda self, value: None)

    def __init__(self, venue: Venue) -> None:
        self.address = venue.ws_url
        super().__init__(venue.public, venue.secret)


@pytest.fixture
async def listen() -> AsyncIterator[Callable[[Venue], Awaitable[WebSocketClient]]]:
    made: list[WebSocketClient] = []

    async def connect(venue: Venue) -> WebSocketClient:
        made.append(await asyncio.to_thread(Listening, venue))
        return made[-1]

    yield connect
    for client in made:
        cast(Any, client.ws).on_close = None  # it would connect again for ever
        await asyncio.to_thread(client.close)


async def test_streams(open_venue: OpenVenue, listen: Callable[[Venue], Awaitable[WebSocketClient]]) -> None:
    venue = await open_venue(moving=True)
    trader = AuthenticationClient(venue.public, venue.secret, base_url=f"{venue.rest_url}/", timeout=5)
    loop, events = asyncio.get_running_loop(), asyncio.Queue[dict[str, Any]]()
    client = await listen(venue)

    def tell(event: dict[str, Any]) -> None:
        loop.call_soon_threadsafe(events.put_nowait, event)

    public = [f"{kind}.{PERP}" for kind in ("depth", "bookTicker", "trade", "markPrice", "ticker")]
    client.subscribe([*public, f"kline.1m.{PERP}"], tell)
    client.subscribe(["account.orderUpdate", "account.positionUpdate"], tell, is_private=True)
    wanted = {"depth", "bookTicker", "trade", "markPrice", "ticker", "kline", "orderFill", "positionAdjusted"}
    async with asyncio.timeout(30):
        while wanted:  # a subscription has no answer: trade until it is heard
            await call(trader.execute_order, "Market", "Bid", PERP, quantity="0.1")
            while wanted and not events.empty():
                wanted.discard(events.get_nowait()["e"])
            await asyncio.sleep(0.05)
