"""The admin's doors and the key page: local only, and enough for a newcomer to begin."""

from __future__ import annotations

import re
from decimal import Decimal

import httpx
import pytest

from bot.sandbox.exchange import ExchangeConfig, SandboxExchange
from tests.sandbox.exchange.client import Key, Trader
from tests.sandbox.exchange.conftest import SOL, SOL_PERP


async def test_account_and_key_in_two_steps(exchange: SandboxExchange, admin: httpx.AsyncClient) -> None:
    made = (await admin.post("/sandbox/accounts", json={"label": "ann", "balances": {"USDC": "5"}})).json()
    assert made["balances"] == {"USDC": "5"}
    trader = Trader(admin, Key(), exchange.ws_url)
    keyed = await admin.post("/sandbox/keys", json={"label": "ann", "publicKey": trader.key.public})
    assert keyed.json()["accountId"] == made["accountId"]
    assert (await trader.balance("USDC"))[0] == 5


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/sandbox/keys", {"label": "nobody", "publicKey": Key().public}),
        ("/sandbox/keys", {"accountId": 1}),
        ("/sandbox/accounts", {"label": "x", "publicKey": "c2hvcnQ="}),
        ("/sandbox/accounts", {"label": "x", "balances": {"DOLLARS": "1"}}),
        ("/sandbox/accounts", {}),
        ("/sandbox/price", {"symbol": "SOL_USDC"}),
        ("/sandbox/price", {"symbol": "NOPE", "price": "1"}),
        ("/sandbox/price", {"symbol": "SOL_USDC", "price": "-1"}),
        ("/sandbox/clock", {"offsetMs": "soon"}),
    ],
)
async def test_senseless_admin_calls_are_refused(
    admin: httpx.AsyncClient, path: str, body: dict[str, object]
) -> None:
    answer = await admin.post(path, json=body)
    assert answer.status_code in {400, 404}
    assert answer.json()["message"]


