"""Text to intents and back. Pure: the only thing it reads is its own grammar file.

`parse` never raises and never acts on a guess; `canonical` prints the line that parses to an intent.
"""

from bot.language.canonical import canonical
from bot.language.classify import classify
from bot.language.digit_groups import one_number
from bot.language.features import FEATURES
from bot.language.normalise import MAX_LENGTH
from bot.language.parser import MAX_STATEMENTS, parse
from bot.language.result import Parsed, ParseFailure
from bot.language.schema import to_json

__all__ = [
    "FEATURES",
    "MAX_LENGTH",
    "MAX_STATEMENTS",
    "ParseFailure",
    "Parsed",
    "canonical",
    "classify",
    "one_number",
    "parse",
    "to_json",
]
