"""What a line of chat means, as JSON: apart from the reader of options, which takes as long to import."""

from __future__ import annotations

import sys

import msgspec

from bot.language import parse, to_json


def print_meaning(line: str) -> bool:
    """Print what a line means (docs/parse.schema.json); whether it means anything."""
    result = to_json(parse(line))
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(result), indent=2).decode() + "\n")
    return bool(result.get("ok", True))
