"""Why a line cannot be read, while it is being read: raised by the builders, caught once in the parser.

Positions are in the normalised text; the parser turns them into positions of what was typed.
"""

from __future__ import annotations

from bot.domain.refusal import Param, RefusalCode

Edit = tuple[int, int, str]  # replace normalised[start:end]
Mend = tuple[Edit, ...]  # edits in ascending order that make a line to offer


class Fault(Exception):
    """Internal to `bot.language`."""

    def __init__(
        self,
        code: RefusalCode,
        span: tuple[int, int],
        *,
        expected: tuple[str, ...] = (),
        mends: tuple[Mend, ...] = (),
        **params: Param,
    ) -> None:
        super().__init__(code.value)
        self.code = code
        self.span = span
        self.expected = expected
        self.mends = mends
        self.params = params


def unsupported(feature: str, span: tuple[int, int], *mends: Mend) -> Fault:
    """A form we know and do not offer yet."""
    return Fault(RefusalCode.UNSUPPORTED, span, mends=mends, feature=feature)


def unexpected(word: str, span: tuple[int, int], *expected: str, mends: tuple[Mend, ...] = ()) -> Fault:
    """A word that has no place where it stands."""
    return Fault(RefusalCode.SYNTAX, span, expected=expected, mends=mends, word=word)


def two_numbers(words: str, span: tuple[int, int], *mends: Mend) -> Fault:
    """Two numbers without a unit, of which one is the price."""
    return Fault(RefusalCode.TWO_NUMBERS, span, mends=mends, number=words)


def ambiguous(word: str, span: tuple[int, int], *mends: Mend) -> Fault:
    """A number with more than one reading."""
    return Fault(RefusalCode.AMBIGUOUS_NUMBER, span, mends=mends, number=word)
