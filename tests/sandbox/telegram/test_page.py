"""The chat page in a real Chromium: what a newcomer does in the browser."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, expect
from telegram import Bot, BotCommand, InlineKeyboardButton, InlineKeyboardMarkup

from bot.sandbox.telegram import ChatDriver, SandboxTelegram
from tests.sandbox.telegram.conftest import ALICE, BOB, DESK, polling
from tests.sandbox.telegram.test_methods import png
from tests.support.browser import chromium

pytestmark = pytest.mark.browser


@pytest.fixture
async def page(sandbox: SandboxTelegram) -> AsyncIterator[Page]:
    """An open page; anything written to its console as an error fails the test."""
    errors: list[str] = []
    async with chromium() as browser:
        page = await browser.new_page(viewport={"width": 1200, "height": 800})
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
        await page.goto(sandbox.page_url)
        await expect(page.get_by_test_id("composer")).to_be_visible()
        yield page
    assert errors == []


async def _say(page: Page, text: str) -> None:
    await page.get_by_test_id("composer").fill(text)
    await page.get_by_test_id("send").click()


async def test_a_newcomer_starts_taps_and_sees_the_message_change(
    page: Page, sandbox: SandboxTelegram
) -> None:
    async with polling(sandbox):
        await expect(page.get_by_test_id("banner")).to_contain_text("Local sandbox")
        await page.get_by_test_id("start-button").click()
        menu = page.locator('[data-testid="message"][data-from="bot"]').last
        await expect(menu).to_contain_text("Choose")
        await menu.get_by_test_id("inline-button").filter(has_text="More").click()
        await expect(page.get_by_test_id("toast")).to_have_text("You chose more")
        await expect(menu.get_by_test_id("message-text")).to_have_text("more it is")
        await expect(menu.locator("strong")).to_have_text("more")
        await expect(menu.get_by_test_id("inline-button")).to_have_count(0)


async def test_a_tapped_button_waits_until_the_bot_answers(page: Page, bot: Bot, driver: ChatDriver) -> None:
    await driver.as_user(ALICE).send("/start")
    keyboard = InlineKeyboardMarkup([[InlineKeyboardButton("Go", callback_data="go")]])
    await bot.send_message(ALICE, "Ready?", reply_markup=keyboard)
    button = page.get_by_test_id("inline-button")
    await button.click()
    await expect(button).to_have_attribute("aria-busy", "true")
    (press,) = [u.callback_query for u in await bot.get_updates() if u.callback_query]
    await press.answer("Are you sure?", show_alert=True)
    await expect(page.get_by_test_id("alert")).to_contain_text("Are you sure?")
    await expect(button).not_to_have_attribute("aria-busy", "true")


async def test_the_command_menu_completes_and_never_swaps_what_was_typed(
    page: Page, bot: Bot, driver: ChatDriver
) -> None:
    await bot.set_my_commands([BotCommand("orders", "Open orders"), BotCommand("long", "Go long")])
    composer, menu = page.get_by_test_id("composer"), page.get_by_test_id("command-menu")
    await expect(page.get_by_test_id("menu-button")).to_be_visible()
    await composer.fill("/")
    await expect(menu.get_by_role("option")).to_have_count(2)
    await composer.fill("/lo")
    await expect(menu.get_by_role("option")).to_have_count(1)
    await composer.press("Tab")
    await expect(composer).to_have_value("/long ")
    await composer.fill("/order")
    await composer.press("Enter")
    await expect(page.get_by_test_id("message-text").last).to_have_text("/order")
    await composer.fill("/")
    await composer.press("ArrowDown")
    await composer.press("Enter")
    await expect(page.get_by_test_id("message-text").last).to_have_text("/orders")


async def test_people_and_chats_are_switched_and_unread_counted(
    page: Page, sandbox: SandboxTelegram, driver: ChatDriver
) -> None:
    async with polling(sandbox):
        await _say(page, "between us")
        await expect(page.get_by_test_id("message")).to_have_count(2)
        await page.get_by_test_id("user-switch").filter(has_text="Bob").click()
        await expect(page.get_by_test_id("message")).to_have_count(0)
        desk = page.locator(f'[data-testid="chat-item"][data-chat-id="{DESK}"]')
        await driver.as_user(ALICE, DESK).send("hello desk")
        await expect(desk.locator(".badge")).to_have_text("2")
        await desk.click()
        await expect(page.get_by_test_id("message")).to_have_count(2)
        await expect(desk.locator(".badge")).to_have_count(0)
        await page.get_by_test_id("topic").filter(has_text="Trades").click()
        await _say(page, "in the topic")
        await expect(page.get_by_test_id("message").last).to_contain_text("in the topic")
        answer = await driver.as_user(BOB, DESK).wait_for("in the topic")
    assert answer.raw["is_topic_message"]


async def test_hostile_text_is_only_ever_text(page: Page, bot: Bot, driver: ChatDriver) -> None:
    hostile = '<img src=x onerror="document.title=1"><script>alert(1)</script> \u202e javascript:alert(1)'
    await driver.as_user(ALICE).send(hostile)
    text = page.get_by_test_id("message-text").last
    await expect(text).to_contain_text("<script>alert(1)</script>")
    assert await text.locator("img, script").count() == 0
    await bot.send_message(
        ALICE, '<tg-spoiler>hidden</tg-spoiler> <a href="tg://user?id=1002">Bob</a>', parse_mode="HTML"
    )
    spoiler = page.locator(".spoiler")
    await spoiler.click()
    await expect(spoiler).to_have_class("spoiler shown")


async def test_pictures_documents_deletions_and_typing_appear_live(
    page: Page, bot: Bot, driver: ChatDriver
) -> None:
    await driver.as_user(ALICE).send("/start")
    await bot.send_chat_action(ALICE, "typing")
    await expect(page.get_by_test_id("chat-status")).to_have_text("typing")
    photo = await bot.send_photo(ALICE, png(320, 200), caption="chart")
    image = page.get_by_test_id("photo").locator("img")
    await expect(image).to_have_js_property("naturalWidth", 320)
    await bot.send_document(ALICE, b"a,b\n", filename="fills.csv")
    async with page.expect_download() as download:
        await page.get_by_test_id("document").click()
    assert (await download.value).suggested_filename == "fills.csv"
    await photo.delete()
    await expect(image).to_have_count(0)


async def test_a_phone_shows_one_pane_at_a_time_without_overflow(
    page: Page, bot: Bot, driver: ChatDriver
) -> None:
    await page.set_viewport_size({"width": 390, "height": 844})
    await driver.as_user(ALICE).send("/start")
    row = [InlineKeyboardButton(f"A long label {n}", callback_data=str(n)) for n in range(3)]
    await bot.send_message(
        ALICE,
        f"<pre>{'wide ' * 40}</pre>{'x' * 300}",
        parse_mode="HTML",
        reply_markup=InlineKeyboardMarkup([row]),
    )
    await expect(page.get_by_test_id("inline-button")).to_have_count(3)
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
    assert await page.evaluate("document.getElementById('scroll').scrollWidth") == 390
    await expect(page.get_by_test_id("chat-list")).not_to_be_visible()
    await page.get_by_test_id("back").click()
    await expect(page.get_by_test_id("composer")).not_to_be_visible()
    await page.get_by_test_id("chat-item").first.click()
    await expect(page.get_by_test_id("composer")).to_be_visible()


async def test_the_page_finds_the_chat_again_after_a_reload(page: Page, sandbox: SandboxTelegram) -> None:
    await page.get_by_test_id("user-switch").filter(has_text="Carol").click()
    await page.get_by_test_id("chat-item").filter(has_text="Desk").first.click()
    await expect(page.get_by_role("heading", level=2)).to_have_text("Desk")
    await page.reload()
    await expect(page.get_by_role("heading", level=2)).to_have_text("Desk")
    await expect(page.get_by_test_id("user-switch").filter(has_text="Carol")).to_have_attribute(
        "aria-pressed", "true"
    )
