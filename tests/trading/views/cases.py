"""Every message of trading, made with one text wherever a text can come from outside."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

from bot.domain.accounts.account import AccountState, Balance, FeeRates
from bot.domain.markets.market import Book, MarkPrice
from bot.domain.orders.exit_coverage import ExitGap, ExitPromise
from bot.domain.orders.order import OrderSnapshot, OrderState
from bot.domain.orders.roles import OrderRole
from bot.domain.preview.preview import Note
from bot.trading.views import (
    flatten,
    holdings,
    linking,
    market,
    notices,
    open_orders,
    order_list,
    orders,
    preview,
)
from bot.ui.locale import Locale
from bot.ui.message import Message
from tests.support.cases import Case, Make, page_data
from tests.trading.views import build

FEES = FeeRates(D(8), D(10), D(-2), D(5))
STATE = AccountState(FEES, D(10), D(1000), D(960))
BOOK = Book(
    "SOL_USDC_PERP", [(D("142.49"), D(3)), (D("142.4"), D(12))], [(D("142.51"), D(2)), (D("142.6"), D(9))]
)


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
    steps = [order_list.ChainStep((build.preview(),)), order_list.ChainStep(cancels=cancels)]
    shown = order_list.chain_preview(
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


def _account(label: str) -> linking.AccountLine:
    return linking.AccountLine(label, "active", "abcd…wxyz", is_default=True)


def _in_state(state: OrderState) -> Make:
    return lambda locale, text: orders.order_card(
        locale, build.snapshot(state, account_label=text, reason="PostOnlyTaker")
    )


CASES: dict[str, Case] = {
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
        lambda locale, text: order_list.chain_result(
            locale,
            [order_list.ChainResult("done", "long sol"), order_list.ChainResult("unsent", text)],
            late=True,
        )
    ),
    "chain refused": Case(
        lambda locale, text: order_list.chain_result(
            locale,
            [
                order_list.ChainResult(
                    "failed",
                    "long sol",
                    (build.snapshot(OrderState.REJECTED, error_code="NEW_CODE", error_message=text),),
                )
            ],
            late=False,
        )
    ),
    "chain cancel refused": Case(
        lambda locale, text: order_list.chain_result(
            locale,
            [
                order_list.ChainResult(
                    "failed",
                    "cancel all",
                    cancelled=1,
                    failures=(order_list.ChainFailure(build.snapshot(), "NEW_CODE", text),),
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
        lambda locale, text: open_orders.order_detail(
            locale, build.snapshot(exchange_id=text), cancel_data="x"
        )
    ),
    "orders": Case(
        lambda locale, text: open_orders.orders(
            locale, [build.snapshot()] * 3, account_label=text, page_data=page_data, cancel_data=lambda _: "x"
        )
    ),
    "no orders": Case(
        lambda locale, text: open_orders.orders(locale, [], account_label=text, page_data=page_data)
    ),
    "cancel result": Case(
        lambda locale, text: open_orders.cancel_result(
            locale, [open_orders.CancelLine(build.snapshot(), "failed", text)]
        )
    ),
    "cancel all": Case(
        lambda locale, text: open_orders.cancel_all_confirm(
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
            page_data=page_data,
            exits={},
            action_data=lambda action, symbol: f"{action}:{symbol}",
        )
    ),
    "position symbol": Case(
        lambda locale, text: holdings.positions(
            locale, [build.position(text)], account_label="main", page_data=page_data
        ),
        None,
    ),
    "balance": Case(
        lambda locale, text: holdings.balance(
            locale,
            replace(STATE, balances={"SOL": Balance("SOL", D(1), D(2), D(3), D(800))}),
            account_label=text,
            page_data=page_data,
        )
    ),
    "balance asset": Case(
        lambda locale, text: holdings.balance(
            locale,
            replace(STATE, balances={text: Balance(text, D(1))}),
            account_label="main",
            page_data=page_data,
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
    "link done": Case(lambda locale, text: linking.link_done(locale, text, read_only=False)),
    "link read-only": Case(lambda locale, text: linking.link_done(locale, text, read_only=True)),
    "link not yet": Case(lambda locale, text: linking.link_not_yet(locale, f"{text} ", done_data="d")),
    "unlink": Case(
        lambda locale, text: linking.unlink_confirm(locale, text, confirm_data="c", cancel_data="x")
    ),
    "unlinked": Case(lambda locale, text: linking.unlink_done(locale, text, "abcd", 2, 3)),
    "default": Case(linking.account_default_set),
    "unlinking": Case(lambda locale, text: linking.unlink_which(locale, [(text, "u:1")]), None),
    **{f"{state} order": Case(_in_state(state)) for state in OrderState},
}
