"""Decimals as people read them: grouped, exact to the digit asked for, never through a float.

Babel supplies the separators of the language; the digits come from `Decimal` itself, because Babel rounds
to its own precision on the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal

from babel import Locale as BabelLocale
from babel.numbers import get_decimal_symbol, get_group_symbol

from bot.domain.values import ONE, ZERO

# Wide enough for every quantity an exchange can name; the default 28 digits would round quotients twice.
_EXACT = Context(prec=120, rounding=ROUND_HALF_EVEN)
_MAX_EXPONENT = 40
_EXACT_DIGITS = 12
_QUOTIENT_DIGITS = 8
_CENT = Decimal("0.01")
_MINUS = "−"


def decimals_of(increment: Decimal) -> int:
    """How many decimals a tick or a step has: `0.010` → 2, `5` → 0."""
    exponent = increment.normalize(_EXACT).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


@dataclass(frozen=True, slots=True)
class Numbers:
    """Number formatting of one language."""

    decimal: str
    group: str

    @classmethod
    def of(cls, babel_locale: BabelLocale) -> Numbers:
        return cls(get_decimal_symbol(babel_locale), get_group_symbol(babel_locale))

    def fixed(self, value: Decimal, places: int, *, at_least: int | None = None, sign: bool = False) -> str:
        """`value` at `places` decimals, ties to even; zeros beyond `at_least` decimals are dropped.

        `sign` puts a plus before what is positive. A value no exchange can mean (`1E+999999`, NaN) comes
        back in its scientific form instead of a million digits.
        """
        if not value.is_finite() or abs(value.adjusted()) > _MAX_EXPONENT:
            return self._absurd(value)
        rounded = value.quantize(ONE.scaleb(-places), context=_EXACT)
        whole, _, fraction = format(abs(rounded), f",.{places}f").partition(".")
        keep = places if at_least is None else at_least
        fraction = fraction[:keep] + fraction[keep:].rstrip("0")
        text = whole.replace(",", self.group) + (self.decimal + fraction if fraction else "")
        if rounded < ZERO:
            return _MINUS + text
        return "+" + text if sign and rounded > ZERO else text

    def exact(self, value: Decimal, *, at_least: int = 0) -> str:
        """Every digit of `value`, no trailing zeros. A quotient (over 12 significant digits) is cut to 8.

        A fraction has `at_least` so many decimals: `142.50`, but `142`.
        """
        if not value.is_finite() or abs(value.adjusted()) > _MAX_EXPONENT:
            return self._absurd(value)
        places = decimals_of(value) if value else 0
        if len(value.normalize(_EXACT).as_tuple().digits) > _EXACT_DIGITS:
            places = min(places, max(0, _QUOTIENT_DIGITS - 1 - value.adjusted()))
        places = max(places, at_least) if places else 0
        return self.fixed(value, places, at_least=min(at_least, places))

    def whole(self, value: Decimal) -> str:
        """Every digit of `value`, however many there are; no trailing zeros."""
        return self.fixed(value, decimals_of(value) if value.is_finite() and value else 0, at_least=0)

    def money(self, value: Decimal, *, sign: bool = False) -> str:
        """Dollars to the cent; below a dollar two significant digits more than the cent may be shown."""
        if not value.is_finite() or abs(value.adjusted()) > _MAX_EXPONENT:
            return "$" + self._absurd(value)
        places = 2
        if ZERO < abs(value) < ONE:
            places = min(12, max(4, 1 - value.adjusted())) if abs(value) < _CENT else 4
        text = self.fixed(value, places, at_least=2, sign=sign)
        if text[0] in {_MINUS, "+"}:
            return f"{text[0]}${text[1:]}"
        return "$" + text

    @staticmethod
    def _absurd(value: Decimal) -> str:
        return ("0" if not value else f"{value:.6E}") if value.is_finite() else str(value)


def clock_minute(minute: int) -> str:
    """A minute of the day as `HH:MM`."""
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"
