"""One language and time zone: words from Fluent catalogues, numbers and times by Babel's rules.

HTML is escaped here and nowhere else: whatever enters a sentence is escaped on the way in, the tags are in
the catalogue, and what comes out is `Markup`.
"""

from __future__ import annotations

import html
import logging
import re
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any, ClassVar, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale as BabelLocale
from babel.dates import format_datetime
from fluent.runtime import FluentBundle, FluentResource
from markupsafe import Markup, escape

from bot.domain.values import HUNDRED, ZERO, Language
from bot.kernel.secret_detection import LONGEST_ECHO, hide
from bot.ui.numbers import Numbers, decimals_of

Param = str | int | Decimal

_log = logging.getLogger(__name__)
_BABEL = {Language.ENGLISH: "en", Language.CHINESE: "zh_Hans_CN"}
_LEAST_MULTIPLE = Decimal("0.01")
MAX_PARAM = 300  # characters; Fluent refuses a placeable over 2,500, and escaping can grow one fivefold
# Control, bidirectional and zero-width characters let a text show what it is not; surrogates cannot be sent.
_DECEPTIVE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_TAG = re.compile("<[^>]*>")
_DOTS = re.compile("•{4,}")


class MissingText(LookupError):
    """A key without words, or words that ask for a parameter nobody gave. A defect, never a user's doing."""


class Own(str):
    """A text of ours that is long and no secret, such as a public key: shown whole."""

    __slots__ = ()


def clean(text: str, limit: int = MAX_PARAM) -> str:
    """`text` on one line, with every character that could disguise it shown as `�`, cut to `limit`.

    Of a word as long as a secret only the beginning is shown: whatever was not recognised as one.
    """
    if len(text) > LONGEST_ECHO and not isinstance(text, Own):
        text = hide(text)
    if "••••" in text:
        text = _DOTS.sub("…", text)
    if len(text) <= limit and text.isprintable():
        return text  # the common case: no deceptive character is printable
    shown = text if len(text) <= limit else text[: limit - 1] + "…"
    return _DECEPTIVE.sub(lambda match: " " if match[0] in "\t\n\r" else "�", shown)


class Reader(Protocol):
    """Whoever reads, a person or a group."""

    language: str
    time_zone: str


