"""HTML mode: what parses, what is refused and in which words, and what stays visible."""

from __future__ import annotations

import html
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from telegram import Bot, MessageEntity
from telegram.error import BadRequest

from bot.sandbox.telegram import ChatDriver, SandboxTelegram
from tests.sandbox.telegram.conftest import ALICE

_REMOVED = {"\r", "\u0333", "\u033f", "\u030a", *map(chr, range(0x2028, 0x202F))}


def _visible(text: str) -> str:
    """What Telegram leaves of a text: control characters are blanks, some vanish, ends are trimmed."""
    kept = (" " if char < " " and char != "\n" else char for char in text if char not in _REMOVED)
    return "".join(kept).strip()


Say = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
async def say(sandbox: SandboxTelegram, bot_in_chat: Bot) -> AsyncIterator[Say]:
    """Raw sendMessage: PTB would change the case of error descriptions."""
    async with httpx.AsyncClient(base_url=f"{sandbox.url}/bot{sandbox.config.token}/") as client:

        async def _say(text: str, **more: Any) -> dict[str, Any]:
            answer = await client.post("sendMessage", json={"chat_id": ALICE, "text": text, **more})
            return dict(answer.json())

        yield _say


@pytest.fixture
async def bot_in_chat(bot: Bot, driver: ChatDriver) -> Bot:
    await driver.as_user(ALICE).send("/start")
    return bot


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200).filter(_visible))
async def test_escaped_text_stays_the_same_visible_text(say: Say, text: str) -> None:
    marked = await say(f"<b>{html.escape(text)}</b>", parse_mode="HTML")
    assert marked["result"]["text"] == _visible(text)
    plain = await say(text)
    assert plain["result"]["text"] == _visible(text)


async def test_entities_count_utf16_units_and_nest(bot_in_chat: Bot) -> None:
    message = await bot_in_chat.send_message(
        ALICE,
        "😀 <b>bold <i>both</i></b> <code>x &lt; y</code> <tg-spoiler>no</tg-spoiler> "
        '<a href="https://example.org/?a=1&amp;b=2">link</a>\n<blockquote>quote</blockquote>',
        parse_mode="HTML",
    )
    assert message.text == "😀 bold both x < y no link\nquote"
    assert [(e.type, e.offset, e.length) for e in message.entities] == [
        ("bold", 3, 9),
        ("italic", 8, 4),
        ("code", 13, 5),
        ("spoiler", 19, 2),
        ("text_link", 22, 4),
        ("blockquote", 27, 5),
    ]
    assert message.entities[4].url == "https://example.org/?a=1&b=2"
    assert message.parse_entity(message.entities[2]) == "x < y"


async def test_code_keeps_its_language_and_no_other_formatting(bot_in_chat: Bot) -> None:
    text = '<pre><code class="language-python">print(1)</code></pre><b>a<code>b</code>c</b>'
    message = await bot_in_chat.send_message(ALICE, text, parse_mode="HTML")
    assert [(e.type, e.offset, e.length, e.language) for e in message.entities] == [
        ("pre", 0, 8, "python"),
        ("bold", 8, 1, None),
        ("code", 9, 1, None),
        ("bold", 10, 1, None),
    ]


async def test_commands_links_and_tags_are_found_but_not_in_code(bot_in_chat: Bot) -> None:
    text = "/long@rucksack_bot $SOL #macro @alice https://example.org/x. <code>/short</code> 1/2 a@b.io"
    message = await bot_in_chat.send_message(ALICE, text, parse_mode="HTML")
    found = {(e.type, message.parse_entity(e)) for e in message.entities}
    assert found == {
        (MessageEntity.BOT_COMMAND, "/long@rucksack_bot"),
        (MessageEntity.CASHTAG, "$SOL"),
        (MessageEntity.HASHTAG, "#macro"),
        (MessageEntity.MENTION, "@alice"),
        (MessageEntity.URL, "https://example.org/x"),
        (MessageEntity.CODE, "/short"),
        (MessageEntity.EMAIL, "a@b.io"),
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<b>open", 'Can\'t find end tag corresponding to start tag "b"'),
        ("é <blink>x</blink>", 'Unsupported start tag "blink" at byte offset 3'),
        ("price < 5 and > 3", 'Unsupported start tag "" at byte offset 6'),
        ("a <", "Unclosed start tag at byte offset 2"),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ('<a href="x', 'Unclosed start tag "a" at byte offset 0'),
    ],
)
async def test_a_parse_error_is_worded_as_telegram_words_it(say: Say, text: str, reason: str) -> None:
    refusal = await say(text, parse_mode="HTML")
    assert refusal == {
        "ok": False,
        "error_code": 400,
        "description": f"Bad Request: can't parse entities: {reason}",
    }


async def test_markdown_is_refused_plainly(bot_in_chat: Bot) -> None:
    with pytest.raises(BadRequest, match="html only"):
        await bot_in_chat.send_message(ALICE, "*x*", parse_mode="MarkdownV2")
