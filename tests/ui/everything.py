"""Every builder of the package, called with one text wherever a text can come from outside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal as D
from typing import Any

from markupsafe import Markup

from bot.access import views as access_views
from bot.alerts.views import cards
from bot.chat import menus
from bot.domain.accounts.account import AccountState, Balance, FeeRates
from bot.domain.alerts.alert import AlertOptions, PriceLevel, Trend
from bot.domain.intent import TradeIntent, Verb
from bot.domain.markets.market import Book, MarkPrice
from bot.domain.orders.exit_coverage import ExitGap, ExitPromise
from bot.domain.orders.order import OrderSnapshot, OrderState
from bot.domain.orders.roles import OrderRole
from bot.domain.preview.preview import Note
from bot.domain.refusal import Choice, Refusal, RefusalCode
from bot.intake import views as intake_views
from bot.preferences.views import help
from bot.preferences.views import settings as settings_view
from bot.rebates.model.payout_reconciliation import Cause, Part, Reconciliation
from bot.rebates.model.rebate import TIERS, Month
from bot.rebates.model.revenue_shares import Party
from bot.rebates.model.statement import Earned, SealedStatement, body_of, party_content
from bot.rebates.model.summary import Breakdown
from bot.rebates.views import ledger, payouts, rebates, shares, statements
from bot.trading.views import (
    flatten,
    holdings,
    linking,
    market,
    notices,
    order_list,
    order_lists,
    orders,
    preview,
)
from bot.ui import refusals
from bot.ui.lateness import Lateness
from bot.ui.locale import Locale
from bot.ui.message import Message
from tests.trading.views import build

Make = Callable[[Locale, str], Message]


@dataclass(frozen=True)
class Case:
    """`times`: how often the text is displayed; None where it is only used in part or not at all."""

    make: Make
    times: int | None = 1


FEES = FeeRates(D(8), D(10), D(-2), D(5))
LEVEL = PriceLevel("SOL_USDC_PERP", D(160), Trend.UP)
STATE = AccountState(FEES, D(10), D(1000), D(960))
BOOK = Book(
    "SOL_USDC_PERP", [(D("142.49"), D(3)), (D("142.4"), D(12))], [(D("142.51"), D(2)), (D("142.6"), D(9))]
)


def _firing(**words: Any) -> cards.AlertNews:
    return cards.AlertNews(LEVEL, build.NOON, D("160.2"), **words)


def _preview_card(locale: Locale, text: str, **changes: object) -> Message:
    return preview.preview_card(
        locale,
        build.preview(**changes),
        account_label=text,
        seconds_left=60,
        confirm_data="c",
        cancel_data="x",
        canonical="long sol $200",
    )


def _chain(locale: Locale, label: str, canonical: str, cancels: tuple[OrderSnapshot, ...] = ()) -> Message:
    steps = [order_lists.ChainStep((build.preview(),)), order_lists.ChainStep(cancels=cancels)]
    shown = order_lists.chain_preview(
        locale,
        steps,
        account_label=label,
        seconds_left=60,
        confirm_data="c",
        cancel_data="x",
        canonical=canonical,
    )
    assert shown is not None
    return shown


def _settings(locale: Locale, text: str) -> Message:
    current = settings_view.SettingsView(None, D("0.5"), D("0.5"), D(50), 1320, 420, "UTC", text)
    return settings_view.settings(locale, current, data=lambda name: f"set:{name}")


def _choices(number: str) -> Refusal:
    intent = TradeIntent(Verb.LONG, "sol")
    choices = (
        Choice("base", intent, D(20), D(2850)),
        Choice("quote", intent, D("0.14"), D(20)),
        Choice("leverage", intent, None, None),
    )
    params = {"number": number, "symbol": "SOL", "price": D("142.5")}
    return Refusal(RefusalCode.AMBIGUOUS_NUMBER, params, choices=choices)


def _account(label: str) -> linking.AccountLine:
    return linking.AccountLine(label, "active", "abcd…wxyz", is_default=True)


def _month(locale: Locale, name: str) -> Message:
    return rebates.ended(locale, build.month_summary(name), Lateness(60_000, 2), doors=_DOORS)


def _breakdown(by: Breakdown, locale: Locale, name: str) -> Message:
    summary = build.month_summary(name)
    return rebates.breakdown(locale, summary, by, 0, page_data=_page, back_data="b")


def _page(n: int) -> str:
    return f"page:{n}"


_DOORS = rebates.Doors(month=str, breakdown=str, files="f", advice="a")

CASES: dict[str, Case] = {
    "month": Case(_month),
    "month by group": Case(lambda locale, text: _breakdown(Breakdown.GROUP, locale, text)),
    "month by user": Case(lambda locale, text: _breakdown(Breakdown.USER, locale, text)),
    "month by market": Case(lambda locale, text: _breakdown(Breakdown.MARKET, locale, text), None),
    "preview account": Case(_preview_card),
    "preview canonical": Case(
        lambda locale, text: preview.preview_card(
            locale,
            build.preview(),
            account_label="main",
            seconds_left=60,
            confirm_data="c",
            cancel_data="x",
            canonical=text,
        )
    ),
    "preview unknown note": Case(
        lambda locale, text: _preview_card(locale, "main", notes=(Note(text),)),
    ),
    "preview mapped quote": Case(
        lambda locale, text: _preview_card(
            locale, "main", notes=(Note("mapped-quote", (("typed", text), ("used", "USDC"))),)
        )
    ),
    "preview symbol": Case(
        lambda locale, text: _preview_card(
            locale, "main", market=replace(build.PERP, symbol=text, base=text, quote=text)
        ),
        None,
    ),
    "preview superseded": Case(
        lambda locale, text: preview.preview_superseded(
            locale,
            preview.preview_line(locale, build.preview(market=replace(build.PERP, symbol=text))),
            D(149),
            D(150),
            text,
        ),
        None,
    ),
    "close all": Case(
        lambda locale, text: flatten.close_all_preview(
            locale,
            [build.preview()] * 3,
            account_label=text,
            seconds_left=60,
            confirm_data="c",
            cancel_data="x",
        )
    ),
    "panic result": Case(
        lambda locale, text: flatten.panic_result(
            locale,
            [
                flatten.PanicLeg("done", cancelled=2),
                flatten.PanicLeg("failed", symbol="SOL_USDC_PERP", quantity=D(1), detail=text),
            ],
        )
    ),
    "chain account": Case(lambda locale, text: _chain(locale, text, "long sol $200")),
    "chain canonical": Case(lambda locale, text: _chain(locale, "main", text)),
    "chain order code": Case(
        lambda locale, text: _chain(locale, "main", "cancel", cancels=(build.snapshot(code=text),))
    ),
    "chain unsent": Case(
        lambda locale, text: order_lists.chain_result(
            locale,
            [order_lists.ChainResult("done", "long sol"), order_lists.ChainResult("unsent", text)],
            late=True,
        )
    ),
    "chain refused": Case(
        lambda locale, text: order_lists.chain_result(
            locale,
            [
                order_lists.ChainResult(
                    "failed",
                    "long sol",
                    (build.snapshot(OrderState.REJECTED, error_code="NEW_CODE", error_message=text),),
                )
            ],
            late=False,
        )
    ),
    "chain cancel refused": Case(
        lambda locale, text: order_lists.chain_result(
            locale,
            [
                order_lists.ChainResult(
                    "failed",
                    "cancel all",
                    cancelled=1,
                    failures=(order_lists.ChainFailure(build.snapshot(), "NEW_CODE", text),),
                )
            ],
            late=False,
        )
    ),
    "order card": Case(
        lambda locale, text: orders.order_card(
            locale, build.snapshot(account_label=text), cancel_data="x", positions_data="p"
        )
    ),
    "exit absent": Case(
        lambda locale, text: notices.exit_absent(
            locale,
            build.snapshot(account_label=text),
            ExitGap(ExitPromise(OrderRole.STOP, D("145.5")), D(0), D("1.4")),
            retry_data="r",
            close_data="c",
        )
    ),
    "exit short": Case(
        lambda locale, text: notices.exit_absent(
            locale,
            build.snapshot(account_label=text),
            ExitGap(ExitPromise(OrderRole.TAKE_PROFIT, D(160)), D(1), D("1.4")),
        )
    ),
    "key refused": Case(
        lambda locale, text: notices.key_refused(
            locale, build.snapshot(), error_code="NEW_CODE", error_message=text, unlink_data="u"
        )
    ),
    "unlink in doubt": Case(
        lambda locale, text: linking.unlink_in_doubt(
            locale, text, 2, retry_data="r", anyway_data="a", cancel_data="k"
        )
    ),
    "shares.shares": Case(
        lambda locale, text: shares.shares(
            locale, [shares.PromiseLine("group:-1", text, D("0.2"), Month(2026, 10))]
        )
    ),
    "statements.statement": Case(
        lambda locale, text: statements.statement(
            locale,
            SealedStatement(
                7,
                "2026-10",
                "group:-1",
                2,
                0,
                body_of(
                    party_content(
                        Month(2026, 10),
                        TIERS[2],
                        Party("group", -1),
                        D("0.2"),
                        [Earned(text, 3, D(5), D(1), D(1))],
                    ),
                    2,
                ),
                b"",
                b"",
                b"",
                b"",
            ),
            named={text: 1003},
        )
    ),
    "payouts.unreadable": Case(lambda locale, text: payouts.unreadable(locale, "value", 3, text)),
    "payouts.draft": Case(
        lambda locale, text: payouts.draft(
            locale,
            Month(2026, 10),
            D("1235"),
            standing=(D("100"), D("23.45")),
            is_known=True,
            read=payouts.ReadAs(2, D("1234.5"), text, ",", (4,)),
            choices={"part": "py:1", "correction": "py:2"},
        )
    ),
    "payouts.reconciled": Case(
        lambda locale, text: payouts.reconciled(
            locale,
            Month(2026, 10),
            TIERS[2],
            Reconciliation(D(9), D(10), (Part(Cause.NOT_OURS, D(1), (text,), (2, 3)),)),
            line_count=2,
        )
    ),
    "access request": Case(
        lambda locale, text: access_views.request(locale, 1003, text, approve_data="a", deny_data="d")
    ),
    "order rejected": Case(
        lambda locale, text: orders.order_card(
            locale, build.snapshot(OrderState.REJECTED, error_code="NEW_CODE", error_message=text)
        )
    ),
    "order expired": Case(
        lambda locale, text: orders.order_card(locale, build.snapshot(OrderState.EXPIRED, reason=f"{text} "))
    ),
    "order code": Case(lambda locale, text: orders.order_card(locale, build.snapshot(code=text))),
    "order symbol": Case(
        lambda locale, text: orders.order_card(locale, build.snapshot(symbol=text, base=text, quote=text)),
        None,
    ),
    "order fee asset": Case(
        lambda locale, text: orders.order_card(
            locale, build.filled(OrderState.FILLED, D("1.4"), fee_symbol=text)
        ),
        None,
    ),
    "order detail": Case(
        lambda locale, text: order_list.order_detail(
            locale, build.snapshot(exchange_id=text), cancel_data="x"
        )
    ),
    "orders": Case(
        lambda locale, text: order_list.orders(
            locale, [build.snapshot()] * 3, account_label=text, page_data=_page, cancel_data=lambda _: "x"
        )
    ),
    "no orders": Case(
        lambda locale, text: order_list.orders(locale, [], account_label=text, page_data=_page)
    ),
    "cancel result": Case(
        lambda locale, text: order_list.cancel_result(
            locale, [order_list.CancelLine(build.snapshot(), "failed", text)]
        )
    ),
    "cancel all": Case(
        lambda locale, text: order_list.cancel_all_confirm(
            locale, 3, account_label=text, confirm_data="c", cancel_data="x"
        )
    ),
    "liquidation": Case(
        lambda locale, text: notices.liquidation_notice(locale, build.report(), account_label=text)
    ),
    "adl": Case(lambda locale, text: notices.adl_notice(locale, build.report(), account_label=text)),
    "system": Case(
        lambda locale, text: notices.system_notice(
            locale, build.report(origin=f"{text} "), account_label="main"
        )
    ),
    "late surprise": Case(
        lambda locale, text: notices.late_surprise(locale, build.snapshot(account_label=text))
    ),
    "exit missing": Case(
        lambda locale, text: notices.exit_missing(
            locale, build.report(), kind="sl", account_label="main", error_code="NEW_CODE", error_message=text
        )
    ),
    "positions": Case(
        lambda locale, text: holdings.positions(
            locale,
            [build.position(), build.position("BTC_USDC_PERP", quantity=D(-1))],
            account_label=text,
            page_data=_page,
            exits={},
            action_data=lambda action, symbol: f"{action}:{symbol}",
        )
    ),
    "position symbol": Case(
        lambda locale, text: holdings.positions(
            locale, [build.position(text)], account_label="main", page_data=_page
        ),
        None,
    ),
    "balance": Case(
        lambda locale, text: holdings.balance(
            locale,
            replace(STATE, balances={"SOL": Balance("SOL", D(1), D(2), D(3), D(800))}),
            account_label=text,
            page_data=_page,
        )
    ),
    "balance asset": Case(
        lambda locale, text: holdings.balance(
            locale,
            replace(STATE, balances={text: Balance(text, D(1))}),
            account_label="main",
            page_data=_page,
        ),
        None,
    ),
    "fees": Case(lambda locale, text: holdings.fees(locale, FEES, account_label=text)),
    "price": Case(
        lambda locale, text: market.price(
            locale,
            replace(build.PERP, state=text),
            last=D("142.5"),
            mark=MarkPrice("SOL_USDC_PERP", D("142.5"), D("142.4"), D("0.0001"), build.NOON),
            book=BOOK,
            change_percent=D("-3.2"),
            high=D(150),
            low=D(140),
            quote_volume=D(12_345_678),
            time_ms=build.NOON,
            buy_data="b",
        )
    ),
    "book": Case(
        lambda locale, text: market.book(locale, replace(build.PERP, symbol=text, base=text), BOOK), None
    ),
    "help topic": Case(lambda locale, text: help.help(locale, f"{text}?")),
    "settings": Case(_settings),
    "accounts": Case(
        lambda locale, text: linking.accounts(
            locale,
            [_account(text)],
            default_data=lambda _: "d",
            unlink_data=lambda _: "u",
            add_data="a",
        )
    ),
    "public key": Case(
        lambda locale, text: linking.link_generated(locale, text, "https://example.org", done_data="d")
    ),
    "bot address": Case(
        lambda locale, text: linking.link_generated(
            locale, "key", "https://example.org", done_data="d", address=text
        )
    ),
    "ledger alarm": Case(
        lambda locale, text: ledger.alarm(
            locale,
            [ledger.FindingLine("missing", "2026-10-31", 7, {"count": 1, "fills": [{"symbol": text}]})],
        )
    ),
    "ledger finding": Case(
        lambda locale, text: ledger.alarm(locale, [ledger.FindingLine(f"{text} ", "2026-10-31", 7, {})])
    ),
    "late tap": Case(lambda locale, text: intake_views.late_tap(locale, text, "d", seconds=90)),
    "link done": Case(lambda locale, text: linking.link_done(locale, text, read_only=False)),
    "link read-only": Case(lambda locale, text: linking.link_done(locale, text, read_only=True)),
    "link not yet": Case(lambda locale, text: linking.link_not_yet(locale, f"{text} ", done_data="d")),
    "unlink": Case(
        lambda locale, text: linking.unlink_confirm(locale, text, confirm_data="c", cancel_data="x")
    ),
    "unlinked": Case(lambda locale, text: linking.unlink_done(locale, text, "abcd", 2, 3)),
    "default": Case(linking.account_default_set),
    "bare number": Case(
        lambda locale, text: refusals.question_bare_number(locale, _choices(text), ["a", "b", "c"])
    ),
    "exchange": Case(lambda locale, text: refusals.exchange_error(locale, "NEW_CODE", text)),
    "exchange code": Case(lambda locale, text: refusals.exchange_error(locale, f"{text} ", "no")),
    "failure": Case(refusals.failure),
    "alert label": Case(lambda locale, text: cards.fired(locale, [_firing(label=text)], ())),
    "alert symbol": Case(lambda locale, text: cards.fired(locale, [_firing(symbol=text)], ()), None),
    "alert plan": Case(lambda locale, text: cards.fired(locale, [_firing(plan=text)], ())),
    "alert armed plan": Case(
        lambda locale, text: cards.fired(locale, [_firing(plan=text, armed_plan=True)], ())
    ),
    "alert line": Case(
        lambda locale, text: cards.proposed(locale, cards.AlertCard(LEVEL, AlertOptions(), text), ())
    ),
    "alerts": Case(
        lambda locale, text: cards.listing(
            locale,
            [cards.AlertEntry(1, LEVEL, text, True, 3, build.NOON)],
            page=0,
            page_data=_page,
            open_data=lambda _: "o",
            new_data="n",
            missed_data="m",
            back_data="b",
        )
    ),
    "alert plan done": Case(
        lambda locale, text: Message(cards.plan_done(locale, Markup("Long 1 SOL"), text))
    ),
    "unlinking": Case(lambda locale, text: linking.unlink_which(locale, [(text, "u:1")]), None),
    "start": Case(lambda locale, _: menus.start(locale, demo=True, linked=False), None),
    **{
        f"refusal {code}": Case(
            lambda locale, text, code=code: refusals.refusal(  # type: ignore[misc]
                locale,
                Refusal(code, dict.fromkeys(refusals.PARAMS.get(code, ()), text)),
                source=f"long {text} $5",
                span=(5, 5 + len(text)),
                mend=text,
                mend_data="m",
            ),
            None,
        )
        for code in RefusalCode
    },
    **{
        f"{state} order": Case(
            lambda locale, text, state=state: orders.order_card(  # type: ignore[misc]
                locale, build.snapshot(state, account_label=text, reason="PostOnlyTaker")
            )
        )
        for state in OrderState
    },
}
