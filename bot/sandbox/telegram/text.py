"""From what a bot sends to what a chat shows: parse mode, cleaning, trimming, automatic entities.

The order is the server's: parse, clean, trim, cut formatting out of code, then find links and commands.
"""

from __future__ import annotations

import json
import re
from typing import Any

from bot.sandbox.telegram.errors import Json, bad_request
from bot.sandbox.telegram.markup import clean, parse_html, utf16_length

_AUTOMATIC = (
    ("bot_command", re.compile(r"(?<![\w/<>@])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/<>@])")),
    ("mention", re.compile(r"(?<![\w@/.])@[A-Za-z][A-Za-z0-9_]{2,31}(?!\w)")),
    ("hashtag", re.compile(r"(?<![\w#])#(?=\w*[^\W\d_])\w{1,256}(?!\w)")),
    ("cashtag", re.compile(r"(?<![\w$])\$[A-Z]{1,8}(?![\w$])")),
    ("email", re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,24}(?!\w)")),
    ("url", re.compile(r"(?<![\w@])(?:https?://|tg://)[^\s<>\"']*[^\s<>\"'.,;:!?)\]]", re.IGNORECASE)),
)
_CUTTABLE = ("bold", "italic", "underline", "strikethrough", "spoiler")


def formatted(text: str, parse_mode: str | None, given: list[Json] | None = None) -> tuple[str, list[Json]]:
    """The visible text and its entities. Raises 400 on a parse error or an unsupported parse mode."""
    mode = (parse_mode or "").lower()
    entities: list[Json] = []
    if mode == "html":
        text, entities = parse_html(text)
    elif mode in ("markdown", "markdownv2"):
        raise bad_request("can't parse entities: the sandbox reads parse_mode HTML only, not Markdown")
    elif mode:
        raise bad_request("unsupported parse_mode")
    elif given:
        entities = [_checked(entity) for entity in given]
    return settle(text, entities)


def settle(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Clean, trim and complete a text whose markup is already entities. Raises 400 for lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise bad_request("strings must be encoded in UTF-8") from None
    text, entities = _cleaned(text, entities)
    entities = [_public(part) for entity in entities for part in _cut(entity, entities)]
    taken = [entity for entity in entities if entity["type"] in ("code", "pre", "text_link", "text_mention")]
    entities += _found(text, taken)
    return text, sorted(entities, key=lambda e: (e["offset"], -e["length"]))


def _checked(entity: Any) -> Json:
    if not isinstance(entity, dict) or not isinstance(entity.get("offset"), int):
        raise bad_request("can't parse entities: Can't parse MessageEntity")
    if not isinstance(entity.get("length"), int) or "type" not in entity:
        raise bad_request("can't parse entities: Can't parse MessageEntity")
    return dict(entity)


def _cleaned(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    """Clean and trim, moving every offset with the characters that vanish before it."""
    units: list[int] = []  # for each old UTF-16 unit, its new offset
    out: list[str] = []
    offset = 0
    lead = True
    for char in text:
        width = 2 if ord(char) > 0xFFFF else 1
        kept = clean(char)
        units += [offset] * width
        if not kept or (lead and kept.isspace()):
            continue
        lead = False
        out.append(kept)
        offset += width
    visible = "".join(out).rstrip()
    end = utf16_length(visible)
    units.append(offset)

    def moved(old: int) -> int:
        return min(units[min(max(old, 0), len(units) - 1)], end)

    result = []
    for entity in entities:
        begin, stop = moved(entity["offset"]), moved(entity["offset"] + entity["length"])
        if stop > begin:
            result.append({**entity, "offset": begin, "length": stop - begin})
    return visible, result


def _cut(entity: Json, entities: list[Json]) -> list[Json]:
    """Formatting cannot cover code, and nothing lies inside it: keep what is left of `entity`."""
    if entity["type"] in ("pre", "code"):
        outer = [e for e in entities if e["type"] == "pre" and e is not entity]
        inside = any(_covers(e, entity) for e in outer)
        return [] if inside else [entity]
    blocks = [e for e in entities if e["type"] in ("code", "pre")]
    if entity["type"] not in _CUTTABLE:
        return [] if any(_covers(block, entity) for block in blocks) else [entity]
    spans = [(entity["offset"], entity["offset"] + entity["length"])]
    for block in blocks:
        left, right = block["offset"], block["offset"] + block["length"]
        spans = [
            part
            for begin, stop in spans
            for part in ((begin, min(stop, left)), (max(begin, right), stop))
            if part[1] > part[0]
        ]
    return [{**entity, "offset": begin, "length": stop - begin} for begin, stop in spans]


def _covers(outer: Json, inner: Json) -> bool:
    begin, stop = outer["offset"], outer["offset"] + outer["length"]
    return bool(begin <= inner["offset"] and inner["offset"] + inner["length"] <= stop)


def _public(entity: Json) -> Json:
    return {key: value for key, value in entity.items() if key != "_language"}


def _found(text: str, taken: list[Json]) -> list[Json]:
    """Commands, mentions, tags and links the server marks by itself, outside code and explicit links."""
    found: list[Json] = []
    for kind, pattern in _AUTOMATIC:
        for match in pattern.finditer(text):
            offset, length = utf16_length(text[: match.start()]), utf16_length(match[0])
            if all(
                offset + length <= e["offset"] or e["offset"] + e["length"] <= offset
                for e in (*taken, *found)
            ):
                found.append({"type": kind, "offset": offset, "length": length})
    return found


def entities_parameter(value: Any) -> list[Json] | None:
    """The `entities` parameter: a JSON array, given as such or as a string."""
    if value is None or value == "":
        return None
    try:
        decoded = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        decoded = None
    if not isinstance(decoded, list):
        raise bad_request("can't parse entities: expected an Array")
    return decoded
