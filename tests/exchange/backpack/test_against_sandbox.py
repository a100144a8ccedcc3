"""The whole client against the sandbox exchange, which knows nothing of it and may contradict it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from bot.domain.orders.order import OrderEvent, OrderReport, OrderRequest
from bot.domain.values import OrderType, Side, TimeInForce
from bot.exchange.backpack import (
    AccountClient,
    BackpackClient,
    BackpackError,
    ClockRefused,
    Connected,
    DepthUpdate,
    MarkPriceUpdate,
    OrderUpdate,
    PositionUpdate,
    PublicStream,
    RateLimited,
    Reconnected,
    Rejected,
    StrategyRequest,
    Unauthorised,
    UnknownOutcome,
    Unrecognised,
    UserStream,
)
from bot.sandbox.exchange import ExchangeConfig, SandboxExchange
from tests.exchange.backpack.support import BROKER, EAGER, SeedSigner
from tests.support.present import present

PERP = "SOL_USDC_PERP"


@pytest.fixture
async def sandbox() -> AsyncIterator[SandboxExchange]:
    async with SandboxExchange(ExchangeConfig(moving=False)) as exchange:
        yield exchange


async def admin(sandbox: SandboxExchange, path: str, body: Any = None, method: str = "POST") -> Any:
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.request(method, f"{sandbox.rest_url}/sandbox/{path}", json=body)
        answer.raise_for_status()
        return answer.json()


@pytest.fixture
async def client(sandbox: SandboxExchange) -> AsyncIterator[BackpackClient]:
    async with BackpackClient(sandbox.rest_url, BROKER, retry=EAGER, timeout=3.0) as made:
        yield made


@pytest.fixture
async def account(sandbox: SandboxExchange, client: BackpackClient, signer: SeedSigner) -> AccountClient:
    await admin(sandbox, "accounts", {"label": "alice", "publicKey": signer.public_key})
    return client.account(signer)


def market_buy(quantity: str = "1", client_id: int = 7) -> OrderRequest:
    return OrderRequest(PERP, Side.BUY, OrderType.MARKET, quantity=Decimal(quantity), client_id=client_id)


async def resting_buy(client: BackpackClient, client_id: int = 8) -> OrderRequest:
    market = await client.market(PERP)
    best = (await client.depth(PERP)).best_bid
    assert best is not None
    return OrderRequest(
        PERP,
        Side.BUY,
        OrderType.LIMIT,
        quantity=Decimal(1),
        price=market.floor_price(best * Decimal("0.97")),
        time_in_force=TimeInForce.GTC,
        post_only=True,
        client_id=client_id,
    )


async def place(client: BackpackClient, account: AccountClient, request: OrderRequest) -> OrderReport:
    return await account.send(account.prepare_order(request, timestamp_ms=client.now_ms(), window_ms=5_000))


async def test_every_public_read_is_understood(client: BackpackClient) -> None:
    markets = await client.markets()
    assert markets[PERP].imf is not None
    assert (await client.market(PERP)).tick == markets[PERP].tick
    book = await client.depth(PERP, 20)
    assert present(book.best_bid) < present(book.best_ask)
    assert list(book.bids) == sorted(book.bids, reverse=True)
    assert present((await client.mark_prices())[PERP].next_funding_ms) > client.now_ms()
    assert set(await client.mark_prices(PERP)) == {PERP}
    assert present(await client.ticker(PERP)).symbol == PERP
    assert PERP in await client.tickers()
    start = client.now_ms() // 1000 - 3600
    assert isinstance(await client.klines(PERP, "1m", start), list)
    assert (await client.open_interest(PERP))[PERP].open_interest is not None
    assert isinstance(await client.funding_rates(PERP), list)
    assert isinstance(await client.trades(PERP, 10), list)
    assert isinstance(await client.trade_history(PERP, 10), list)
    assert any(asset.symbol == "USDC" for asset in await client.assets())
    assert "USDC" in await client.collateral_parameters()
    loans = await client.borrow_lend_markets()
    assert loans["SOL"].borrow_interest_rate > loans["SOL"].lend_interest_rate > 0
    assert (await client.status()).status == "Ok"
    assert await client.ping()
    assert abs(await client.server_time_ms() - client.now_ms()) < 60_000
    for read in (client.wallets, client.market_sessions, client.securities, client.prediction_events):
        assert isinstance(await read(), list)
    assert isinstance(await client.prediction_tags(), list)
    with pytest.raises(Rejected):
        await client.market("NO_SUCH")


async def test_every_private_read_is_understood(client: BackpackClient, account: AccountClient) -> None:
    await place(client, account, market_buy())
    state = await account.state()
    assert state.net_equity > 0
    assert state.balances["USDC"].total > 0
    assert state.positions[PERP].quantity == 1
    assert (await account.summary()).leverage_limit == state.leverage_limit
    assert (await account.balances())["USDC"].available > 0
    assert set(await account.positions(PERP)) == {PERP}
    assert await account.positions("BTC_USDC_PERP") == {}
    assert await account.max_order_quantity(PERP, Side.BUY) > 0
    assert await account.max_borrow_quantity("USDC") >= 0
    assert await account.max_withdrawal_quantity("USDC") >= 0
    assert await account.deposit_address("Solana")
    [report] = await account.order_history(PERP)
    assert (report.event, report.client_id) == (OrderEvent.FILLED, 7)
    [fill] = await account.fills(PERP, order_id=report.exchange_id)
    assert (fill.client_id, fill.exchange_order_id) == (7, report.exchange_id)
    assert fill.fee > 0
    for history in (
        account.funding_payments,
        account.position_history,
        account.strategy_history,
        account.settlements,
        account.interest_payments,
        account.borrow_lend_history,
        account.borrow_lend_positions_history,
        account.dust_history,
        account.deposits,
        account.withdrawals,
    ):
        assert isinstance(await history(), list)


async def test_funding_paid_shows_in_the_history(
    sandbox: SandboxExchange, client: BackpackClient, account: AccountClient
) -> None:
    await place(client, account, market_buy())
    await admin(sandbox, "funding", {"symbol": PERP})
    [payment] = await account.funding_payments(PERP)
    assert payment.symbol == PERP
    assert (await client.funding_rates(PERP))[0].funding_rate == payment.funding_rate


async def test_orders_carry_the_tag_and_can_be_found_and_cancelled(
    sandbox: SandboxExchange, client: BackpackClient, account: AccountClient
) -> None:
    report = await place(client, account, await resting_buy(client))
    assert report.event is OrderEvent.ACCEPTED
    found = await account.find_order(PERP, client_id=8)
    assert found is not None
    assert found.exchange_id == report.exchange_id
    assert [order.exchange_id for order in await account.open_orders()] == [report.exchange_id]
    cancelled = await account.cancel(PERP, order_id=report.exchange_id)
    assert cancelled is None or cancelled.event is OrderEvent.CANCELLED
    assert await account.find_order(PERP, client_id=8) is None
    past = await account.find_past_order(PERP, 8, since_ms=present(report.created_ms))
    assert present(past).event is OrderEvent.CANCELLED
    with pytest.raises(Rejected):
        await account.cancel(PERP, order_id=report.exchange_id)
    orders = await admin(sandbox, "orders", method="GET")
    assert [(order["brokerId"], order["brokerKey"]) for order in orders] == [(4711, "broker-key-secret")]


async def test_batches_strategies_and_settings_work(
    sandbox: SandboxExchange, client: BackpackClient, account: AccountClient
) -> None:
    good, bad = await resting_buy(client, 1), market_buy("0.0000001", 2)
    placed, refused = await account.place_batch([good, bad])
    assert isinstance(placed, OrderReport)
    assert placed.event is OrderEvent.ACCEPTED
    assert isinstance(refused, Rejected)
    assert [order.event for order in await account.cancel_all(PERP)] == [OrderEvent.CANCELLED]

    request = StrategyRequest(PERP, Side.BUY, Decimal(10), duration_ms=600_000, interval_ms=60_000)
    strategy = await account.create_strategy(request)
    assert [one.id for one in await account.open_strategies()] == [strategy.id]
    assert present(await account.find_strategy(PERP, strategy_id=str(strategy.id))).status == "Running"
    await account.cancel_strategy(PERP, strategy_id=str(strategy.id))
    assert await account.find_strategy(PERP, strategy_id=str(strategy.id)) is None
    await account.cancel_all_strategies(PERP)

    await account.update_settings(leverage_limit=Decimal(7), auto_lend=False)
    assert (await account.summary()).leverage_limit == 7
    tags = {order["brokerId"] for order in await admin(sandbox, "orders", method="GET")}
    assert tags == {4711}


async def test_an_order_with_exits_leaves_them_on_the_exchange(
    client: BackpackClient, account: AccountClient
) -> None:
    last = present((await client.depth(PERP)).mid)
    tick = (await client.market(PERP)).round_price
    request = OrderRequest(
        PERP,
        Side.BUY,
        OrderType.MARKET,
        quantity=Decimal(1),
        take_profit_trigger=tick(last * Decimal("1.1")),
        stop_loss_trigger=tick(last * Decimal("0.9")),
        stop_loss_by="MarkPrice",
        client_id=9,
    )
    parent = await place(client, account, request)
    children = await account.open_orders(PERP)
    assert {child.event for child in children} == {OrderEvent.TRIGGER_PLACED}
    assert {child.related_id for child in children} == {parent.exchange_id}
    assert {child.trigger_price for child in children} == {
        request.take_profit_trigger,
        request.stop_loss_trigger,
    }


async def test_an_unlinked_key_is_unauthorised_and_a_read_only_one_is_refused(
    sandbox: SandboxExchange, client: BackpackClient
) -> None:
    stranger = client.account(SeedSigner(bytes(32)))
    with pytest.raises(Unauthorised):
        await stranger.summary()
    reader = SeedSigner(bytes([1]) * 32)
    await admin(sandbox, "accounts", {"label": "reader", "publicKey": reader.public_key, "readOnly": True})
    account = client.account(reader)
    await account.summary()
    with pytest.raises((Rejected, Unauthorised)):
        await place(client, account, market_buy())


@pytest.mark.parametrize("jump_ms", [3_600_000, 90_000, -90_000, -3_600_000])
async def test_a_clock_that_jumps_is_measured_at_once_and_reads_go_on(
    sandbox: SandboxExchange, client: BackpackClient, account: AccountClient, jump_ms: int
) -> None:
    await client.refresh_clock()
    await account.summary()
    await admin(sandbox, "clock", {"offsetMs": jump_ms})
    state, resting = await asyncio.gather(account.state(), account.open_orders())
    assert (state.net_equity > 0, resting) == (True, [])
    assert abs(client.clock_offset_ms - jump_ms) < 5_000


@pytest.mark.parametrize("jump_ms", [90_000, -90_000])
async def test_an_order_refused_for_its_time_blames_the_clock_and_is_not_sent_again(
    sandbox: SandboxExchange, client: BackpackClient, account: AccountClient, jump_ms: int
) -> None:
    await client.refresh_clock()
    await admin(sandbox, "clock", {"offsetMs": jump_ms})
    with pytest.raises(ClockRefused) as caught:
        await place(client, account, market_buy())
    assert (caught.value.code, caught.value.ahead) == ("CLOCK_DIFFERS", jump_ms < 0)
    assert abs(client.clock_offset_ms - jump_ms) < 5_000
    await place(client, account, market_buy())


@pytest.mark.parametrize(
    ("rule", "error", "placed"),
    [
        ({"action": "drop_before"}, UnknownOutcome, False),
        ({"action": "drop_after"}, UnknownOutcome, True),
        ({"action": "cut_body"}, UnknownOutcome, True),
        ({"action": "html", "status": 502}, UnknownOutcome, False),
        ({"action": "status", "status": 504}, UnknownOutcome, False),
        ({"action": "status", "status": 500, "when": "after"}, UnknownOutcome, True),
        ({"action": "status", "status": 429, "retryAfter": 1}, RateLimited, False),
        ({"action": "answer_twice"}, None, True),
    ],
    ids=lambda value: value.get("action") if isinstance(value, dict) else None,
)
async def test_no_fault_on_the_wire_is_reported_wrongly(
    sandbox: SandboxExchange,
    client: BackpackClient,
    account: AccountClient,
    rule: dict[str, Any],
    error: type[BackpackError],
    placed: bool,
) -> None:
    await place(client, account, market_buy(client_id=1))
    await admin(sandbox, "faults", {**rule, "match": {"method": "POST", "path": "/api/v1/order"}})
    if error is None:
        assert (await place(client, account, market_buy(client_id=2))).client_id == 2
        assert (await place(client, account, market_buy(client_id=3))).client_id == 3
    else:
        with pytest.raises(error):
            await place(client, account, market_buy(client_id=2))
    past = await account.find_past_order(PERP, 2, since_ms=client.now_ms() - 60_000)
    assert (past is not None) == placed


async def test_the_user_stream_tells_of_orders_and_positions_and_mends_itself(
    sandbox: SandboxExchange, client: BackpackClient, account: AccountClient, signer: SeedSigner
) -> None:
    stream = UserStream(sandbox.ws_url, signer, now_ms=client.now_ms, jitter=lambda: 0.01)
    seen: list[Any] = []
    async with asyncio.timeout(20), stream:
        async for event in stream:
            seen.append(event)
            match event:
                case Connected():
                    await place(client, account, market_buy(client_id=1))
                case OrderUpdate(report) if report.client_id == 1 and report.event is OrderEvent.FILLED:
                    await admin(sandbox, "faults", {"action": "close_sockets"})
                case Reconnected():
                    await place(client, account, market_buy(client_id=2))
                case OrderUpdate(report) if report.client_id == 2 and report.event is OrderEvent.FILLED:
                    break
    fills = [event.report.fill for event in seen if isinstance(event, OrderUpdate) and event.report.fill]
    assert {fill.client_id for fill in fills} == {1, 2}
    assert all(fill.fee > 0 and fill.fee_symbol == "USDC" for fill in fills)
    assert any(isinstance(event, PositionUpdate) and event.symbol == PERP for event in seen)
    assert not [event for event in seen if isinstance(event, Unrecognised)]


async def test_public_streams_are_understood(
    sandbox: SandboxExchange, client: BackpackClient, account: AccountClient
) -> None:
    names = [f"{kind}.{PERP}" for kind in ("depth", "bookTicker", "trade", "markPrice", "ticker")]
    stream = PublicStream(sandbox.ws_url, [*names, f"kline.1m.{PERP}"])
    kinds: set[type] = set()
    async with asyncio.timeout(20), stream:
        async for event in stream:
            assert not isinstance(event, Unrecognised)
            kinds.add(type(event))
            if isinstance(event, Connected):
                await place(client, account, market_buy())
            if {DepthUpdate, MarkPriceUpdate} <= kinds:
                break
