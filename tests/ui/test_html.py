"""Whatever a text holds, the message parses, keeps Telegram's limits, and shows the text as it was typed."""

from __future__ import annotations

import html
import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from bot.domain.values import Language
from bot.ui.locale import Locale, Own, clean
from bot.ui.message import Message
from bot.ui.refusals import echo
from tests.support.cases import Case
from tests.support.html_rules import HOSTILE, check, shown
from tests.ui.everything import CASES

pytestmark = pytest.mark.usefixtures("strict_locales")

texts = st.text(max_size=60) | st.text(alphabet=string.punctuation + "ab 中", max_size=60)


@pytest.mark.parametrize("name", CASES)
def test_hostile_text_breaks_no_message(name: str, locale: Locale) -> None:
    for hostile in HOSTILE:
        check(CASES[name].make(locale, hostile))


@pytest.mark.slow
@given(st.sampled_from([case for case in CASES.values() if case.times]), texts, st.sampled_from(Language))
@settings(max_examples=600, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_is_shown_once_and_as_it_was_written(case: Case, text: str, language: Language) -> None:
    marked = f"⟦{text}⟧"
    visible = check(case.make(Locale.of(language), marked))
    assert visible.count("⟦") == case.times
    assert clean(marked) in visible or clean(Own(marked)) in visible


@pytest.mark.slow
@given(st.sampled_from(list(CASES.values())), texts, st.sampled_from(Language))
@settings(max_examples=600, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_leaves_every_message_well_formed(case: Case, text: str, language: Language) -> None:
    check(case.make(Locale.of(language), text))


@given(st.text(max_size=100), st.integers(-10, 200), st.integers(-10, 200))
def test_the_echo_shows_the_whole_line_with_the_word_underlined(source: str, start: int, end: int) -> None:
    marked = str(echo(source, (start, end)))
    visible = shown(marked)
    begin = min(max(start, 0), len(source))
    word = source[begin : min(max(end, begin), len(source))]
    assert marked.count("<u>") == 1
    underlined = html.unescape(marked.split("<u><b>")[1].split("</b></u>", maxsplit=1)[0])
    assert underlined == (clean(word) if word else "?")
    rest = clean(source[:begin]) + underlined + clean(source[begin + len(word) :])
    assert visible == f"› {rest}"


def test_markdown_stays_what_it_is() -> None:
    line = "*b* _u_ [x](y) ~s~ `c` >q #h +a -b =c |d {e} .f !g"
    assert line in check(CASES["link done"].make(Locale.of(Language.ENGLISH), line))


def test_a_message_too_long_is_cut_and_still_parses() -> None:
    text = Markup("<b>{}</b>").format("<😀>" * 3000)
    visible = check(Message(text))
    assert visible.startswith("<😀><😀>")
    assert visible.endswith("…")
