"""A price with its surroundings, and the order book."""

from __future__ import annotations

from decimal import Decimal as D

from bot.domain.markets.market import Book, MarkPrice
from bot.trading.views import market
from bot.ui.locale import Locale
from bot.ui.message import Message, plain_text
from tests.trading.views import build


def lines(message: Message) -> list[str]:
    return plain_text(message.text).splitlines()


def test_a_price_shows_its_surroundings(english: Locale) -> None:
    book = Book("SOL_USDC_PERP", [(D("142.49"), D(3))], [(D("142.51"), D(2))])
    mark = MarkPrice("SOL_USDC_PERP", D("142.5"), D("142.4"), D("0.0001"), build.NOON)
    message = market.price(
        english, build.PERP, last=D("142.5"), mark=mark, book=book, change_percent=D("-3.2"), buy_data="b"
    )
    assert lines(message) == [
        "SOL-PERP $142.50 · −3.2% in 24 h",
        "Bid $142.49 · ask $142.51 · spread 1.4 bps",
        "Mark $142.50 · index $142.40",
        "Funding +0.0100% at 12:00 UTC",
    ]
    assert message.keyboard[0][0].label == "🟢 Long SOL"
    spot = market.price(english, build.SPOT, last=D("142.5"), mark=mark, buy_data="b")
    assert "Funding" not in spot.text
    assert spot.keyboard[0][0].label == "🟢 Buy SOL"


def test_the_book_is_a_ladder_with_the_best_in_the_middle(english: Locale) -> None:
    book = Book(
        "SOL_USDC_PERP",
        [(D("142.49"), D(3)), (D("142.4"), D(12))],
        [(D("142.51"), D(2)), (D("142.6"), D("9.5"))],
    )
    assert lines(market.book(english, build.PERP, book)) == [
        "SOL-PERP order book",
        "price USDC, size SOL, sum USDC",
        "142.60  9.5  1,640",
        "142.51    2    285",
        "── spread 1.4 bps",
        "142.49    3    427",
        "142.40   12  2,136",
    ]


def test_an_empty_or_one_sided_book_is_shown_for_what_it_is(english: Locale) -> None:
    assert "book is empty" in market.book(english, build.PERP, Book("SOL_USDC_PERP", [], [])).text
    one_sided = market.book(english, build.PERP, Book("SOL_USDC_PERP", [(D(1), D(1))], []))
    assert "── spread —" in one_sided.text
