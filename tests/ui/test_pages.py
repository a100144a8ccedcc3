"""Long lists are cut into pages that fit, with nothing lost between them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from bot.domain.values import Language
from bot.ui.locale import Locale
from bot.ui.message import Button, Row, page_at, paginate
from tests.support.cases import page_data
from tests.support.html_rules import check

pytestmark = pytest.mark.usefixtures("strict_locales")


@given(
    st.lists(st.text(alphabet="ab<&😀 ", min_size=1, max_size=2500), max_size=30),
    st.integers(1, 12),
    st.text(alphabet="h<😀", max_size=3000),
    st.sampled_from(Language),
)
@settings(max_examples=60, deadline=None)
def test_pages_fit_and_hold_every_row_once_in_order(
    rows: list[str], per_page: int, header: str, language: Language
) -> None:
    numbered = [Row(Markup("<b>row {}</b> {}").format(n, text)) for n, text in enumerate(rows)]
    heading = Markup("<i>H{}</i>").format(header)
    pages = paginate(Locale.of(language), heading, numbered, page_data, per_page=per_page)
    shown = [check(page) for page in pages]
    assert all(page.startswith("H") for page in shown)
    found = [n for page in shown for n in range(len(rows)) if f"row {n} " in page]
    assert found == list(range(len(rows)))
    assert all(sum(f"row {n} " in page for n in range(len(rows))) <= per_page for page in shown)


def test_the_page_buttons_lead_to_the_neighbours(locale: Locale) -> None:
    rows = [Row(Markup("r")) for _ in range(9)]
    pages = paginate(locale, Markup("h"), rows, page_data, per_page=3)
    turns = [[button.data for button in page.keyboard[-1]] for page in pages]
    assert turns == [["page:1"], ["page:0", "page:2"], ["page:1"]]


def test_a_single_page_has_no_page_buttons(locale: Locale) -> None:
    (only,) = paginate(locale, Markup("h"), [Row(Markup("r"))], page_data)
    assert only.keyboard == ()
    assert only.text == "h\n\nr"


@pytest.mark.parametrize(("asked", "shown"), [(-1, 0), (0, 0), (1, 1), (7, 1)])
def test_a_page_that_is_gone_becomes_the_nearest(locale: Locale, asked: int, shown: int) -> None:
    pages = paginate(locale, Markup("h"), [Row(Markup("r"))] * 4, page_data, per_page=2)
    assert page_at(pages, asked) is pages[shown]


def test_a_row_keeps_its_buttons(locale: Locale) -> None:
    rows = [Row(Markup("r"), (Button("b", f"d{n}"),)) for n in range(4)]
    pages = paginate(locale, Markup("h"), rows, page_data, per_page=2)
    assert [button.data for row in pages[1].keyboard for button in row] == ["d2", "d3", "page:0"]


@pytest.mark.parametrize("data", ["", "x" * 65, "中" * 22])
def test_a_button_telegram_would_refuse_cannot_be_made(data: str) -> None:
    with pytest.raises(ValueError, match="64 bytes"):
        Button("b", data)


def test_a_button_has_exactly_one_purpose() -> None:
    with pytest.raises(ValueError, match="either"):
        Button("b")
    with pytest.raises(ValueError, match="either"):
        Button("b", "d", "https://example.org")
