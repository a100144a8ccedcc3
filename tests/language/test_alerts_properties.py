"""What holds for every alert and every line that nearly is one."""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.intent import AlertIntent
from bot.language import MAX_LENGTH, Parsed, canonical, classify, parse, to_json
from bot.language.canonical import canonical_words
from tests.language import alert_strategies, strategies
from tests.language.test_schema import VALIDATOR

MANY = settings(max_examples=500, deadline=None)


@pytest.mark.slow
@MANY
@given(alert_strategies.alerts)
def test_what_is_printed_parses_to_itself(alert: AlertIntent) -> None:
    line = canonical(alert)
    if len(line) > MAX_LENGTH:
        return
    result = parse(line)
    assert isinstance(result, Parsed), (line, result)
    assert result.intents == (alert,)
    VALIDATOR.validate(to_json(result))


@pytest.mark.slow
@MANY
@given(alert_strategies.alerts, st.randoms(use_true_random=False))
def test_the_order_of_words_never_changes_the_meaning(alert: AlertIntent, rng: random.Random) -> None:
    """Options may stand first, the market last; a shuffled line means the same or nothing."""
    whole = canonical_words(alert)
    plan = whole[whole.index("then") :] if alert.plan is not None and "then" in whole else []
    body = whole[1 : len(whole) - len(plan)]
    rng.shuffle(body)
    result = parse(" ".join(["alert", *body, *plan]))
    assert not isinstance(result, Parsed) or result.intents == (alert,)


@pytest.mark.slow
@settings(max_examples=100, deadline=None)
@given(strategies.intents, alert_strategies.alerts)
def test_an_alert_may_end_a_chain_and_nothing_follows_it(other: object, alert: AlertIntent) -> None:
    if isinstance(other, AlertIntent):
        return
    before = parse(f"{canonical(other)}; {canonical(alert)}")  # type: ignore[arg-type]
    assert not isinstance(before, Parsed) or before.intents == (other, alert)
    after = parse(f"{canonical(alert)}; {canonical(other)}")  # type: ignore[arg-type]
    assert not isinstance(after, Parsed)


@pytest.mark.slow
@MANY
@given(alert_strategies.near_alerts)
@example("alert " + "then " * 100)
@example('alert sol > 1 label "')
@example("alert sol > 1 then go")
@example("alert sol > 1 then arm max $")
@example("alert sol > 1 then alert sol > 2")
def test_no_line_can_break_it(text: str) -> None:
    result = parse(text)
    VALIDATOR.validate(to_json(result))
    if isinstance(result, Parsed):
        assert classify(text)
        again = parse("; ".join(map(canonical, result.intents)))
        assert isinstance(again, Parsed)
        assert again.intents == result.intents
        return
    assert 0 <= result.start <= result.end <= len(text)
    for mend in result.mends:
        assert isinstance(parse(mend), Parsed), mend
