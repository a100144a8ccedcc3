"""Numbers keep their digits, their sign and their unit."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.values import Language
from bot.ui.locale import Locale

pytestmark = pytest.mark.usefixtures("strict_locales")

ticks = st.sampled_from([Decimal(1).scaleb(-n) for n in range(10)] + [Decimal(5), Decimal("0.25")])
whole = st.integers(-(10**15), 10**15)
languages = st.sampled_from(list(Language))
EXACT = Context(prec=100, rounding=ROUND_HALF_EVEN)


def read(text: str) -> Decimal:
    """The number a reader sees."""
    return Decimal(text.replace(",", "").replace("−", "-").replace("$", "").removesuffix("%"))


@given(languages, ticks, whole)
def test_a_price_at_the_tick_keeps_every_digit(language: Language, tick: Decimal, n: int) -> None:
    value = EXACT.multiply(tick, n)
    assert read(Locale.of(language).price(value, tick)) == value


@given(languages, ticks, st.decimals(-(10**15), 10**15, allow_nan=False, allow_infinity=False))
def test_a_price_off_the_tick_is_within_half_of_its_last_decimal(
    language: Language, tick: Decimal, value: Decimal
) -> None:
    shown = read(Locale.of(language).price(value, tick))
    unit = Decimal(1).scaleb(min(0, int(tick.normalize().as_tuple().exponent)))
    assert abs(EXACT.subtract(shown, value)) <= unit / 2


@given(languages, ticks, whole)
def test_a_quantity_at_the_step_keeps_every_digit(language: Language, step: Decimal, n: int) -> None:
    value = EXACT.multiply(step, n)
    assert read(Locale.of(language).quantity(value, step)) == value


@given(languages, st.integers(-(10**12) + 1, 10**12 - 1), st.integers(0, 20))
def test_a_number_of_twelve_digits_is_shown_whole(language: Language, digits: int, scale: int) -> None:
    value = Decimal(digits).scaleb(-scale)
    assert read(Locale.of(language).number(value)) == value


@given(languages, st.decimals(allow_nan=True, allow_infinity=True))
def test_no_decimal_is_too_strange_to_show(language: Language, value: Decimal) -> None:
    locale = Locale.of(language)
    for shown in (locale.number(value), locale.price(value, Decimal("0.01")), locale.usd(value)):
        assert 0 < len(shown) <= 80


@given(languages, st.integers(-(10**14), 10**14))
def test_dollars_are_exact_to_the_cent(language: Language, cents: int) -> None:
    value = Decimal(cents) / 100
    locale = Locale.of(language)
    assert read(locale.usd(value)) == value
    assert locale.signed_usd(value)[0] == ("+" if value > 0 else "−" if value < 0 else "$")


@given(st.decimals("1e-12", "0.99", places=12))
def test_something_is_never_shown_as_nothing(value: Decimal) -> None:
    locale = Locale.of(Language.ENGLISH)
    assert read(locale.usd(value)) > 0
    assert read(locale.quantity(value, Decimal("0.01"))) > 0


def test_numbers_are_grouped_and_carry_their_unit(english: Locale, chinese: Locale) -> None:
    assert english.usd(Decimal("1234567.891")) == "$1,234,567.89"
    assert english.signed_usd(Decimal("-3.5")) == "−$3.50"
    assert english.percent(Decimal("0.5")) == "0.5%"
    assert english.rate(Decimal("0.0000125")) == "+0.0012%"
    assert english.bps(Decimal("1.25")) == "1.25 bps"
    assert chinese.bps(Decimal("1.25")) == "1.25 个基点"
    assert english.multiple(Decimal(5)) == "5x"
    assert english.multiple(Decimal("0.004")) == "<0.01x"
    assert english.multiple(Decimal(0)) == "0x"
    assert english.price(Decimal("0.00001230"), Decimal("0.00000001")) == "0.00001230"
    assert english.quantity(Decimal("1.40"), Decimal("0.01")) == "1.4"


def test_an_average_is_cut_to_what_a_reader_can_use(english: Locale) -> None:
    assert english.price(Decimal(1000) / 7) == "142.85714"


def test_times_name_their_zone(english: Locale, chinese: Locale) -> None:
    ms = 1_760_443_205_000
    assert english.time(ms) == "14 Oct, 12:00:05 UTC"
    assert chinese.time(ms) == "10月14日 20:00:05 UTC+8"
    assert Locale.of(Language.ENGLISH, "Asia/Kolkata").clock(ms) == "17:30 UTC+5:30"
    assert Locale.of(Language.ENGLISH, "America/New_York").clock(ms) == "08:00 UTC−4"


@pytest.mark.parametrize("zone", ["Nowhere/City", "", "../../etc/passwd", "Not a zone"])
def test_an_unknown_time_zone_is_utc_and_says_so(zone: str) -> None:
    assert Locale.of(Language.ENGLISH, zone).clock(1_760_443_205_000) == "12:00 UTC"


@pytest.mark.parametrize("ms", [-(10**18), 10**18])
def test_a_moment_outside_the_calendar_is_a_dash(english: Locale, ms: int) -> None:
    assert english.time(ms) == "—"


@pytest.mark.parametrize(
    ("seconds", "en", "zh"),
    [
        (0, "0 s", "0 秒"),
        (59, "59 s", "59 秒"),
        (60, "1 min", "1 分钟"),
        (3723, "1 h 2 min", "1 小时 2 分钟"),
        (90_000, "1 d 1 h", "1 天 1 小时"),
    ],
)
def test_a_span_is_said_in_its_two_largest_units(
    english: Locale, chinese: Locale, seconds: int, en: str, zh: str
) -> None:
    assert (english.duration(seconds), chinese.duration(seconds)) == (en, zh)


def test_a_locale_is_made_once() -> None:
    assert Locale.of(Language.CHINESE, "Asia/Shanghai") is Locale.of(Language.CHINESE, "Asia/Shanghai")
