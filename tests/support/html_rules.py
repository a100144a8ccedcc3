"""What Telegram accepts as HTML, checked the way its parser would."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from bot.ui.message import MAX_DATA, MAX_LABEL, MAX_TEXT, Message, visible_length

TAGS = frozenset({"b", "i", "u", "s", "code", "pre"})
# Texts that break what is not escaped, cut or counted.
HOSTILE = (
    "</b></code><script>alert(1)</script>",
    "<b><i><code>",
    "&lt;b&gt; &amp; \"quoted\" 'single'",
    "{ $symbol } {NUMBER($n)}",
    "[link](https://example.org) *bold* _under_ `tick`",
    "\u202e0002$ los gnol\u202c",
    "a\u200bb\ufeffc\u2066d",
    "line\nbreak\ttab\r\x00\x1b[31m",
    "\ud800 lone surrogate",
    "😀" * 40,
    "1e999999",
    " ",
    "a" * 5000,
    "<" * 5000,
    "&" * 5000,
    "\n" * 5000,
    "𝕊" * 5000,
)
_ENTITY = re.compile(r"&(?!(?:lt|gt|amp|quot|#\d+);)")


class _Checker(HTMLParser):
    """Reads markup strictly and collects what is displayed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.shown = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        assert not attrs
        assert not {"code", "pre"} & set(self.open), "nothing may be nested in code"
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.shown += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data}")


def shown(text: str) -> str:
    """What a reader sees of `text`; raises AssertionError where Telegram would answer 400."""
    assert not _ENTITY.search(text), "an entity Telegram does not know"
    checker = _Checker()
    checker.feed(text)
    checker.close()
    assert not checker.open, f"never closed: {checker.open}"
    return checker.shown


def check(message: Message) -> str:
    """The message keeps every limit of Telegram; returns what a reader sees of it and its buttons."""
    visible = shown(str(message.text))
    assert visible.strip()
    assert 0 < visible_length(message.text) <= MAX_TEXT
    visible.encode()  # a lone surrogate cannot be sent
    for row in message.keyboard:
        assert 1 <= len(row) <= 8
        for button in row:
            assert 1 <= len(button.label) <= MAX_LABEL
            assert button.url or 1 <= len((button.data or "").encode()) <= MAX_DATA
    return visible
