"""The dashboard in a real Chromium, on a desk and on a phone."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from bot.web import Dashboard
from tests.support.browser import chromium
from tests.support.world import Person, World
from tests.web.conftest import link_of
from tests.web.month import lived_in

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
SHOTS = os.environ.get("SCREENSHOTS")  # a folder: the pages are kept there to be looked at


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


async def shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


@pytest.mark.parametrize(("size", "name"), [(DESK, "desk"), (PHONE, "phone")])
async def test_an_operator_walks_through_every_page(
    world: World, alice: Person, browser: Browser, size: dict[str, int], name: str
) -> None:
    await lived_in(world.bot.database, world.clock())
    page = await browser.new_page(viewport=size)  # type: ignore[arg-type]
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
    await page.goto(await link_of(alice))
    await shot(page, f"{name}-door")
    await page.get_by_role("button", name="Open").click()
    await expect(page.get_by_text("API volume", exact=True)).to_be_visible()
    await expect(page.locator("svg .bar").first).to_be_attached()
    for tab in ("Users", "Statements", "Payouts", "Health", "Overview"):
        await page.get_by_role("link", name=tab, exact=True).click()
        await expect(page.locator("nav a[aria-current]")).to_have_text(tab)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{tab} is too wide"
        await shot(page, f"{name}-{tab.lower()}")
    await page.get_by_role("button", name="Leave").click()
    await expect(page.get_by_role("heading")).to_have_text("This page is for operators")
    await page.goto(f"{world.bot.services.get(Dashboard).url}/users")
    await expect(page.get_by_role("heading")).to_have_text("This page is for operators")
    assert [line for line in wrong if "401" not in line] == []


async def test_figures_add_up_to_what_the_ledger_holds(world: World, alice: Person, browser: Browser) -> None:
    await lived_in(world.bot.database, world.clock())
    page = await browser.new_page(viewport=DESK)  # type: ignore[arg-type]
    await page.goto(await link_of(alice))
    await page.get_by_role("button", name="Open").click()
    shown = page.locator(".figures .card", has_text="API volume").locator(".value")
    tagged = sum(1000 + 37 * n for n in range(40) if n % 8 != 7)
    await expect(shown).to_have_text(f"${tagged:,}.00")
    await expect(page.get_by_text("check found a difference")).to_be_visible()
    for table in await page.locator("table").all():
        total = await table.locator("tfoot td").nth(1).inner_text()
        if "Liquidations" not in await table.inner_text() and "Exits" not in await table.inner_text():
            assert total == f"${tagged:,}.00"
