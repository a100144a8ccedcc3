"""What is refused, where the reply points, and the line it offers instead."""

from __future__ import annotations

import pytest

from bot.domain.refusal import RefusalCode
from bot.language import FEATURES, Parsed, ParseFailure, canonical, classify, parse


def failure(line: str) -> ParseFailure:
    result = parse(line)
    assert isinstance(result, ParseFailure), result
    return result


# line, feature, the word pointed at, lines offered
LATER = [
    ("/long btc $500 10x sl 2% tp 5% 10%", "several-targets", "10%", ["/long btc $500 10x sl 2% tp 5%"]),
    (
        "LONG SOL @ 148 x10 SL 139 TP 155, 162, 170",
        "several-targets",
        "162",
        ["LONG SOL @ 148 x10 SL 139 TP 155"],
    ),
    ("long sol $200 tp1 155 tp2 160", "several-targets", "tp2 160", ["long sol $200 tp1 155"]),
    ("long sol $200 tp 155/162|170 5x", "several-targets", "162", ["long sol $200 tp 155 5x"]),
    ("long sol tp 160 50%", "partial-target", "50%", ["long sol tp 160", "long sol 50% tp 160"]),
    ("tp 5% 10%", "several-targets", "10%", ["tp 5%"]),
    ("b wif,ena $50", "fan-out", "wif,ena", ["b wif $50"]),
    ("long wif, ena $50", "fan-out", "ena", []),
    (
        "SHORT ETHUSDT Entry zone: 2510 - 2560 SL 2620 Targets 2450/2400/2300",
        "price-range",
        "zone",
        [],
    ),
    ("long sol $200 tp 140-142", "price-range", "140-142", []),
    ("long sol $200 at $mark", "price-variable", "$mark", []),
    ("long sol $200 at +100", "absolute-offset", "+100", []),
    ("sell sol 25% of equity", "percent-basis", "of equity", ["sell sol 25%"]),
    (
        "long sol $200 sl 139 trigger 140",
        "stop-limit-exit",
        "trigger 140",
        ["long sol $200 trigger 140 sl 139"],
    ),
    ("/bracket BTC BUY 60000 0.01 65000 58000", "bracket", "bracket", []),
    ("/oco btc sell 65000 58000 close", "bracket", "oco", []),
    ("/trailingstop eth sell 3% close", "trailing-stop", "trailingstop", []),
    ("/breakeven btc after 3% plus 0.1%", "break-even", "breakeven", []),
    ("sl be", "break-even", "be", []),
    ("move sl to entry", "break-even", "move", []),
    ("tp 50% at 70k rest trail 2%", "trailing-stop", "rest", []),
    ("scale buy sol $2000 from 140 to 130 10 exp", "scaled-orders", "scale", []),
    ("twap buy btc $5k over 1h in 30", "twap", "twap", []),
    ("dca sol $25 every 1d 30 times", "dca", "dca", []),
    ("chase buy eth $1k to 1%", "chase", "chase", []),
    ("close btc after 4h", "timed-close", "after", []),
    ("close btc at 18:00 utc", "timed-close", "18:00", []),
    ("risk 1% long btc sl 94000 tp 99k", "risk-size", "risk", []),
    ("flip eth", "flip", "flip", []),
    ("add btc $200", "add", "add", []),
    ("lev sol 5x", "set-leverage", "lev", []),
    ("undo", "undo", "undo", []),
    ("pnl 7d", "pnl", "pnl", []),
    ("fills 20", "history", "fills", []),
    ("chart btc 4h", "chart", "chart", []),
    ("export csv 30d", "export", "export", []),
    ("follow @alice max $100 daily $500 pause -5%", "copy-trading", "follow", []),
    ("long sol $200 isolated", "isolated-margin", "isolated", []),
    ("long sol $200 at best", "best-price", "best", []),
]


@pytest.mark.parametrize(("line", "feature", "word", "mends"), LATER)
def test_a_form_not_built_yet_is_named(line: str, feature: str, word: str, mends: list[str]) -> None:
    result = failure(line)
    assert result.refusal.code is RefusalCode.UNSUPPORTED
    assert result.refusal.params["feature"] == feature
    assert feature in FEATURES
    assert line[result.start : result.end] == word
    assert list(result.mends) == mends


def test_a_chain_of_eleven_is_refused_and_cut_to_ten() -> None:
    result = failure("; ".join(["close sol"] * 11))
    assert result.refusal.params["feature"] == "long-chain"
    assert result.mends == ("; ".join(["close sol"] * 10),)


