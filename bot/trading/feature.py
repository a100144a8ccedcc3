"""The trunk: accounts, orders from line to tap, and what an account holds."""

from __future__ import annotations

from typing import Final

from bot.chat import confirmations
from bot.chat.feature import ActClass, Callback, Command, Feature, LineReader, always, at, typed, wordless
from bot.chat.menus import MenuPart
from bot.chat.minted import CancelButton
from bot.chat.request import Request
from bot.domain.intent import (
    AgainIntent,
    CancelIntent,
    CloseIntent,
    PanicIntent,
    ProtectIntent,
    QueryKind,
    TradeIntent,
)
from bot.trading import jobs, parts
from bot.trading.chat import accounts, cancels, flatten, lists, order_wizard, ticket_cards, trade
from bot.trading.chat.line_buttons import AccountLineButton, AlwaysButton, CancelAllButton, PositionsButton
from bot.trading.execution.executor import Executor
from bot.trading.storage import operation_tables, promise_tables, tables
from bot.trading.tracking.user_streams import UserStreams


async def _panic(request: Request, _: PanicIntent) -> bool:
    return await flatten.panic(request)


_COMMANDS: Final = (
    Command("start", accounts.start, ActClass.READ, knocks=True, listed=10),
    Command("link", accounts.link, ActClass.OPEN_RISK, in_groups=False, listed=30),
    Command("accounts", accounts.accounts, ActClass.READ, listed=40),
    Command("language", accounts.language, ActClass.STRANGERS, aliases=("lang",)),
    Command("unlink", accounts.unlink, ActClass.SETTINGS, listed=50),
    Command("forget", accounts.forget, ActClass.STRANGERS, listed=60),
    Command("price", order_wizard.begin("price"), ActClass.READ, listed=70),
    Command("book", order_wizard.begin("book"), ActClass.READ, listed=80),
    Command("balance", wordless(lists.balance), ActClass.READ, listed=90),
    Command("positions", wordless(lists.positions), ActClass.READ, listed=100),
    Command("orders", wordless(lists.orders), ActClass.READ, listed=110),
    Command("order", order_wizard.begin("order"), ActClass.READ, listed=120),
    Command("fees", wordless(lists.fees), ActClass.READ, listed=250),
    Command("buy", order_wizard.begin("buy"), ActClass.JUDGED, listed=160),
    Command("sell", order_wizard.begin("sell"), ActClass.JUDGED, listed=170),
    Command("long", order_wizard.begin("long"), ActClass.JUDGED, listed=180),
    Command("short", order_wizard.begin("short"), ActClass.JUDGED, listed=190),
    Command("close", order_wizard.begin("close"), ActClass.REDUCE_RISK, listed=200),
    Command("tp", order_wizard.begin("tp"), ActClass.REDUCE_RISK, listed=210),
    Command("sl", order_wizard.begin("sl"), ActClass.REDUCE_RISK, listed=220),
    Command("cancel", trade.cancel, ActClass.REDUCE_RISK, listed=230),
    Command("cancelall", wordless(cancels.cancel_all), ActClass.REDUCE_RISK, listed=240),
    Command("panic", wordless(flatten.panic), ActClass.REDUCE_RISK, listed=270),
)

_CALLBACKS: Final = (
    Callback("ok", trade.confirm, ActClass.JUDGED, holds=True, speaks=True),
    Callback("no", trade.withdraw, ActClass.READ, looks=always, holds=True, speaks=True),
    Callback("go", trade.run, ActClass.JUDGED, line=str),
    typed(AccountLineButton, trade.run_on, ActClass.JUDGED, line=lambda button: button.line),
    typed(AlwaysButton, trade.always, ActClass.JUDGED),
    Callback("w", order_wizard.step, ActClass.JUDGED, looks=always),
    typed(PositionsButton, lists.positions, ActClass.READ, looks=always),
    Callback("ord", lists.orders, ActClass.READ, looks=always),
    Callback("bal", lists.balance, ActClass.READ, looks=always),
    Callback("px", lists.price, ActClass.READ, looks=always),
    Callback("bk", lists.book, ActClass.READ, looks=always),
    typed(CancelButton, cancels.cancel_order, ActClass.REDUCE_RISK),
    typed(CancelAllButton, cancels.cancel_all, ActClass.REDUCE_RISK, looks=lambda one: one.step == "ask"),
    Callback("panic", flatten.panic_asked, ActClass.REDUCE_RISK, looks=at("ask")),
    Callback("flat", flatten.panic_confirmed, ActClass.REDUCE_RISK),
    Callback("acc", accounts.accounts, ActClass.READ, looks=always),
    typed(accounts.AccountButton, accounts.account_step, ActClass.SETTINGS, looks=accounts.only_asks),
    typed(accounts.LinkButton, accounts.link_step, ActClass.OPEN_RISK, looks=accounts.only_ends),
    Callback("sure", confirmations.sure, ActClass.STRANGERS, speaks=True),
    Callback("keep", accounts.keep, ActClass.STRANGERS, looks=always),
    Callback("lang", accounts.language, ActClass.STRANGERS, looks=lambda argument: argument == "ask"),
)

_MENU: Final = (
    MenuPart("main", 10, "long short"),
    MenuPart("main", 20, "positions orders"),
    MenuPart("main", 30, "balance"),
    MenuPart("main", 40, "trade manage market"),
    MenuPart("main", 50, "account"),
    MenuPart("main", 60, "panic"),
    MenuPart("trade", 10, "long short"),
    MenuPart("trade", 20, "buy sell"),
    MenuPart("trade", 30, "tp sl"),
    MenuPart("trade", 40, "close"),
    MenuPart("manage", 10, "orders order"),
    MenuPart("manage", 20, "cancel cancelall"),
    MenuPart("manage", 30, "tp sl"),
    MenuPart("manage", 40, "close"),
    MenuPart("market", 10, "price book fees"),
    MenuPart("account", 10, "balance positions fees"),
    MenuPart("account", 20, "accounts link"),
    MenuPart("account", 30, "unlink forget"),
    MenuPart("account", 55, "start"),
)

_HELP: Final = {
    **{"start": 10, "link": 20, "trade": 30, "size": 40, "price": 50, "exits": 60},
    **{"close": 70, "cancel": 80, "accounts": 100, "safety": 130},
}

FEATURE: Final = Feature(
    "trading",
    commands=_COMMANDS,
    menu=_MENU,
    help=_HELP,
    tables=(tables, promise_tables, operation_tables),
    callbacks=_CALLBACKS,
    statements={
        TradeIntent: trade.offer,
        CloseIntent: trade.offer,
        ProtectIntent: trade.offer,
        CancelIntent: cancels.cancel,
        PanicIntent: _panic,
        AgainIntent: trade.again,
    },
    questions={
        QueryKind.POSITIONS: wordless(lists.positions),
        QueryKind.ORDERS: wordless(lists.orders),
        QueryKind.ORDER: lists.order,
        QueryKind.BALANCE: wordless(lists.balance),
        QueryKind.PRICE: lists.price,
        QueryKind.BOOK: lists.book,
        QueryKind.FEES: wordless(lists.fees),
        QueryKind.ACCOUNTS: wordless(accounts.accounts),
    },
    answers={"line": order_wizard.typed},
    confirmations=accounts.CONFIRMATIONS | cancels.CONFIRMATIONS,
    reader=LineReader(
        trade.line, accounts.secret, accounts.stray_secret, ticket_cards.held, ticket_cards.why_over
    ),
    parts=parts.PARTS,
    subscribes=parts.subscribe,
    schedules=jobs.schedule,
    lives=(UserStreams, Executor),
)
