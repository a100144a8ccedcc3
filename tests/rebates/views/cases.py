"""Every message of the rebates, made with one text wherever a text can come from outside."""

from __future__ import annotations

from decimal import Decimal as D

from bot.rebates.model.payout_reconciliation import Cause, PayoutPart, Reconciliation
from bot.rebates.model.rebate import TIERS, Month
from bot.rebates.model.revenue_shares import Party
from bot.rebates.model.statement import Earned, SealedStatement, body_of, party_content
from bot.rebates.model.summary import Breakdown
from bot.rebates.views import ledger, payouts, rebates, shares, statements
from bot.ui.lateness import Lateness
from bot.ui.locale import Locale
from bot.ui.message import Message
from tests.rebates.views.build import month_summary
from tests.support.cases import Case, page_data

_DOORS = rebates.Doors(month=str, breakdown=str, files="f", advice="a")


def _month(locale: Locale, name: str) -> Message:
    return rebates.ended(locale, month_summary(name), Lateness(60_000, 2), doors=_DOORS)


def _breakdown(by: Breakdown, locale: Locale, name: str) -> Message:
    summary = month_summary(name)
    return rebates.breakdown(locale, summary, by, 0, page_data=page_data, back_data="b")


CASES: dict[str, Case] = {
    "month": Case(_month),
    "month by group": Case(lambda locale, text: _breakdown(Breakdown.GROUP, locale, text)),
    "month by user": Case(lambda locale, text: _breakdown(Breakdown.USER, locale, text)),
    "month by market": Case(lambda locale, text: _breakdown(Breakdown.MARKET, locale, text), None),
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
            Reconciliation(D(9), D(10), (PayoutPart(Cause.NOT_OURS, D(1), (text,), (2, 3)),)),
            line_count=2,
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
}