# line, the word pointed at, lines offered
NUMBERS = [
    ("long btc $500 94000", "94000", ["long btc $500 at 94000"]),
    ("long sol $1,234", "1,234", ["long sol $1234", "long sol $1.234"]),
    ("long sol 0,5", "0,5", ["long sol 0.5"]),
    ("long sol 1,23,456", "1,23,456", []),
    ("long sol $200 tp 155,162,170", "155,162,170", ["long sol $200 tp 155", "long sol $200 tp 155162170"]),
    ("tp sol 155,162", "155,162", ["tp sol 155", "tp sol 155162"]),
    ("long sol sl 3% 25%", "25%", ["long sol 25% sl 3%", "long sol sl 3%"]),
    ("long 5kbonk", "5kbonk", ["long 5 kbonk", "long 5k bonk"]),
    ("tp 50% 160", "160", ["tp 50% at 160", "tp 50%"]),
]


@pytest.mark.parametrize(("line", "word", "mends"), NUMBERS)
def test_a_number_with_two_readings_is_asked_with_both(line: str, word: str, mends: list[str]) -> None:
    result = failure(line)
    assert result.refusal.code is RefusalCode.AMBIGUOUS_NUMBER
    assert line[result.start : result.end] == word
    assert list(result.mends) == mends


# line, the words pointed at, lines offered
PAIRS = [
    ("long sol 20 142", "20 142", ["long sol 20 at 142", "long sol 142 at 20", "long sol 20142"]),
    ("long sol 20 5x 142", "142", ["long sol 20 5x at 142", "long sol at 20 5x 142"]),
    ("/limit BTC BUY 60000 0.01", "0.01", ["/limit BTC BUY 60000 at 0.01", "/limit BTC BUY at 60000 0.01"]),
    ("close sol 2 42.5", "42.5", ["close sol 2 at 42.5", "close sol at 2 42.5"]),
    ("做多 SOL 20 142", "20 142", ["做多 SOL 20 at 142", "做多 SOL 142 at 20", "做多 SOL 20142"]),
]


@pytest.mark.parametrize(("line", "words", "mends"), PAIRS)
def test_two_bare_numbers_are_offered_in_every_order(line: str, words: str, mends: list[str]) -> None:
    result = failure(line)
    assert result.refusal.code is RefusalCode.TWO_NUMBERS
    assert line[result.start : result.end] == words
    assert list(result.mends) == mends


# line, the words pointed at, lines offered
RANGES = [
    ("long sol $200 at 140-142", "140-142", ["long sol $200 at 140", "long sol $200 at 142"]),
    ("long sol $200 140..142", "140..142", ["long sol $200 at 140", "long sol $200 at 142"]),
    ("close sol limit $150 to $160", "$150 to $160", ["close sol limit 150", "close sol limit 160"]),
    ("buy pepe $9 at 1e-3-2e-3", "1e-3-2e-3", ["buy pepe $9 at 1e-3", "buy pepe $9 at 2e-3"]),
]


@pytest.mark.parametrize(("line", "words", "mends"), RANGES)
def test_a_price_range_is_offered_at_either_end(line: str, words: str, mends: list[str]) -> None:
    result = failure(line)
    assert result.refusal.code is RefusalCode.PRICE_RANGE
    assert line[result.start : result.end] == words
    assert list(result.mends) == mends


@pytest.mark.parametrize(
    "word", ["1e999999", "1e-999999", "2e15", "9" * 31, "9" * 400, "1e31", "0." + "0" * 30 + "1"]
)
def test_a_number_nobody_trades_is_refused_before_arithmetic(word: str) -> None:
    result = failure(f"long sol ${word}")
    assert result.refusal.code is RefusalCode.NUMBER_TOO_LARGE


# line, the word pointed at, lines offered
TYPOS = [
    ("lnog sol $200", "lnog", ["long sol $200"]),
    ("btc lnog $200", "lnog", ["btc long $200"]),
    ("long sol $200 lmit 140", "lmit", ["long sol $200 limit 140"]),
    ("cancle all", "cancle", ["cancel all"]),
    ("long sol $200; clsoe btc", "clsoe", ["long sol $200; close btc"]),
    ("/shrot sol $200", "shrot", ["/short sol $200"]),
]


@pytest.mark.parametrize(("line", "word", "mends"), TYPOS)
def test_a_typo_offers_the_line_and_never_acts(line: str, word: str, mends: list[str]) -> None:
    result = failure(line)
    assert result.refusal.code is RefusalCode.SYNTAX
    assert line[result.start : result.end] == word
    assert result.refusal.params["word"] == word
    assert list(result.mends) == mends


def test_a_misspelt_symbol_is_left_for_the_desk_to_question() -> None:
    assert isinstance(parse("long bct $500"), Parsed)


