"""Telegram's HTML: text with tags in, visible text with entities (UTF-16 offsets) out.

Follows the published rules of "HTML style" and the wording of the real server's parse errors, whose
offsets count UTF-8 bytes. Source: core.telegram.org/bots/api#html-style.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bot.sandbox.telegram.errors import BotApiError, Json, bad_request

_TAGS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "a": "text_link",
    "tg-emoji": "custom_emoji",
}
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_REFERENCE = re.compile(r"&(?:#[xX]([0-9a-fA-F]{1,7})|#([0-9]{1,7})|([a-zA-Z]+));?")
_SPACE = " \t\r\n\0\v"
_CONTROL = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f]")  # become a blank
_REMOVED = re.compile("[\r\u2028-\u202e\u0333\u033f\u030a]")  # vanish
_USER_LINK = re.compile(r"tg://user/?\?id=(\d{1,18})$", re.IGNORECASE)
_WEB_LINK = re.compile(r"(?:https?|tg|ton)://\S+$", re.IGNORECASE)


def utf16_length(text: str) -> int:
    """Length in UTF-16 code units, the unit of every offset in the Bot API."""
    return len(text) + sum(1 for char in text if ord(char) > 0xFFFF)


def clean(text: str) -> str:
    """What the server does to any text: control characters become blanks, bidi overrides and CR vanish."""
    return _REMOVED.sub("", _CONTROL.sub(" ", text))


@dataclass(slots=True)
class _Open:
    tag: str
    offset: int  # UTF-16
    start: int  # index into the visible text
    argument: str = ""


@dataclass(slots=True)
class _Reader:
    """One pass over the source; `out` collects the visible text."""

    source: str
    at: int = 0
    out: list[str] = field(default_factory=list)
    offset: int = 0
    stack: list[_Open] = field(default_factory=list)
    entities: list[Json] = field(default_factory=list)

    def run(self) -> tuple[str, list[Json]]:
        while self.at < len(self.source):
            char = self.source[self.at]
            if char == "<":
                self._tag()
            elif char == "&":
                self._put(self._reference())
            else:
                self.at += 1
                self._put(char)
        if self.stack:
            raise _cannot(f'Can\'t find end tag corresponding to start tag "{self.stack[-1].tag}"')
        return "".join(self.out), self.entities

    def _put(self, char: str) -> None:
        self.out.append(char)
        self.offset += 2 if ord(char) > 0xFFFF else 1

    def _reference(self) -> str:
        match = _REFERENCE.match(self.source, self.at)
        decoded = _decoded(match) if match else None
        if match is None or decoded is None:
            self.at += 1
            return "&"
        self.at = match.end()
        return decoded

    def _byte(self, index: int) -> int:
        return len(self.source[:index].encode("utf-8", "surrogatepass"))

    def _peek(self) -> str:
        return self.source[self.at] if self.at < len(self.source) else ""

    def _skip(self, stop: str) -> str:
        """Read up to any of `stop` or the end."""
        begin = self.at
        while self.at < len(self.source) and self.source[self.at] not in stop:
            self.at += 1
        return self.source[begin : self.at]

    def _blank(self) -> None:
        while self._peek() and self._peek() in _SPACE:
            self.at += 1

    def _tag(self) -> None:
        begin = self.at
        self.at += 1
        if self._peek() == "/":
            self.at += 1
            self._end_tag(begin)
        else:
            self._start_tag(begin)

    def _start_tag(self, begin: int) -> None:
        name = self._skip(_SPACE + ">").lower()
        if not self._peek():
            raise _cannot(f"Unclosed start tag at byte offset {self._byte(begin)}")
        if name not in _TAGS:
            raise _cannot(f'Unsupported start tag "{name}" at byte offset {self._byte(begin)}')
        opened = _Open(name, self.offset, len(self.out))
        while True:
            self._blank()
            if self._peek() == ">":
                break
            self._attribute(opened, begin)
        self.at += 1
        if name == "span" and opened.argument != "spoiler":
            raise _cannot(f'Tag "span" must have class "tg-spoiler" at byte offset {self._byte(begin)}')
        self.stack.append(opened)

    def _attribute(self, opened: _Open, begin: int) -> None:
        name = self._skip(_SPACE + "=>/\"'").lower()
        if not name:
            if not self._peek():
                raise _cannot(f'Unclosed start tag "{opened.tag}" at byte offset {self._byte(begin)}')
            raise _cannot(
                f'Empty attribute name in the tag "{opened.tag}" at byte offset {self._byte(begin)}'
            )
        self._blank()
        value = ""
        if self._peek() == "=":
            self.at += 1
            self._blank()
            value = self._value()
        if not self._peek():
            raise _cannot(f'Unclosed start tag "{opened.tag}" at byte offset {self._byte(begin)}')
        opened.argument = _argument(opened.tag, name, value) or opened.argument

    def _value(self) -> str:
        quote = self._peek()
        if quote not in ("'", '"'):
            begin = self.at
            while self._peek().isalnum() or self._peek() in tuple(".-"):
                self.at += 1
            if self._peek() and self._peek() not in _SPACE + ">":
                raise _cannot(f"Unexpected end of name token at byte offset {self._byte(begin)}")
            return self.source[begin : self.at].lower()
        self.at += 1
        value: list[str] = []
        while self._peek() and self._peek() != quote:
            if self._peek() == "&":
                value.append(self._reference())
            else:
                value.append(self._peek())
                self.at += 1
        self.at += 1
        return "".join(value)

    def _end_tag(self, begin: int) -> None:
        if not self.stack:
            raise _cannot(f"Unexpected end tag at byte offset {self._byte(begin)}")
        name = self._skip(_SPACE + ">").lower()
        self._blank()
        if self._peek() != ">":
            raise _cannot(f"Unclosed end tag at byte offset {self._byte(begin)}")
        self.at += 1
        opened = self.stack.pop()
        if name and name != opened.tag:
            raise _cannot(
                f"Unmatched end tag at byte offset {self._byte(begin)}, "
                f'expected "</{opened.tag}>", found "</{name}>"'
            )
        if self.offset > opened.offset:
            self._close(opened)

    def _close(self, opened: _Open) -> None:
        kind = _TAGS[opened.tag]
        entity: Json = {"type": kind, "offset": opened.offset, "length": self.offset - opened.offset}
        if kind == "text_link":
            url = opened.argument or "".join(self.out[opened.start :])
            linked = _linked(url)
            if linked is None:
                return
            entity |= linked
        elif kind == "custom_emoji":
            entity["custom_emoji_id"] = opened.argument
        elif kind == "blockquote" and opened.argument:
            entity["type"] = "expandable_blockquote"
        elif kind == "code" and opened.argument:
            entity["_language"] = opened.argument
        elif kind == "pre":
            self._language(entity)
        self.entities.append(entity)

    def _language(self, pre: Json) -> None:
        """`<pre><code class="language-x">` is one `pre` entity with a language."""
        inner = self.entities[-1] if self.entities else {}
        if inner.get("type") == "code" and (inner["offset"], inner["length"]) == (
            pre["offset"],
            pre["length"],
        ):
            self.entities.pop()
            if "_language" in inner:
                pre["language"] = inner["_language"]


def _argument(tag: str, name: str, value: str) -> str:
    if (tag, name) in (("a", "href"), ("tg-emoji", "emoji-id")):
        return value
    if (tag, name) == ("code", "class") and value.startswith("language-"):
        return value.removeprefix("language-")
    if (tag, name) == ("span", "class") and value.startswith("tg-"):
        return value.removeprefix("tg-")
    if (tag, name) == ("blockquote", "expandable"):
        return "1"
    return ""


def _linked(url: str) -> Json | None:
    url = url.strip()
    user = _USER_LINK.match(url)
    if user:
        return {"type": "text_mention", "_user_id": int(user[1])}
    if _WEB_LINK.match(url):
        return {"url": url}
    if re.match(r"[\w-]+(\.[\w-]+)+(/\S*)?$", url):
        return {"url": f"http://{url}" if "/" in url else f"http://{url}/"}
    return None


def _decoded(match: re.Match[str]) -> str | None:
    if match[3]:
        return _NAMED.get(match[3])
    code = int(match[1], 16) if match[1] else int(match[2])
    if code == 0 or code >= 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        return None
    return chr(code)


def _cannot(reason: str) -> BotApiError:
    return bad_request(f"can't parse entities: {reason}")


def parse_html(source: str) -> tuple[str, list[Json]]:
    """Visible text and entities of `source`. Raises a 400 with Telegram's wording when it does not parse."""
    return _Reader(source).run()
