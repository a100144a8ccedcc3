"""What streams tell of an account is reckoned where that is certain, and read again everywhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from itertools import permutations

import pytest

from bot.domain.accounts.kept_account import MOST_TOLD, BalanceTold, Told, as_marked, as_told
from bot.domain.accounts.margin import initial_margin
from bot.domain.intent import QuoteSize, TradeIntent, Verb
from bot.domain.orders.order import Fill, OrderEvent, OrderReport
from bot.domain.preview.build import build_orders
from bot.domain.preview.warnings import OLD_ACCOUNT_MS
from bot.domain.values import Side
from tests.domain.builders import D, account, moment, perp, position

SOL = "SOL_USDC_PERP"
MARKETS = {SOL: perp()}
AT_MS = 1_800_000_000_000
Tell = Callable[[Told], object]


def _fill(quantity: str, price: str, *, fee: str = "0.1", order: str = "1", at_ms: int = AT_MS) -> Fill:
    amount = D(quantity)
    side = Side.BUY if amount > 0 else Side.SELL
    return Fill(SOL, side, D(price), abs(amount), D(fee), "USDC", False, order, 7, 9, at_ms)


def _report(fill: Fill | None, event: OrderEvent = OrderEvent.FILLED, **how: object) -> OrderReport:
    side, order = (fill.side, fill.exchange_order_id) if fill is not None else (Side.BUY, "1")
    executed = fill.quantity if fill is not None else Decimal(0)
    base = OrderReport(SOL, side, event, order, 9, executed=executed, fill=fill)
    return replace(base, **how)  # type: ignore[arg-type]


def _bought() -> list[Tell]:
    """Ten bought at 151 while the mark is 150: the order, its fill, the position and the balance."""
    held = position("10", mark="150", entry="151")
    paid = BalanceTold("USDC", D("999.9"), D(0), AT_MS * 1000 + 400)
    return [
        lambda told: told.order(_report(_fill("10", "151"))),
        lambda told: told.positions.update({SOL: held}),
        lambda told: told.balances.append(paid),
    ]


def _told(*tells: Tell) -> Told:
    told = Told()
    for tell in tells:
        tell(told)
    return told


def test_a_fill_costs_its_fee_and_the_way_to_the_mark_and_locks_margin() -> None:
    now = as_told(account("1000"), _told(*_bought()), MARKETS)
    assert now is not None
    assert now.net_equity == 1000 - D("0.1") - 10
    assert now.net_equity_available == now.net_equity - initial_margin(perp(), D(1500), D(10))
    assert now.positions[SOL].quantity == 10
    assert now.balances["USDC"].available == D("999.9")


def test_the_order_of_news_makes_no_difference() -> None:
    results = [as_told(account("1000"), _told(*tells), MARKETS) for tells in permutations(_bought())]
    assert results[0] is not None
    assert all(one == results[0] for one in results)


@pytest.mark.parametrize("missing", [0, 1])
def test_a_fill_without_its_position_or_the_reverse_is_not_believed(missing: int) -> None:
    tells = [tell for number, tell in enumerate(_bought()) if number != missing]
    assert as_told(account("1000"), _told(*tells), MARKETS) is None


def test_closing_gives_the_margin_back_and_leaves_the_profit() -> None:
    before = account("1000", available="850", positions=(position("10", mark="150"),))
    told = _told(
        lambda told: told.order(_report(_fill("-10", "149", fee="0.2"))),
        lambda told: told.positions.update({SOL: replace(position("1", mark="148"), quantity=D(0))}),
    )
    now = as_told(before, told, MARKETS)
    assert now is not None
    assert SOL not in now.positions
    assert now.net_equity == 1000 - 10 - D("0.2")  # sold one below the mark it was read at
    assert now.net_equity_available == now.net_equity


@pytest.mark.parametrize(
    "unknown",
    [
        lambda told: told.order(_report(None, OrderEvent.ACCEPTED, order_type="Limit")),
        lambda told: told.order(_report(None, OrderEvent.CANCELLED, order_type="Limit")),
        lambda told: told.order(_report(None, OrderEvent.TRIGGER_PLACED, trigger_price=D(140))),
        lambda told: told.order(_report(None, OrderEvent.ACCEPTED)),  # a market order that has not ended
        lambda told: told.order(_report(_fill("1", "150"), OrderEvent.PARTIAL_FILL)),
        lambda told: told.order(_report(_fill("1", "150"), origin="LIQUIDATION_AUTOCLOSE")),
        lambda told: told.balances.append(BalanceTold("USDC", D(5000), D(0), AT_MS * 1000)),  # a deposit
        lambda told: told.positions.update({SOL: position("3")}),  # grown by nothing that was heard of
        lambda told: told.answer(_report(_fill("2", "150"))),  # answered, and not told by the stream
        lambda told: told.answer(_report(None, OrderEvent.ACCEPTED, order_type="Limit")),
    ],
)
def test_what_cannot_be_reckoned_is_read_again(unknown: Tell) -> None:
    assert as_told(account("1000"), _told(unknown), MARKETS) is None


def test_a_deposit_beside_fills_is_seen() -> None:
    late = BalanceTold("USDC", D(5000), D(0), (AT_MS + 5_000) * 1000)
    other = BalanceTold("SOL", D(5), D(0), AT_MS * 1000)
    for deposit in (late, other):
        told = _told(*_bought())
        told.balances.append(deposit)
        assert as_told(account("1000"), told, MARKETS) is None


def test_more_than_is_worth_reckoning_is_known_for_that() -> None:
    told = _told(*_bought() * (MOST_TOLD // 2))
    assert not told.is_long
    _bought()[0](told)
    assert told.is_long


def test_an_answer_that_the_stream_tells_too_is_counted_once() -> None:
    told = _told(*_bought(), lambda told: told.answer(_report(_fill("10", "151"))))
    assert as_told(account("1000"), told, MARKETS) == as_told(account("1000"), _told(*_bought()), MARKETS)


def test_fills_beside_resting_orders_and_of_unknown_markets_are_read_again() -> None:
    assert as_told(account("1000", resting_orders=1), _told(*_bought()), MARKETS) is None
    assert as_told(account("1000"), _told(*_bought()), {}) is None


def test_a_market_order_that_ended_without_a_fill_changes_nothing() -> None:
    before = account("1000")
    told = _told(
        lambda told: told.order(_report(None, OrderEvent.ACCEPTED)),
        lambda told: told.order(_report(None, OrderEvent.EXPIRED)),
    )
    assert as_told(before, told, MARKETS) == before


def test_marks_that_moved_move_equity_margin_and_the_position() -> None:
    before = account("1000", available="850", positions=(position("-10", mark="150"),))
    now = as_marked(before, {SOL: D(160)}, MARKETS)
    assert now.net_equity == 900
    locked, was = (initial_margin(perp(), D(notional), D(10)) for notional in (1600, 1500))
    assert now.net_equity_available == 850 - 100 - (locked - was)
    assert (now.positions[SOL].mark_price, now.positions[SOL].unrealized_pnl) == (160, -100)
    assert as_marked(before, {"WIF_USDC_PERP": D(1)}, MARKETS) == before


def test_an_account_the_exchange_has_not_confirmed_for_long_is_said() -> None:
    intent = TradeIntent(Verb.LONG, "SOL", QuoteSize(D(100)))
    for age_ms, is_said in ((OLD_ACCOUNT_MS - 1, False), (OLD_ACCOUNT_MS, True)):
        made = build_orders(intent, moment(account_age_ms=age_ms))
        assert isinstance(made, list | tuple)
        codes = {note.code for note in made[0].notes}
        assert ("account-age" in codes) is is_said
