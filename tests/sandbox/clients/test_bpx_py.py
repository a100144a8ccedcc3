"""bpx-py, the exchange's older Python client, in its blocking and its asynchronous form.

It returns the exchange's error object instead of raising, and names no broker.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import bpx.account
import bpx.async_.account
import bpx.async_.public
import bpx.public
import pytest
from bpx.base.base_account import BaseAccount
from bpx.base.base_public import BasePublic

from tests.sandbox.clients.conftest import Venue, call, new_key

SOL, PERP = "SOL_USDC", "SOL_USDC_PERP"


@dataclass(frozen=True, slots=True)
class Form:
    """One of the two forms the package comes in."""

    public: Callable[..., Any]
    account: Callable[..., Any]


FORMS = {
    "blocking": Form(bpx.public.Public, bpx.account.Account),
    "asynchronous": Form(bpx.async_.public.Public, bpx.async_.account.Account),
}


@pytest.fixture(params=FORMS)
def form(request: pytest.FixtureRequest, venue: Venue, monkeypatch: pytest.MonkeyPatch) -> Form:
    monkeypatch.setattr(BasePublic, "BASE_URL", f"{venue.rest_url}/")
    monkeypatch.setattr(BaseAccount, "BPX_API_URL", f"{venue.rest_url}/")
    return FORMS[request.param]


async def good(method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What a call that succeeded returned."""
    answer = await call(method, *args, **kwargs)
    assert not (isinstance(answer, dict) and "code" in answer), answer
    return answer


async def test_public_reads(form: Form) -> None:
    client = form.public()
    assert await good(client.get_status) == {"status": "Ok"}
    assert await good(client.get_ping) == "pong"
    assert int(await good(client.get_time)) > 1_700_000_000_000
    assert "USDC" in {asset["symbol"] for asset in await good(client.get_assets)}
    assert await good(client.get_collateral)
    assert {SOL, PERP} <= {market["symbol"] for market in await good(client.get_markets)}
    assert (await good(client.get_ticker, PERP))["symbol"] == PERP
    assert len(await good(client.get_tickers)) > 5
    depth = await good(client.get_depth, PERP)
    assert Decimal(depth["bids"][-1][0]) < Decimal(depth["asks"][0][0])
    now = int(await good(client.get_time)) // 1000
    assert await good(client.get_klines, PERP, "1h", now - 86_400)
    assert len(await good(client.get_klines, PERP, "1m", now - 600, now)) >= 9
    assert (await good(client.get_all_mark_prices, PERP))[0]["symbol"] == PERP
    assert len(await good(client.get_all_mark_prices)) > 3
    assert (await good(client.get_open_interest, PERP))[0]["symbol"] == PERP
    assert (await good(client.get_funding_interval_rates, PERP))[0]["symbol"] == PERP


async def test_private_reads(form: Form, venue: Venue) -> None:
    client = form.account(venue.public, venue.secret)
    assert Decimal((await good(client.get_account))["leverageLimit"]) >= 1
    assert (await good(client.get_balances))["USDC"]["available"] == "10000"
    assert Decimal((await good(client.get_collateral))["netEquity"]) > 10_000
    assert Decimal((await good(client.get_max_order_quantity, PERP, "Bid"))["maxOrderQuantity"]) > 1
    assert (await good(client.get_max_borrow_quantity, "SOL"))["maxBorrowQuantity"] == "0"
    assert (await good(client.get_max_withdrawal_quantity, "SOL"))["maxWithdrawalQuantity"] == "20"
    assert (await good(client.get_deposit_address, "Solana"))["address"]
    assert await good(client.get_deposits, 10, 0) == []
    assert await good(client.get_withdrawals, 10, 0) == []
    await good(client.update_account, leverage_limit="8")
    assert (await good(client.get_account))["leverageLimit"] == "8"


