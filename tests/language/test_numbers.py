"""A number is read as it was meant, or asked about, however it is written and wherever it stands."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.alerts.alert import PriceLevel
from bot.domain.intent import (
    AbsolutePrice,
    AlertIntent,
    BareSize,
    BaseSize,
    CloseIntent,
    Intent,
    ProtectIntent,
    QuoteSize,
    TradeIntent,
)
from bot.domain.refusal import RefusalCode
from bot.domain.values import plain
from bot.language import Parsed, ParseFailure, one_number, parse

MANY = settings(max_examples=200, deadline=None)
_ASKED = {RefusalCode.AMBIGUOUS_NUMBER, RefusalCode.TWO_NUMBERS}
_FULL_WIDTH = str.maketrans("0123456789.,", "０１２３４５６７８９．，")
_ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")

values = st.decimals("0.01", "9999999", places=2, allow_nan=False).map(lambda value: value.normalize())


def grouped(value: Decimal, mark: str, point: str) -> str:
    whole, _, fraction = plain(value).partition(".")
    body = f"{int(whole):,}".replace(",", mark)
    return f"{body}{point}{fraction}" if fraction else body


# How the same number is written, and whether it may be asked about. All others are read.
STYLES: dict[str, Callable[[Decimal], str]] = {
    "plain": plain,
    "anglo": lambda value: grouped(value, ",", "."),
    "continental": lambda value: grouped(value, ".", ","),
    "swiss": lambda value: grouped(value, "'", "."),
    "curly": lambda value: grouped(value, "’", ","),
    "code": lambda value: grouped(value, "_", "."),
    "french": lambda value: grouped(value, "\u202f", ","),
    "russian": lambda value: grouped(value, "\u00a0", ","),
    "thin": lambda value: grouped(value, "\u2009", "."),
    "typed": lambda value: grouped(value, " ", "."),
    "typed comma": lambda value: grouped(value, " ", ","),
    "wide": lambda value: grouped(value, ",", ".").translate(_FULL_WIDTH),
    "arabic": lambda value: plain(value).translate(_ARABIC).replace(".", "٫"),
    "exponent": lambda value: f"{value:e}",
    "money": lambda value: f"{value:,}",
}
# One point and three digits behind it are thousands on the continent and thousandths elsewhere: the bot's
# own language decides, as the page says.
READ_AS_THOUSANDTHS = "continental"
PLACES = (
    "long sol qty {}",
    "buy {} sol",
    "long sol ${}",
    "long sol {}$ 5x",
    "long sol $9 at {}",
    "long sol at {}",
    "long sol $9 @ {} post",
    "long sol $9 trigger {}",
    "long sol $9 sl {}",
    "long sol $9 tp {}",
    "close sol {}",
    "close sol half at {}",
    "sl sol {}",
    "tp {} sol",
    "alert sol > {}",
    "a sol below ${} every 1h",
)


def number_of(intent: Intent) -> set[Decimal]:
    """Every number an intent speaks of, but those of its place."""
    found: set[Decimal] = set()
    if isinstance(intent, AlertIntent):
        assert isinstance(intent.condition, PriceLevel)
        return {intent.condition.level}
    for value in (
        getattr(intent, name, None) for name in ("size", "price", "trigger", "take_profit", "stop_loss")
    ):
        if isinstance(value, QuoteSize | BaseSize | BareSize):
            found.add(value.amount)
        elif isinstance(value, AbsolutePrice):
            found.add(value.price)
    assert isinstance(intent, TradeIntent | CloseIntent | ProtectIntent)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("style", STYLES)
@MANY
@given(value=values, place=st.sampled_from(PLACES))
def test_a_number_is_read_as_written_or_asked_about(style: str, value: Decimal, place: str) -> None:
    written = STYLES[style](value)
    result = parse(place.format(written))
    if isinstance(result, ParseFailure):
        assert result.refusal.code in _ASKED, (written, result)
        offered = [parse(line) for line in result.mends]
        assert any(isinstance(one, Parsed) and value in number_of(one.intents[0]) for one in offered), (
            written,
            result.mends,
        )
        return
    read = number_of(result.intents[0])
    if style == READ_AS_THOUSANDTHS and value >= 1000 and written.count(".") == 1 and "," not in written:
        assert value / 1000 in read
        return
    assert value in read, (written, result.intents)
    assert read <= {value, Decimal(9)}


@MANY
@given(first=st.integers(1, 999), second=st.integers(0, 999), place=st.sampled_from(PLACES))
def test_two_numbers_are_never_one_nor_one_two_unasked(first: int, second: int, place: str) -> None:
    written = f"{first} {second:03}"
    result = parse(place.format(written))
    assert isinstance(result, ParseFailure), (written, result)
    assert place.format(f"{first}{second:03}") in result.mends


@given(st.text("0123456789 ,.'_$kx", max_size=30))
def test_one_number_changes_nothing_but_groups(text: str) -> None:
    assert one_number(text).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("line", "reading"),
    [
        ("long sol 5 100x", "5 coins or dollars at 100x"),
        ("buy 1 sol at 500", "the word between them tells"),
        ("tp sol 160 100%", "a share"),
        ('long sol $9 on "1 500"', "quoted"),
        ("long sol 20 14", "two digits"),
        ("long sol 2000 142", "four in front"),
        ("long sol 0.5 142", "a fraction in front"),
        ("long sol 20 1420", "four behind"),
    ],
)
def test_what_cannot_be_a_group_is_none(line: str, reading: str) -> None:
    result = parse(line)
    assert isinstance(result, Parsed) or "joined" not in result.refusal.params, reading