async def test_a_key_of_one_account_cannot_be_taken_by_another(admin: httpx.AsyncClient) -> None:
    key = Key().public
    await admin.post("/sandbox/accounts", json={"label": "one", "publicKey": key})
    answer = await admin.post("/sandbox/accounts", json={"label": "two", "publicKey": key})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Content-Type": "text/plain"}], ids=["host", "form"]
)
async def test_other_web_pages_cannot_reach_the_admin(
    admin: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await admin.post("/sandbox/accounts", content='{"label":"x"}', headers=headers)
    assert answer.status_code == 403
    assert (await admin.get("/sandbox/accounts")).json() == []


async def test_an_accounts_fees_can_be_set(admin: httpx.AsyncClient, trader: Trader) -> None:
    (account,) = (await admin.get("/sandbox/accounts")).json()
    fees = {"accountId": account["accountId"], "spotTaker": "0", "futuresTaker": "-1.5"}
    assert (await admin.post("/sandbox/fees", json=fees)).status_code == 200
    for symbol, fee in ((SOL, "0"), (SOL_PERP, "-0.0225")):
        order = await trader.placed(symbol, "Bid", orderType="Market", quantity="1")
        (fill,) = await trader.get("/wapi/v1/history/fills", orderId=order["id"])
        assert Decimal(fill["fee"]).quantize(Decimal("0.0001")) == Decimal(fee)


async def test_price_move_is_there_when_answered(admin: httpx.AsyncClient, trader: Trader) -> None:
    order = await trader.placed(SOL, "Bid", orderType="Limit", price="140", quantity="1")
    await admin.post("/sandbox/price", json={"symbol": SOL_PERP, "price": "139.5", "pin": True})
    ticker = (await admin.get("/api/v1/ticker", params={"symbol": SOL_PERP})).json()
    assert ticker["lastPrice"] == "139.5"
    (fill,) = await trader.get("/wapi/v1/history/fills", orderId=order["id"])
    assert (fill["price"], fill["isMaker"]) == ("140", True)
    (mark,) = (await admin.get("/api/v1/markPrices", params={"symbol": SOL_PERP})).json()
    assert Decimal(mark["markPrice"]) == Decimal("139.5")


async def test_pinned_price_stays_while_others_move() -> None:
    async with (
        SandboxExchange(ExchangeConfig(tick_ms=5)) as exchange,
        httpx.AsyncClient(base_url=exchange.rest_url) as http,
    ):
        await http.post("/sandbox/price", json={"symbol": SOL_PERP, "price": "150", "pin": True})
        marks = {"SOL_USDC_PERP": set(), "BTC_USDC_PERP": set()}  # type: dict[str, set[str]]
        for _ in range(20):
            for row in (await http.get("/api/v1/markPrices")).json():
                if row["symbol"] in marks:
                    marks[row["symbol"]].add(row["markPrice"])
    assert marks["SOL_USDC_PERP"] == {"150"}
    assert len(marks["BTC_USDC_PERP"]) > 1


async def test_key_page_is_self_contained(admin: httpx.AsyncClient) -> None:
    page = await admin.get("/settings/api-keys")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert "New API Key" in page.text
    assert "Read Only" in page.text
    assert not re.findall(r"""(?:src|href)=["']?https?:""", page.text)


async def test_unknown_paths_answer_in_the_exchanges_words(admin: httpx.AsyncClient) -> None:
    answer = await admin.get("/api/v1/nope")
    assert (answer.status_code, answer.json()["code"]) == (404, "RESOURCE_NOT_FOUND")


async def test_starting_on_a_taken_port_raises(exchange: SandboxExchange) -> None:
    port = int(exchange.rest_url.rsplit(":", 1)[1])
    second = SandboxExchange()
    with pytest.raises(OSError, match="in use"):
        await second.start(port=port)
    await second.stop()


async def test_auto_deleveraging_takes_part_of_a_position(trader: Trader, admin: httpx.AsyncClient) -> None:
    await trader.placed(SOL_PERP, "Bid", quantity="10")
    async with trader.streams("account.orderUpdate") as stream:
        body = {"label": "trader", "symbol": SOL_PERP, "quantity": "4"}
        assert (await admin.post("/sandbox/adl", json=body)).json()["executed"] == "4"
        assert (await stream.until(e="orderFill"))["O"] == "ADL_AUTOCLOSE"
    (fill,) = await trader.get("/wapi/v1/history/fills", fillType="Adl")
    assert (fill["quantity"], fill["fee"], fill["side"]) == ("4", "0", "Ask")
    (position,) = await trader.get("/api/v1/position")
    assert position["netQuantity"] == "6"


async def test_paused_market_takes_no_orders_but_lets_them_go(
    trader: Trader, admin: httpx.AsyncClient
) -> None:
    order = await trader.placed(SOL, "Bid", orderType="Limit", price="140", quantity="1")
    await admin.post("/sandbox/market", json={"symbol": SOL, "state": "CancelOnly"})
    answer = await trader.order(SOL, "Bid", quantity="1")
    assert (answer.status_code, answer.json()["code"]) == (400, "TRADING_PAUSED")
    gone = await trader.call("DELETE", "/api/v1/order", {"symbol": SOL, "orderId": order["id"]})
    assert gone.json()["status"] == "Cancelled"


async def test_rules_of_a_market_change_at_once_and_what_is_held_stays(
    trader: Trader, admin: httpx.AsyncClient
) -> None:
    await trader.placed(SOL_PERP, "Bid", quantity="1.23")
    rules = {"symbol": SOL_PERP, "step": "0.1", "tick": "0.5", "minQuantity": "0.3", "maxQuantity": "2"}
    assert (await admin.post("/sandbox/market", json=rules)).status_code == 200
    for quantity, code in (("1.23", 400), ("0.2", 400), ("2.1", 400), ("0.3", 200)):
        answer = await trader.order(SOL_PERP, "Ask", quantity=quantity)
        assert answer.status_code == code, answer.text
    (position,) = await trader.get("/api/v1/position")
    assert position["netQuantity"] == "0.93"
    market = (await admin.get("/api/v1/market", params={"symbol": SOL_PERP})).json()["filters"]
    assert (market["price"]["tickSize"], market["quantity"]["minQuantity"]) == ("0.5", "0.3")
    refused = await admin.post("/sandbox/market", json={"symbol": SOL_PERP, "step": "0"})
    assert refused.status_code == 400
