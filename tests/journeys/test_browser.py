"""What the issue calls done: a newcomer opens the demo's page, types a line, confirms, and sees it filled."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from bot.cli.demo import world as demo
from tests.support.browser import chromium

pytestmark = pytest.mark.browser


def _said(page: Page) -> Locator:
    return page.locator('[data-testid="message"][data-from="bot"]')


async def _say(page: Page, text: str) -> None:
    await page.get_by_test_id("composer").fill(text)
    await page.get_by_test_id("send").click()


async def _tap(message: Locator, label: str) -> None:
    await message.get_by_test_id("inline-button").filter(has_text=label).first.click()


async def test_a_newcomer_trades_in_the_browser_and_links_a_second_person(tmp_path: Path) -> None:
    errors: list[str] = []
    async with demo(tmp_path) as here, chromium() as browser:
        page = await browser.new_page(viewport={"width": 1200, "height": 900})
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.goto(here.telegram.page_url)
        start = _said(page).first
        await expect(start).to_contain_text("This is the demo")

        await _say(page, "long sol $200 5x sl 3%")
        preview = _said(page).last
        await expect(preview).to_contain_text("Long SOL-PERP")
        await expect(preview).to_contain_text("Fee")
        await _tap(preview, "✅")
        await expect(preview).to_contain_text("Filled")
        await _say(page, "/positions")
        await expect(_said(page).last).to_contain_text("SOL-PERP long")

        await page.get_by_test_id("user-switch").filter(has_text="Bob").click()
        await page.get_by_test_id("start-button").click()
        await expect(_said(page).last).to_contain_text("绑定")
        await _tap(_said(page).last, "绑定")
        await _tap(_said(page).last, "推荐")
        steps = _said(page).last
        await expect(steps).to_contain_text("New API Key")
        public_key = await steps.locator("code").first.inner_text()

        keys = await browser.new_page()
        keys.on("pageerror", lambda error: errors.append(str(error)))
        await keys.goto(f"{here.exchange.rest_url}/settings/api-keys")
        await keys.get_by_label("Public Key").fill(public_key)
        await keys.get_by_role("button", name="New API Key").click()
        await expect(keys.get_by_role("status")).to_contain_text("The key now works")

        await _tap(steps, "完成")
        await expect(_said(page).last).to_contain_text("已绑定")
        await _say(page, "做多 sol $100")
        await _tap(_said(page).filter(has_text="做多 SOL-PERP").last, "✅")
        await expect(_said(page).last).to_contain_text("已成交")
    assert errors == []