class Locale:
    """The words, numbers and times of one user. Immutable in use; get it by `of` or `of_reader`."""

    strict: ClassVar[bool] = False  # tests set it: a missing text raises instead of falling back

    def __init__(self, language: Language, zone: tzinfo) -> None:
        self.language = language
        self._zone = zone
        self._babel = BabelLocale.parse(_BABEL[language])
        self._numbers = Numbers.of(self._babel)
        self._bundle = _bundle(language)
        self._patterns: dict[str, Any] = {}

    @classmethod
    def of(cls, language: Language, time_zone: str = "UTC") -> Locale:
        """The locale of `language` in `time_zone` (IANA name; an unknown one is UTC, and shown as UTC)."""
        return _locale(Language(language), time_zone)

    @classmethod
    def of_reader(cls, reader: Reader | None) -> Locale:
        """The locale a person or a group has chosen; English for who has not, or is not known."""
        if reader is None:
            return cls.of(Language.ENGLISH)
        return cls.of(Language(reader.language), reader.time_zone)

    # --- words -------------------------------------------------------------------------------------

    def has(self, key: str, attribute: str | None = None) -> bool:
        if not self._bundle.has_message(key):
            return False
        return attribute is None or attribute in self._bundle.get_message(key).attributes

    def text(self, key: str, /, **params: Param | Markup) -> Markup:
        """The sentence `key` (`name` or `name.attribute`), its parameters escaped unless they are `Markup`.

        An `int` also chooses plural forms. Raises MissingText when `strict`; otherwise a defect is logged
        and the parameters are shown bare, because a dull message is better than a lost one.
        """
        safe = {name: self._safe(value) for name, value in params.items()}
        pattern = self._pattern(key)
        if pattern is not None:
            value, errors = self._bundle.format_pattern(pattern, safe)
            if not errors:
                return Markup(value)  # noqa: S704 - the catalogue is ours, its parameters are escaped
        if self.strict:
            raise MissingText(f"{self.language}: {key} with {sorted(params)}")
        _log.error("missing text %s in %s", key, self.language)
        bare = " · ".join([str(escape(key)), *(str(value) for value in safe.values())])
        return Markup(bare)  # noqa: S704 - every part was escaped above

    def plain(self, key: str, /, **params: Param | Markup) -> str:
        """`text` without markup: for button labels and command descriptions, which Telegram shows as is."""
        return html.unescape(_TAG.sub("", self.text(key, **params)))

    def _pattern(self, key: str) -> Any:
        """The compiled pattern of a key, None when there is none; looked up once."""
        if key not in self._patterns:
            name, _, attribute = key.partition(".")
            message = self._bundle.get_message(name) if self.has(name, attribute or None) else None
            pattern = message and (message.attributes[attribute] if attribute else message.value)
            self._patterns[key] = pattern
        return self._patterns[key]

    def _safe(self, value: Param | Markup) -> str | int:
        if isinstance(value, Markup):
            return str(value)
        if isinstance(value, Decimal):
            return self.number(value)
        if isinstance(value, int):
            return value
        return str(escape(clean(value)))

    # --- numbers -----------------------------------------------------------------------------------

    def number(self, value: Decimal) -> str:
        """Every digit, grouped, without unit. A quotient of more than 12 digits is cut to 8 significant."""
        return self._numbers.exact(value)

    def price(self, value: Decimal, tick: Decimal | None = None) -> str:
        """A price without unit, with the decimals of `tick`, or with its own when no tick is known."""
        if tick is None or tick <= 0:
            return self._numbers.exact(value, at_least=2)
        return self._numbers.fixed(value, decimals_of(tick))

    def quantity(self, value: Decimal, step: Decimal | None = None) -> str:
        """A quantity without unit and without trailing zeros; never shows something as nothing."""
        if step is None or step <= 0:
            return self.number(value)
        places = decimals_of(step)
        if value and abs(value) < Decimal(1).scaleb(-places):
            return self.number(value)
        return self._numbers.fixed(value, places, at_least=0)

    def held(self, value: Decimal) -> str:
        """A quantity that is held: every digit of it, whatever the market's step."""
        return self._numbers.whole(value)

    def usd(self, value: Decimal) -> str:
        return self._numbers.money(value)

    def signed_usd(self, value: Decimal) -> str:
        return self._numbers.money(value, sign=True)

    def percent(self, value: Decimal, places: int = 2) -> str:
        """`value` is in per cent: `Decimal(3)` is `3%`."""
        return self._numbers.fixed(value, places, at_least=0) + "%"

    def signed_percent(self, value: Decimal, places: int = 2, *, at_least: int = 0) -> str:
        """With its sign, and with `at_least` so many decimals: columns of numbers want them alike."""
        return self._numbers.fixed(value, places, at_least=at_least, sign=True) + "%"

    def rate(self, fraction: Decimal) -> str:
        """A funding rate, given as a fraction, in per cent with the four decimals traders compare."""
        return self._numbers.fixed(fraction * HUNDRED, 4, sign=True) + "%"

    def multiple(self, value: Decimal) -> str:
        """Leverage: `5x`; a trace of it is not shown as none."""
        if ZERO < value < _LEAST_MULTIPLE:
            return f"<{self._numbers.fixed(_LEAST_MULTIPLE, 2)}x"
        return self._numbers.fixed(value, 2, at_least=0) + "x"

    def bps(self, value: Decimal) -> str:
        """Basis points with their unit."""
        return str(self.text("unit-bps", value=self._numbers.fixed(value, 2, at_least=0)))

    def count(self, n: int) -> str:
        return self._numbers.fixed(Decimal(n), 0)

    # --- times -------------------------------------------------------------------------------------

    def time(self, ms: int) -> str:
        """A moment to the second with date and zone: `14 Oct, 18:03:05 UTC`."""
        return self._moment(ms, "time-pattern")

    def clock(self, ms: int) -> str:
        """A moment of today to the minute, with zone: `18:03 UTC`."""
        return self._moment(ms, "clock-pattern")

    def _moment(self, ms: int, pattern_key: str) -> str:
        try:
            moment = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ms)).astimezone(self._zone)
        except (OverflowError, ValueError):
            return "—"
        pattern = str(self.text(pattern_key))
        return f"{format_datetime(moment, pattern, locale=self._babel)} {_zone_name(moment)}"

    def duration(self, seconds: int) -> str:
        """A span in its two largest units: `2 h 15 min`, `45 s`."""
        rest = max(0, int(seconds))
        parts: list[str] = []
        for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1)):
            amount, rest = divmod(rest, length)
            if amount or (unit == "seconds" and not parts):
                parts.append(str(self.text(f"duration-{unit}", n=amount)))
        return " ".join(parts[:2])


def _zone_name(moment: datetime) -> str:
    offset = moment.utcoffset() or timedelta()
    if not offset:
        return "UTC"
    minutes = round(abs(offset).total_seconds()) // 60
    sign = "+" if offset > timedelta() else "−"
    hours, rest = divmod(minutes, 60)
    return f"UTC{sign}{hours}" + (f":{rest:02d}" if rest else "")


@cache
def _locale(language: Language, time_zone: str) -> Locale:
    try:
        zone: tzinfo = UTC if time_zone == "UTC" else ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zone = UTC
    return Locale(language, zone)


@cache
def _bundle(language: Language) -> FluentBundle:
    bundle = FluentBundle([_BABEL[language]], use_isolating=False)
    folder = resources.files("bot.ui") / "locales" / language.value
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".ftl"):
            bundle.add_resource(FluentResource(entry.read_text(encoding="utf-8")))
    return bundle
