"""The API key page in a real Chromium: what a newcomer does there."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from playwright.async_api import Page, expect

from bot.sandbox.exchange import SandboxExchange
from tests.sandbox.exchange.client import Key, Trader
from tests.sandbox.exchange.conftest import SOL
from tests.support.browser import chromium

pytestmark = pytest.mark.browser


@pytest.fixture
async def page(exchange: SandboxExchange) -> AsyncIterator[Page]:
    """The open page; an error on its console fails the test."""
    errors: list[str] = []
    async with chromium() as browser:
        page = await browser.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(f"{exchange.rest_url}/settings/api-keys")
        yield page
    assert errors == []


async def make_key(page: Page, key: Key) -> None:
    await page.get_by_label("Public Key").fill(key.public)
    await page.get_by_role("button", name="New API Key").click()


async def test_a_pasted_key_trades_on_a_funded_account(page: Page, exchange: SandboxExchange) -> None:
    key = Key()
    await make_key(page, key)
    await expect(page.get_by_role("status")).to_contain_text("The key now works")
    await expect(page.locator("tbody")).to_contain_text(key.public)
    async with httpx.AsyncClient(base_url=exchange.rest_url) as http:
        order = await Trader(http, key, exchange.ws_url).placed(SOL, "Bid", quantity="1")
    assert order["status"] == "Filled"


async def test_a_read_only_key_for_the_same_account_may_not_trade(
    page: Page, exchange: SandboxExchange
) -> None:
    await make_key(page, Key())
    await expect(page.get_by_role("status")).to_contain_text("The key now works")
    reader = Key()
    await page.get_by_label("Account").select_option("Account 1 (#1)")
    await page.get_by_label("Read Only").check()
    await make_key(page, reader)
    await expect(page.locator("tbody tr")).to_have_count(2)
    async with httpx.AsyncClient(base_url=exchange.rest_url) as http:
        trader = Trader(http, reader, exchange.ws_url)
        assert (await trader.order(SOL, "Bid", quantity="1")).status_code == 403
        assert (await trader.balance("USDC"))[0] == 10_000


async def test_a_key_that_is_none_is_refused_in_words(page: Page) -> None:
    await page.get_by_label("Public Key").fill("?" * 44)
    await page.get_by_role("button", name="New API Key").click()
    await expect(page.get_by_role("status")).to_contain_text("base64 of an Ed25519 public key")
