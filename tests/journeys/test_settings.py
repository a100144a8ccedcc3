"""Settings do what they say, and a chosen language holds everywhere."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.world import BOB, DESK, Person, World

# Nothing here depends on how the database stores it.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

# Words that stay Latin in every language: names, units, what the exchange's own page says, what is typed.
LATIN = {
    *("SOL", "BTC", "ETH", "USDC", "USDT", "PERP", "Backpack", "Rucksack", "API", "Keys", "Key", "New"),
    *("Settings", "Public", "Read", "Only", "UTC", "IOC", "FOK", "Asia", "Shanghai", "Language", "English"),
    *("backpack", "exchange", "main", "long", "short", "perp", "buy", "sell", "Done", "WIF", "ENA", "JUP"),
    *("DOGE", "ADA", "solx", "SOLX", "reduce", "help", "link", "price", "positions", "orders", "settings"),
    *("accounts", "balance", "start", "panic", "forget", "unlink", "post", "maker"),
}


async def _choose(person: Person, name: str, value: str, saved: str = "Saved") -> str:
    listed = await person.says("/settings", "Settings")
    page = await person.taps(name, on=listed.id)
    done = await person.taps(value, saved, on=page.id)
    return done.text


async def test_a_small_order_goes_at_once_when_its_user_says_so(world: World, carol: Person) -> None:
    assert "orders above $50.00; below, they go at once" in await _choose(carol, "Confirm", "above $50.00")
    await carol.says("long sol $40", "Filled")
    preview = await carol.says("long sol $60", "Long SOL-PERP")
    assert "✅" in str(preview.labels)
    assert len(await world.sent()) == 1
    await _choose(carol, "Confirm", "Every order")
    await carol.says("long sol $40", "Account main")
    assert len(await world.sent()) == 1


async def test_a_tapped_line_is_always_previewed(world: World, carol: Person) -> None:
    """A button can be hit twice by a nervous thumb; a typed line cannot."""
    await _choose(carol, "Confirm", "above $50.00")
    await carol.says("long sol $40", "Filled")
    held = await carol.says("/positions", "SOL-PERP long")
    tap = await carol.chat.tap("Close SOL", held.id, times=5)
    await tap.answer()
    await carol.sees("Close long SOL-PERP")
    assert len(await world.sent()) == 1


async def test_closing_no_position_never_sells_coins_unasked(world: World, carol: Person) -> None:
    await _choose(carol, "Confirm", "above $500")
    await carol.says("close sol 5%", "This sells your SOL coins on spot")
    assert await world.sent() == []


async def test_a_small_order_from_a_group_is_answered_in_both_places(world: World, carol: Person) -> None:
    await _choose(carol, "Confirm", "above $50.00")
    here = world.person(carol.chat.user_id, DESK)
    await here.says("/long sol $40", "Sent to our private chat")
    await carol.sees("Filled")
    assert len(await world.sent()) == 1


async def test_the_slippage_limit_goes_into_preview_and_order(world: World, carol: Person) -> None:
    await _choose(carol, "Slippage", "0.1%")
    await carol.says("long sol $100", "at most 0.1% worse")
    await carol.says("long sol $100 slip 1%", "at most 1% worse")
    refused = await carol.says("long wif $70000", "book holds only")
    assert "▸ long WIF" in str(refused.labels)


async def test_the_price_tolerance_decides_when_the_tap_asks_again(world: World, carol: Person) -> None:
    await _choose(carol, "Price check", "2%")
    preview = await carol.says("long sol $100", "Long SOL-PERP")
    await world.price("SOL_USDC_PERP", "152")
    await carol.taps("✅", "Filled", on=preview.id)


async def test_coins_can_be_the_meaning_of_a_bare_number(world: World, carol: Person) -> None:
    await _choose(carol, "Bare number", "Coins")
    preview = await carol.says("long sol 2", "2 SOL")
    assert "2 read as coins, your default in /settings" in preview.text


async def test_times_follow_the_chosen_zone(world: World, carol: Person) -> None:
    text = await _choose(carol, "Time zone", "Shanghai")
    assert "Time zone: Asia/Shanghai" in text
    shown = await carol.says("/price sol", "SOL-PERP")
    assert "UTC" not in shown.text.splitlines()[-1].replace("UTC+8", "")


def _english(message: Any) -> list[str]:
    """Latin words outside code, of which a Chinese message has no need."""
    units = message.text.encode("utf-16-le")
    for entity in reversed(message.raw.get("entities", [])):
        if entity["type"] in {"code", "pre"}:
            start, length = 2 * entity["offset"], 2 * entity["length"]
            units = units[:start] + units[start + length :]
    text = "\n".join([units.decode("utf-16-le"), *(b for b in message.labels if not b.startswith("▸"))])
    text = re.sub(r"/[a-z]+|\b[0-9A-Z]{4}\b", " ", text)
    return [word for word in re.findall(r"[A-Za-z]{3,}", text) if word not in LATIN]


async def test_a_chinese_reader_meets_no_english_anywhere(world: World) -> None:
    bob = world.person(BOB)
    await bob.says("/start", "交易台")
    await bob.says("/link", "绑定")
    shown = await bob.taps("推荐", "Public Key")
    await bob.taps("完成", "不认识")
    key = re.search(r"[A-Za-z0-9+/]{43}=", shown.text)
    assert key is not None
    await bob.opens_account(key[0], label="Bob")
    await bob.taps("完成", "已绑定")
    for line in (
        *("long sol", "long sol 20", "long solx $20", "long sol $200 500x", "long sol $200 sl 160"),
        *("long usdt $5", "/positions", "/orders", "/balance", "/fees", "/price sol", "/book sol"),
        *("/settings", "/menu", "/accounts", "/unlink", "/forget", "/cancelall", "/panic", "/close"),
    ):
        await bob.says(line)
    preview = await bob.says("做多 sol $200 5倍 止损 3% 止盈 5%", "做多 SOL-PERP")
    await bob.taps("✅", "已成交", on=preview.id)
    await bob.says("/positions", "止损")
    await bob.says("/orders", "只减仓")
    preview = await bob.says("close sol 50%", "减多")
    await bob.taps("✅", "已成交", on=preview.id)
    first = await bob.says("/panic", "全部")
    last = await bob.taps("⚠️", on=first.id)
    await bob.taps("⚠️", on=last.id)
    found = {
        m.id: (words, m.text) for m in await bob.chat.messages() if m.from_bot and (words := _english(m))
    }
    assert found == {}


async def test_the_chosen_language_wins_over_telegrams(world: World, carol: Person) -> None:
    """Carol's Telegram is English."""
    asked = await carol.says("/start", "Rucksack")
    page = await carol.taps("Language", on=asked.id)
    await carol.taps("中文", on=page.id)
    assert "做多" in str((await carol.says("/menu")).labels)
    refused = await carol.says("long sol $20", "转发", forwarded_from=BOB)
    assert "Forwarded" not in refused.text