@pytest.mark.parametrize("line", ["long ВТС $200", "lоng sol $200", "long ΒΤC 5x", "做多 ЅОL $200"])
def test_letters_that_only_look_latin_are_named(line: str) -> None:
    result = failure(line)
    assert result.refusal.code is RefusalCode.HOMOGLYPH
    assert line[result.start : result.end] == result.refusal.params["word"]
    assert not result.mends


@pytest.mark.parametrize(
    "line",
    [
        "i am long sol from 20",
        "buy the dip lol",
        "sold my car yesterday",
        "should i buy sol here?",
        "long time no see",
        "short answer: no",
        "sell me this pen",
        "我觉得应该做多",
        "gm",
        "close one today, almost liquidated",
    ],
)
def test_words_that_only_look_like_orders_never_trade(line: str) -> None:
    assert not classify(line) or isinstance(parse(line), ParseFailure)
    assert isinstance(parse(line), ParseFailure)


# line, code, the word pointed at
BROKEN = [
    ("", RefusalCode.SYNTAX, ""),
    ("long", RefusalCode.MISSING_SYMBOL, "long"),
    ("long $200 5x", RefusalCode.MISSING_SYMBOL, "long"),
    ("price", RefusalCode.MISSING_SYMBOL, "price"),
    ("tp", RefusalCode.SYNTAX, "tp"),
    ("sl sol", RefusalCode.SYNTAX, "sl"),
    ("cancel", RefusalCode.SYNTAX, "cancel"),
    ("order", RefusalCode.SYNTAX, "order"),
    ("long sol at; close btc", RefusalCode.SYNTAX, "at"),
    ("long sol $200 post", RefusalCode.MISSING_PRICE, "post"),
    ("long sol $200 limit", RefusalCode.SYNTAX, "limit"),
    ("long sol $200 $300", RefusalCode.SYNTAX, "$300"),
    ("long sol eth $200", RefusalCode.SYNTAX, "eth"),
    ("long sol short $200", RefusalCode.SYNTAX, "short"),
    ("long sol $200 5x 10x", RefusalCode.SYNTAX, "10x"),
    ("long sol $200 at 140 market", RefusalCode.SYNTAX, "market"),
    ("long sol 150%", RefusalCode.SYNTAX, "150%"),
    ("long sol $0", RefusalCode.SYNTAX, "0"),
    ("long sol -5", RefusalCode.SYNTAX, "-5"),
    ("long sol $200 at -100%", RefusalCode.SYNTAX, "-100%"),
    ("long sol $200 at 5% roi", RefusalCode.SYNTAX, "roi"),
    ("long sol $200 <b>5x</b>", RefusalCode.SYNTAX, "<b>5x</b>"),
    ("long sol $10²", RefusalCode.SYNTAX, "$10²"),
    ("long ½ sol", RefusalCode.SYNTAX, "½"),
    ("long sol $200 🚀", RefusalCode.SYNTAX, "🚀"),
    ("close sol sl 3%", RefusalCode.SYNTAX, "sl"),
    ("same sl 3%", RefusalCode.SYNTAX, "sl"),
    ("same 2x 3x", RefusalCode.SYNTAX, "3x"),
    ("long sol $200\nsl eth 3%", RefusalCode.SYNTAX, "eth"),
]


@pytest.mark.parametrize(("line", "code", "word"), BROKEN)
def test_a_broken_line_points_at_the_word(line: str, code: RefusalCode, word: str) -> None:
    result = failure(line)
    assert result.refusal.code is code
    assert line[result.start : result.end] == word


@pytest.mark.parametrize("line", ["/whatever", "long", "lnog sol $200", "close sol $", "做多", "pos now"])
def test_a_failed_command_is_still_taken_for_a_command(line: str) -> None:
    assert classify(line)


@pytest.mark.parametrize(
    "line",
    ["hello there", "long time no see friends", "i have 3 cats", "buy the dip lol", "谢谢", "x" * 4096],
)
def test_conversation_is_not_taken_for_a_command(line: str) -> None:
    assert not classify(line)


def test_the_span_is_of_the_text_as_typed() -> None:
    line = "\u200f/long@rucksack_bot  sol\t做多 $200"
    result = failure(line)
    assert line[result.start : result.end] == "做多"


@pytest.mark.parametrize(
    ("line", "label"),
    [
        ("long sol $50 on spot", "spot"),
        ("long sol $50 on perp", "perp"),
        ("close sol on 2z", "2z"),
        ("alert sol > 160 label futures", "futures"),
        ('long sol $50 on "2z perp"', "2z perp"),
    ],
)
def test_a_label_is_no_name_of_a_market(line: str, label: str) -> None:
    result = parse(line, tickers={"SOL", "2Z"})
    assert isinstance(result, Parsed), result
    assert label in canonical(result.intents[0])
    assert "PERP" not in canonical(result.intents[0])
