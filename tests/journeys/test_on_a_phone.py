"""What people tap, on the width of a phone: no label breaks, and the dashboard's address opens."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, expect

from bot.cli.demo import world as demo
from tests.support.browser import chromium

pytestmark = pytest.mark.browser

WIDTHS = (360, 390)
SECTIONS = {
    "en": ("Trade", "Orders", "Markets", "Account", "Help"),
    "zh": ("交易", "订单", "行情", "账户", "帮助"),
}
BROKEN = """keys => keys.filter(key => {
    const words = document.createTreeWalker(key, NodeFilter.SHOW_TEXT), lines = new Set();
    while (words.nextNode()) {
        const range = document.createRange();
        range.selectNodeContents(words.currentNode);
        for (const one of range.getClientRects()) if (one.width > 1) lines.add(Math.round(one.bottom / 8));
    }
    return lines.size > 1 || key.scrollWidth > key.clientWidth;
}).map(key => key.textContent)"""


def _said(page: Page) -> Locator:
    return page.locator('[data-testid="message"][data-from="bot"]')


async def _say(page: Page, text: str) -> None:
    await page.get_by_test_id("composer").fill(text)
    before = await _said(page).count()
    await page.get_by_test_id("send").click()
    await expect(_said(page)).to_have_count(before + 1)


async def _broken(page: Page) -> list[str]:
    """Labels that take two lines or are cut, at every width."""
    found: list[str] = []
    for width in WIDTHS:
        await page.set_viewport_size({"width": width, "height": 800})
        keys = _said(page).last.get_by_test_id("inline-button")
        found += await keys.evaluate_all(BROKEN)
    return found


async def test_menus_fit_a_phone_and_the_dashboard_opens(tmp_path: Path) -> None:
    async with demo(tmp_path) as here, chromium() as browser:
        page = await browser.new_page(viewport={"width": 390, "height": 800})
        await page.goto(here.telegram.page_url)
        await expect(_said(page).first).to_contain_text("This is the demo")
        broken: dict[str, list[str]] = {}
        for language, sections in SECTIONS.items():
            await _say(page, "/start")
            keys = _said(page).last.get_by_test_id("inline-button")
            await keys.filter(has_text="Language").click()
            await keys.filter(has_text="English" if language == "en" else "中文").click()
            await expect(keys).to_have_count(0)
            for line in ("/start", "/settings", "/accounts", "/alert", "/long"):
                await _say(page, line)
                broken[f"{language} {line}"] = await _broken(page)
            for section in sections:
                await _say(page, "/menu")
                menu = _said(page).last
                await expect(menu).to_contain_text("Menu" if language == "en" else "菜单")
                broken[f"{language} menu"] = await _broken(page)
                await menu.get_by_role("button", name=section, exact=True).click()
                await expect(menu).not_to_contain_text("Menu" if language == "en" else "菜单")
                broken[f"{language} {section}"] = await _broken(page)
        assert {where: labels for where, labels in broken.items() if labels} == {}

        await _say(page, "/dashboard")
        link = _said(page).last.locator("a", has_text="/enter?pass=")
        await expect(link).to_be_visible()
        async with page.context.expect_page() as opened:
            await link.click()
        there = await opened.value
        await there.wait_for_load_state()
        assert "/enter?pass=" in there.url
        assert there.url.startswith("http://127.0.0.1:")
