"""Secrets are found however they are written; ordinary lines are none; and no long word is ever shown."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.values import Language
from bot.kernel.secret_detection import LONGEST_ECHO, hide, is_named, is_suspect, spellings
from bot.ui import Locale
from bot.ui.refusals import echo

SECRETS = st.integers(0, 2**64).map(lambda number: hashlib.sha256(str(number).encode()).digest())
SPELLINGS: dict[str, Callable[[bytes], str]] = {
    "base64": lambda raw: base64.b64encode(raw).decode(),
    "unpadded": lambda raw: base64.b64encode(raw).decode().rstrip("="),
    "URL-safe": lambda raw: base64.urlsafe_b64encode(raw).decode(),
    "url-encoded": lambda raw: quote(base64.b64encode(raw).decode(), safe=""),
    "hex": lambda raw: raw.hex(),
    "capital hex": lambda raw: raw.hex().upper(),
    "0x hex": lambda raw: "0x" + raw.hex(),
    "JSON's slashes": lambda raw: base64.b64encode(raw).decode().replace("/", "\\/"),
    "full width": lambda raw: "".join(chr(ord(char) + 0xFEE0) for char in base64.b64encode(raw).decode()),
    "hex in pairs": lambda raw: raw.hex(" "),
    "hex with colons": lambda raw: raw.hex(":"),
    "numbers": lambda raw: json.dumps(list(raw)),
    "hex of a program": lambda raw: "".join(f"\\x{byte:02x}" for byte in raw),
    "hex of an array": lambda raw: ", ".join(f"0x{byte:02X}" for byte in raw),
    "numbers in lines": lambda raw: "\n".join(map(str, raw)),
    "numbers with spaces": lambda raw: " ".join(map(str, raw)),
    "letters apart": lambda raw: " ".join(base64.b64encode(raw).decode()),
    "url-encoded twice": lambda raw: quote(quote(base64.b64encode(raw).decode(), safe=""), safe=""),
    "entities": lambda raw: "".join(f"&#{ord(char)};" for char in base64.b64encode(raw).decode()),
    "JSON's escapes": lambda raw: _escaped(base64.b64encode(raw).decode()),
    "two texts of a program": lambda raw: _halved(base64.b64encode(raw).decode(), '" + "'),
    "a line break of a program": lambda raw: _halved(base64.b64encode(raw).decode(), "\\n"),
    "groups of four": lambda raw: _grouped(base64.b64encode(raw).decode(), 4),
    "groups of eight": lambda raw: _grouped(base64.b64encode(raw).decode(), 8),
}
# In one word, and letter by letter as it is.
WHOLE = {"base64", "unpadded", "URL-safe", "url-encoded", "hex", "capital hex", "0x hex", "full width"}
WRAPPINGS = (
    *(
        "{}",
        "密钥{}",
        "секрет{}",
        "мойключ{}да",
        "_{}_",
        "*{}*",
        "`{}`",
        "```\n{}\n```",
        '"{}"',
        "'{}'",
        "«{}»",
    ),
    *(
        "({})",
        "secret:{}",
        "API_SECRET={}\nAPI_URL=https://x",
        '{{"secret": "{}", "x": 1}}',
        "||{}||",
        "~{}~",
    ),
    *(
        "/start {}",
        "@bot {}",
        "my secret is {} ok?",
        "long sol $200 {}",
        "🔑{}🔑",
        "第一行\n{}\n第三行",
        "x\t{}\ty",
    ),
)


def _escaped(text: str) -> str:
    return text.replace("+", "\\u002b").replace("/", "\\u002F").replace("=", "\\u003d")


def _halved(text: str, between: str) -> str:
    return f"{text[:22]}{between}{text[22:]}"


def _grouped(text: str, size: int) -> str:
    return " ".join(text[start : start + size] for start in range(0, len(text), size))


@pytest.mark.slow
@settings(max_examples=12)
@given(SECRETS, st.booleans())
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_secret_is_found_in_every_spelling_and_wrapping(spelling: str, secret: bytes, both: bool) -> None:
    raw = secret + secret[::-1] if both else secret
    for wrapping in WRAPPINGS:
        text = wrapping.format(SPELLINGS[spelling](raw))
        if both and spelling.startswith(("groups", "letters")):
            continue  # 22 pieces: more than a secret that was broken has
        assert is_suspect(text), text
        assert base64.b64encode(raw).decode() in spellings(text), text


@settings(max_examples=60)
@given(SECRETS, st.sampled_from(["", "8121003344"]))
def test_the_secret_in_a_private_key_file_is_found(secret: bytes, after: str) -> None:
    """PKCS #8, as `openssl genpkey -algorithm ed25519` writes it; a newer one has the public key behind."""
    der = bytes.fromhex("302e020100300506032b657004220420") + secret + bytes.fromhex(after)
    body = base64.b64encode(der).decode()
    for text in (body, f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"):
        assert is_suspect(text)
        assert base64.b64encode(secret).decode() in spellings(text)


BREAKS = (
    " ",
    "\n",
    "\r\n",
    "  \n ",
    "\u00a0",
    "\u200b",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\u202e",
    "\x00",
    "\u2028",
)


@settings(max_examples=200)
@given(
    SECRETS, st.sampled_from(BREAKS), st.integers(1, 42), st.sampled_from(["{}", "secret: {}", "ключ {} вот"])
)
def test_a_secret_with_a_break_inside_is_found(secret: bytes, brk: str, where: int, wrapping: str) -> None:
    text = base64.b64encode(secret).decode()
    broken = wrapping.format(text[:where] + brk + text[where:])
    assert is_suspect(broken)
    assert text in spellings(broken)


@settings(max_examples=300)
@given(SECRETS, st.text(max_size=40), st.text(max_size=40))
def test_whatever_stands_around_it_a_secret_is_found(secret: bytes, before: str, after: str) -> None:
    text = base64.b64encode(secret).decode()
    assert is_suspect(f"{before} {text} {after}")
    assert is_suspect(f"{before}\n{text}\n{after}")


@settings(max_examples=200)
@given(SECRETS, st.text("abcXYZ019+/_-", max_size=30), st.text("abcXYZ019+/_-", max_size=30))
def test_letters_glued_to_it_hide_no_secret(secret: bytes, before: str, after: str) -> None:
    assert is_suspect(before + base64.b64encode(secret).decode().rstrip("=") + after)


@pytest.mark.parametrize(
    "line",
    [
        "long sol $200 5x sl 3%; short eth $500 at 2650 sl 2700 tp 2500; buy btc $100; close doge 50%",
        "long SOL 5x 10x SHORT ETH 3x BTC 4x DOGE 5X LONG 5X 6X 7X 8X long WIF 3X short kBONK 2x BTC 1x",
        "So11111111111111111111111111111111111111112",
        "-" * 80,
        "https://example.org/a-very-long-slug-of-an-article-about-solana-and-bitcoin-2026",
        "long/short/buy/sell/close/cancel/panic/alert/help/price",
        "=" * 60,
        "_" * 50,
        "alert btc funding > 1% apr repeat\nalert eth up 1% in 5m\nschedule funding every day at 08:00",
        "https://backpack.exchange/trade/SOL_USD_PERP",
        "The Quick Brown Fox Jumps Over 13 Lazy Dogs And 7 Cats While 2 Birds Sing In The 3 Old Trees",
        "做多 sol 200u 5倍 止损 3% 止盈 5%",
        "1, 2, 3, 4, 5, 6, 7, 8, 9, 10",
        "100 200 300 400 500 600 700 800 900 1000 1100 1200 1300 1400 1500 1600 1700 1800",
    ],
)
def test_an_ordinary_line_is_no_secret(line: str) -> None:
    assert not is_suspect(line)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        *(
            (f"{word} {'ab' * 32}", True)
            for word in ("secret", "my API key:", "密钥", "私钥", "секрет", "Мой ключ")
        ),
        *(
            (f"{word} {'ab' * 32}", True)
            for word in ("ＳＥＣＲＥＴ", "s\u200becret", "api_key=", "/link", "/start")
        ),
        *(
            (f"{word} {'ab' * 32}", False)
            for word in ("tx", "monkey", "mint", "hash", "/price", "turkey", "")
        ),
    ],
)
def test_a_word_beside_it_is_evidence(text: str, named: bool) -> None:
    assert is_named(text) is named


@pytest.mark.slow
@settings(max_examples=300)
@given(
    SECRETS,
    st.text(max_size=30),
    st.text(max_size=30),
    st.sampled_from(sorted(SPELLINGS)),
    st.integers(0, 90),
)
def test_nothing_shown_holds_sixteen_characters_of_it(
    secret: bytes, before: str, after: str, spelling: str, start: int
) -> None:
    """Also where nobody recognised it: a piece of one, glued, cut, underlined at any place."""
    if spelling not in WHOLE:
        return  # recognised above, and deleted unread
    written = SPELLINGS[spelling](secret)
    locale = Locale.of(Language.ENGLISH)
    for line in (f"{before}{written}{after}", f"{before}{written[:36]}", f"{written[-34:]}{after}"):
        shown = (
            str(echo(line, (start, start + 5))),
            str(echo(line, None)),
            str(locale.text("refusal-try", line=line)),
            hide(line),
        )
        for text in shown:
            assert not any(written[at : at + 16] in text for at in range(len(written) - 15)), text


@given(st.text())
def test_hiding_keeps_every_place(text: str) -> None:
    assert len(hide(text)) == len(text)
    assert hide(text[:LONGEST_ECHO]) == text[:LONGEST_ECHO]