async def test_trades_leave_fills_positions_and_history(form: Form, venue: Venue) -> None:
    client, public = form.account(venue.public, venue.secret), form.public()
    perp = await good(client.execute_order, PERP, "Bid", "Market", quantity="0.5")
    spot = await good(client.execute_order, SOL, "Bid", "Market", quote_quantity="50")
    assert (perp["status"], spot["status"]) == ("Filled", "Filled")
    assert {fill["symbol"] for fill in await good(client.get_fill_history)} == {SOL, PERP}
    assert len(await good(client.get_order_history)) == 2
    (position,) = await good(client.get_open_positions)
    assert (position["symbol"], position["netQuantity"]) == (PERP, "0.5")
    assert "0.5" in {trade["quantity"] for trade in await good(public.get_recent_trades, PERP)}
    assert "0.5" in {trade["quantity"] for trade in await good(public.get_history_trades, PERP)}
    await venue.tell("funding", symbol=PERP)
    (payment,) = await good(client.get_funding_payments)
    assert (payment["symbol"], payment["quantity"][0]) == (PERP, "-")
    for empty in ("borrow", "interest"):
        assert await good(getattr(client, f"get_{empty}_history")) == []
    assert [order["brokerId"] for order in await venue.orders()] == [None, None]


async def test_resting_orders_are_found_and_cancelled(form: Form, venue: Venue) -> None:
    client = form.account(venue.public, venue.secret)
    limit = {"quantity": "0.5", "price": "140"}
    first = await good(client.execute_order, PERP, "Bid", "Limit", time_in_force="GTC", client_id=5, **limit)
    assert (first["status"], first["clientId"]) == ("New", 5)
    assert (await good(client.get_open_order, PERP, order_id=first["id"])) == first
    assert (await good(client.get_open_order, PERP, client_id=5)) == first
    assert await good(client.get_open_orders, symbol=PERP, market_type="PERP") == [first]
    assert (await good(client.cancel_order, PERP, order_id=first["id"]))["status"] == "Cancelled"
    second = await good(client.execute_order, PERP, "Bid", "Limit", post_only=True, client_id=6, **limit)
    assert second["postOnly"] is True
    # It sends the client id of a cancel as a string, where the specification wants an integer.
    refused = await call(client.cancel_order, PERP, client_id=6)
    assert (refused["code"], refused["message"]) == ("INVALID_CLIENT_REQUEST", "clientId must be an integer")
    assert [order["id"] for order in await good(client.cancel_all_orders, PERP)] == [second["id"]]
    assert await good(client.get_open_orders) == []


async def test_triggers_and_attached_exits(form: Form, venue: Venue) -> None:
    client = form.account(venue.public, venue.secret)
    entry = {"quantity": "1", "take_profit_trigger_price": "170", "stop_loss_trigger_price": "130"}
    assert (await good(client.execute_order, PERP, "Bid", "Market", **entry))["status"] == "Filled"
    # It insists on a quantity beside the trigger's own.
    stop = {"quantity": "0.5", "trigger_price": "135", "trigger_quantity": "0.5", "reduce_only": True}
    market = await good(client.execute_order, PERP, "Ask", "Market", **stop)
    limit = await good(client.execute_order, PERP, "Ask", "Limit", price="134", **stop)
    assert (market["status"], limit["status"]) == ("TriggerPending", "TriggerPending")
    assert {order["triggerPrice"] for order in await good(client.get_open_orders, symbol=PERP)} >= {"135"}
    await venue.tell("price", symbol=PERP, price="134.5")
    left = [order["status"] for order in await venue.orders() if order["id"] in {market["id"], limit["id"]}]
    assert left == ["Filled", "Filled"]


async def test_refusals_are_told(form: Form, venue: Venue) -> None:
    client = form.account(venue.public, venue.secret)
    refused = await call(client.execute_order, PERP, "Bid", "Limit", quantity="100000", price="150")
    assert refused["code"] == "INSUFFICIENT_MARGIN"
    public, secret = new_key()
    assert (await call(form.account(venue.public, secret).get_balances))["code"] == "INVALID_CLIENT_REQUEST"
    assert (await call(form.account(public, secret).get_balances))["code"] == "UNAUTHORIZED"
