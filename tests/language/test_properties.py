"""What holds for every intent and for every line, however hostile."""

from __future__ import annotations

import random
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.intent import BareSize, Intent, TradeIntent
from bot.domain.refusal import RefusalCode
from bot.domain.values import Language
from bot.language import MAX_LENGTH, Parsed, ParseFailure, canonical, classify, parse, to_json
from bot.language.canonical import canonical_words
from tests.language import strategies

MANY = settings(max_examples=500, deadline=None)


@pytest.mark.slow
@MANY
@given(strategies.intents)
def test_what_is_printed_parses_to_itself(intent: Intent) -> None:
    result = parse(canonical(intent))
    assert isinstance(result, Parsed), (canonical(intent), result)
    assert result.intents == (intent,)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.lists(strategies.intents, min_size=2, max_size=4), st.sampled_from([";", " ; ", ";\n"]))
def test_a_chain_is_its_statements_in_order(intents: list[Intent], joint: str) -> None:
    result = parse(joint.join(map(canonical, intents)))
    assert isinstance(result, Parsed)
    assert result.intents == tuple(intents)


@pytest.mark.slow
@MANY
@given(strategies.trades(), st.randoms(use_true_random=False))
def test_the_order_of_arguments_never_changes_the_meaning(intent: TradeIntent, rng: random.Random) -> None:
    """A shuffled line means the same or is refused; it never means something else."""
    verb, *arguments = canonical_words(intent)
    rng.shuffle(arguments)
    if isinstance(intent.size, BareSize):
        return  # `20 sol` is 20 SOL and `sol 20` is a question: there the order speaks
    result = parse(" ".join([verb, *arguments]))
    assert isinstance(result, ParseFailure) or result.intents == (intent,)


@pytest.mark.slow
@MANY
@given(strategies.hostile, st.sampled_from(Language), st.sampled_from(strategies.TICKERS))
@example('"', Language.ENGLISH, frozenset())
@example("ﷺ" * 50, Language.ENGLISH, frozenset())
@example("long sol $200 sl 3%;" * 11, Language.ENGLISH, frozenset())
@example("🟢 " * 300, Language.ENGLISH, strategies.TICKERS[1])
@example("1 500 " * 150, Language.ENGLISH, strategies.TICKERS[1])
@example("2z perp " * 120, Language.ENGLISH, strategies.TICKERS[1])
def test_no_text_can_break_the_parser(text: str, language: Language, tickers: frozenset[str]) -> None:
    result = parse(text, language=language, tickers=tickers)
    assert result == parse(text, language=language, tickers=tickers)
    to_json(result)
    if isinstance(result, Parsed):
        line = ";".join(map(canonical, result.intents))
        again = parse(line, tickers=tickers)
        assert isinstance(again, Parsed)
        assert again.intents == result.intents
        assert classify(text, tickers=tickers)
        return
    assert 0 <= result.start <= result.end <= len(text)
    assert result.refusal.mend == (result.mends[0] if result.mends else None)
    for mend in result.mends:
        assert isinstance(parse(mend, language=language, tickers=tickers), Parsed), mend


@pytest.mark.parametrize(
    "filler",
    [
        *("a" * 64, "long ", "sl 3% ", "1 ", ";x", "做多", "5x,", "tp 1 ", "\u202e1"),
        *("1 500 ", "1\u00a0500\u00a0", "2z ", "sol perp ", "🟢", "binance:a ", "1000bonk ", "@a_bot "),
    ],
)
@pytest.mark.parametrize("start", ["", "long sol ", "close ", "tp ", "cancel "])
def test_work_grows_no_faster_than_the_line(start: str, filler: str) -> None:
    """Counted in Python calls; the patterns of the lexer cannot outgrow the longest word that is let in."""

    def calls(size: int) -> int:
        text = (start + filler * size)[:size]
        count = 0

        def tick(_frame: object, event: str, _argument: object) -> None:
            nonlocal count
            count += event in {"call", "c_call"}

        sys.setprofile(tick)
        try:
            parse(text, tickers=strategies.TICKERS[1])
        finally:
            sys.setprofile(None)
        return count

    parse("help")  # builds the tables
    half, whole = calls(MAX_LENGTH // 2), calls(MAX_LENGTH)
    assert whole <= 2.5 * half + 500


def test_a_word_without_end_is_refused_before_it_is_looked_at() -> None:
    result = parse("long " + "1" * 500)
    assert isinstance(result, ParseFailure)
    assert result.refusal.code is RefusalCode.NUMBER_TOO_LARGE
    assert (result.start, result.end) == (5, 505)


def test_a_message_of_full_length_is_refused_by_its_length() -> None:
    result = parse("long sol $200 " * 300)
    assert isinstance(result, ParseFailure)
    assert result.refusal.code is RefusalCode.TOO_LONG
