"""Text to intents and back. Pure: the only thing it reads is its own grammar file.

`parse` never raises and never acts on a guess; `canonical` prints the line that parses to an intent.
"""

from bot.grammar.canonical import canonical
from bot.grammar.classify import classify
from bot.grammar.features import FEATURES
from bot.grammar.groups import one_number
from bot.grammar.normalise import MAX_LENGTH
from bot.grammar.parser import MAX_STATEMENTS, parse
from bot.grammar.result import Parsed, ParseFailure
from bot.grammar.schema import to_json

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
