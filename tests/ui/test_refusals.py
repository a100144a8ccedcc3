"""Every no points at the word, says why with the numbers, and offers a way on."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from bot.domain.intent import TradeIntent, Verb
from bot.domain.refusal import Choice, Refusal, RefusalCode
from bot.ui import refusals
from bot.ui.locale import Locale
from bot.ui.message import Message, plain_text
from tests.support.html_rules import check
from tests.ui.codes import API_ERROR_CODES, EXPIRY_REASONS


def lines(message: Message) -> list[str]:
    return plain_text(message.text).splitlines()


def test_a_typo_is_underlined_and_a_corrected_line_offered(english: Locale) -> None:
    message = refusals.refusal(
        english,
        Refusal(RefusalCode.UNKNOWN_SYMBOL, {"symbol": "bct", "suggestions": "BTC, BCH"}),
        source="long bct $500",
        span=(5, 8),
        mend="long btc $500",
        mend_data="m1",
    )
    assert lines(message) == [
        "No market answers to “bct”.",
        "› long bct $500",
        "Did you mean BTC, BCH?",
        "Try: long btc $500",
    ]
    assert "<u><b>bct</b></u>" in message.text
    assert [(b.label, b.data) for b in message.keyboard[0]] == [("▸ long btc $500", "m1")]


def test_what_is_missing_is_marked_where_it_lacks(english: Locale) -> None:
    message = refusals.refusal(
        english, Refusal(RefusalCode.MISSING_SIZE, {"symbol": "BTC"}), source="long btc ", span=(9, 9)
    )
    assert lines(message)[:2] == ["How much BTC?", "› long btc ?"]


def test_the_expected_words_replace_general_advice(english: Locale) -> None:
    message = refusals.refusal(english, Refusal(RefusalCode.SYNTAX, {"word": "at"}), expected=("160", "3%"))
    assert lines(message) == ["I cannot read “at” here.", "Here could stand: 160, 3%"]


def test_a_corrected_line_is_whole_or_not_offered(english: Locale) -> None:
    message = refusals.refusal(
        english, Refusal(RefusalCode.SYNTAX, {"word": "x"}), mend="a" * 400, mend_data="m"
    )
    assert "Try" not in message.text
    assert not message.keyboard


WORDED = [
    (
        Refusal(
            RefusalCode.BELOW_MIN_QUANTITY,
            {"quantity": D("0.001"), "minimum": D("0.01"), "asset": "SOL", "nearest": D("0.01")},
        ),
        ["0.001 SOL is below the market’s minimum of 0.01 SOL.", "The smallest size is 0.01 SOL."],
    ),
    (
        Refusal(
            RefusalCode.FAR_FROM_MARKET,
            {"price": D(140), "market": D(150), "distance": D("6.67"), "limit": D(2)},
        ),
        [
            "An entry at $140 is 6.67% from the market at $150. In a callout that is too far: at most 2%.",
            "To wait for that price on purpose, write at instead of @ or entry.",
        ],
    ),
    (
        Refusal(
            RefusalCode.PRICE_OUT_OF_BAND,
            {"price": D(300), "low": D("71.2"), "high": "∞", "nearest": D("71.2")},
        ),
        [
            "$300 is outside the exchange’s price band, $71.20 to ∞.",
            "The nearest price allowed is $71.20.",
        ],
    ),
    (
        Refusal(
            RefusalCode.WRONG_SIDE_STOP,
            {"price": D(120_000), "entry": D(94_000), "side": "long", "nearest": D(92_000)},
        ),
        ["A stop at $120,000 is on the wrong side of $94,000 for a long.", "Did you mean $92,000?"],
    ),
    (
        Refusal(
            RefusalCode.INSUFFICIENT_MARGIN,
            {"required": D("1200.456"), "available": D(960), "nearest": D("6.7"), "asset": "SOL"},
        ),
        ["This needs $1,200.46 of margin; $960.00 is free.", "What fits now: 6.7 SOL."],
    ),
    (
        Refusal(
            RefusalCode.INSUFFICIENT_MARGIN,
            {"required": D(12), "available": D(0), "nearest": D(0), "asset": "SOL"},
        ),
        ["This needs $12.00 of margin; $0.00 is free.", "Lower the size, close a position or add funds."],
    ),
    (
        Refusal(
            RefusalCode.INSUFFICIENT_BALANCE,
            {"required": D(2), "available": D("1.5"), "asset": "SOL", "nearest": D("1.5")},
        ),
        ["This needs 2 SOL; 1.5 SOL is free.", "What fits now: 1.5 SOL."],
    ),
    (
        Refusal(RefusalCode.THIN_BOOK, {"available": D("3.2"), "asset": "SOL", "bound": D("143.2")}),
        ["The book holds only 3.2 SOL up to $143.20."],
    ),
    (
        Refusal(RefusalCode.LEVERAGE_ABOVE_MARKET, {"asked": D(500), "maximum": D(50)}),
        ["This market allows at most 50x, not 500x.", "Use 50x or less."],
    ),
    (
        Refusal(RefusalCode.PRICE_MOVED, {"was": D(142), "now": D(143), "tolerance": D("0.5")}),
        ["Price moved from $142 to $143, more than your 0.5%. Nothing was sent."],
    ),
    (
        Refusal(RefusalCode.STALE_COMMAND, {"age": 75}),
        ["This command is 1 min 15 s old, so it was not carried out."],
    ),
    (Refusal(RefusalCode.NO_POSITION, {"symbol": "SOL", "side": "short"}), ["No open short in SOL."]),
    (Refusal(RefusalCode.NO_POSITION), ["No open positions."]),
    (Refusal(RefusalCode.UNSUPPORTED, {"feature": "twap"}), ["Not available: TWAP."]),
    (Refusal(RefusalCode.UNSUPPORTED, {"feature": "post + ioc"}), ["These do not go together: post + ioc."]),
    (
        Refusal(RefusalCode.OPEN_INTEREST_LIMIT, {"limit": D(5000), "asset": "SOL"}),
        ["limit of 5,000 SOL leaves"],
    ),
    (
        Refusal(RefusalCode.POSITION_LIMIT, {"limit": D(5000), "asset": "SOL"}),
        ["position limit of $5,000.00."],
    ),
]


@pytest.mark.parametrize(("refused", "sentences"), WORDED, ids=lambda value: getattr(value, "code", None))
def test_the_numbers_come_with_their_units(english: Locale, refused: Refusal, sentences: list[str]) -> None:
    shown = plain_text(refusals.refusal(english, refused).text)
    for sentence in sentences:
        assert sentence in shown


@pytest.mark.parametrize("code", list(RefusalCode))
def test_a_refusal_without_its_numbers_is_still_a_sentence_with_a_mend(
    locale: Locale, code: RefusalCode
) -> None:
    message = refusals.refusal(locale, Refusal(code))
    assert len(check(message).splitlines()) >= 2


def test_a_bare_number_asks_with_the_money_of_each_reading(english: Locale, chinese: Locale) -> None:
    intent = TradeIntent(Verb.LONG, "sol")
    refused = Refusal(
        RefusalCode.AMBIGUOUS_NUMBER,
        {"number": D(20), "symbol": "SOL", "price": D("142.5")},
        choices=(
            Choice("base", intent, D(20), D(2850)),
            Choice("quote", intent, D("0.14"), D(20)),
            Choice("leverage", intent, None, None),
        ),
    )
    message = refusals.question_bare_number(
        english, refused, ["a", "b", "c"], source="long sol 20", span=(9, 11), cancel_data="x"
    )
    assert [(b.label, b.data) for row in message.keyboard for b in row] == [
        ("20 SOL · $2,850.00", "a"),
        ("$20.00 · 0.14 SOL", "b"),
        ("20x leverage · size to be asked", "c"),
        ("Cancel", "x"),
    ]
    assert lines(message)[:2] == ["What does 20 mean?", "› long sol 20"]
    asked = refusals.question_bare_number(chinese, refused, ["a", "b", "c"])
    assert asked.keyboard[2][0].label == "20x 杠杆 · 数量另问"


def test_a_number_near_the_price_is_offered_as_a_limit(english: Locale) -> None:
    refused = Refusal(
        RefusalCode.AMBIGUOUS_NUMBER,
        {"number": D(94_000), "symbol": "BTC", "price": D(94_500)},
        choices=(Choice("price", TradeIntent(Verb.BUY, "btc"), None, None),),
    )
    message = refusals.question_bare_number(english, refused, ["p"])
    assert "close to the price of BTC" in message.text
    assert message.keyboard[0][0].label == "Limit price $94,000"


@pytest.mark.parametrize("code", API_ERROR_CODES)
def test_a_published_code_is_a_sentence_without_jargon(locale: Locale, code: str) -> None:
    shown = plain_text(refusals.exchange_error(locale, code, "raw words").text)
    assert "raw words" not in shown
    assert code not in shown


@pytest.mark.parametrize("code", ["other", "OTHER_", "", "rate_limited", "unknown_outcome", "expiry"])
def test_an_unpublished_code_is_shown_with_the_exchanges_words(english: Locale, code: str) -> None:
    assert "raw words" in refusals.exchange_error(english, code, "raw words").text


@pytest.mark.parametrize("code", ["TIMEOUT", "SERVER_ERROR"])
def test_an_unclear_outcome_is_never_called_a_failure(english: Locale, code: str) -> None:
    assert "outcome is not certain" in refusals.exchange_error(english, code).text


@pytest.mark.parametrize("reason", EXPIRY_REASONS)
def test_an_expiry_reason_is_a_sentence_without_jargon(locale: Locale, reason: str) -> None:
    shown = refusals.expiry_reason(locale, reason)
    if reason not in {"Liquidation", "Unknown"}:
        assert reason not in shown
    assert len(shown) > 8


def test_a_group_sees_only_that_the_answer_went_elsewhere(locale: Locale) -> None:
    for delivered in (True, False):
        message = refusals.private_stub(locale, "https://t.me/bot", delivered=delivered)
        assert message.keyboard[0][0].url == "https://t.me/bot"
        assert not any(char.isdigit() for char in message.text)
