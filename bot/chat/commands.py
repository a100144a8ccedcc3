"""Which handler stands behind a command, a menu entry and a button."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from bot.chat.handlers import (
    accounts,
    alert_lists,
    alert_wizard,
    alerts,
    cancels,
    funding,
    manage,
    noise,
    operators,
    options,
    payouts,
    rebates,
    referrals,
    schedules,
    shares,
    show,
    steps,
    sure,
    trade,
)
from bot.chat.turn import Turn

Handler = Callable[[Turn, str], Awaitable[Any]]


def _begin(verb: str) -> Handler:
    """A trading command: with words it is a line, without it is the first button."""

    async def handle(turn: Turn, argument: str) -> None:
        if argument or await trade.answers_card(turn, verb):
            await trade.line(turn, f"{verb} {argument}".strip())
        else:
            await steps.step(turn, verb)

    return handle


def _plain(act: Callable[[Turn], Awaitable[Any]]) -> Handler:
    async def handle(turn: Turn, _: str) -> None:
        await act(turn)

    return handle


async def _alert(turn: Turn, argument: str) -> None:
    """With words it is a line, without it is the first button."""
    if argument:
        await trade.line(turn, f"alert {argument}")
    else:
        await alert_wizard.step(turn)


async def _funding(turn: Turn, argument: str) -> None:
    """With words it is a line, without it is the table of all."""
    if argument:
        await trade.line(turn, f"funding {argument}")
    else:
        await funding.funding(turn)


# What stands behind a command, and behind the menu entry of the same name.
COMMANDS: dict[str, Handler] = {
    "start": accounts.start,
    "help": options.help_topic,
    "menu": options.menu,
    "link": accounts.link,
    "accounts": accounts.accounts,
    "lang": accounts.language,
    "language": accounts.language,
    "unlink": accounts.unlink,
    "forget": accounts.forget,
    "price": _begin("price"),
    "book": _begin("book"),
    "balance": _plain(show.balance),
    "positions": _plain(show.positions),
    "orders": _plain(show.orders),
    "order": _begin("order"),
    "buy": _begin("buy"),
    "sell": _begin("sell"),
    "long": _begin("long"),
    "short": _begin("short"),
    "close": _begin("close"),
    "tp": _begin("tp"),
    "sl": _begin("sl"),
    "cancel": trade.cancel,
    "cancelall": _plain(cancels.cancel_all),
    "fees": _plain(show.fees),
    "referral": referrals.referral,
    "settings": options.settings,
    "alert": _alert,
    "a": _alert,
    "alerts": alert_lists.alerts,
    "missed": alert_lists.missed,
    "noise": noise.noise,
    "schedule": schedules.schedule,
    "funding": _funding,
    "carry": funding.carry,
    "panic": _plain(manage.panic),
}

# Only for operators; to everybody else they are no commands.
OPERATOR_COMMANDS: dict[str, Handler] = {
    "approve": operators.approve,
    "deny": operators.deny,
    "payout": payouts.payout,
    "share": shares.share,
    "users": operators.people,
    "affiliate": referrals.affiliate,
    "dashboard": operators.dashboard,
    "rebates": rebates.rebates,
    "advisor": rebates.advisor,
}

_MENU_PAGES = {"main", "trade", "manage", "market", "account"}


async def _menu(turn: Turn, entry: str) -> None:
    if entry in _MENU_PAGES:
        await options.menu(turn, entry)
    elif entry in COMMANDS:
        await COMMANDS[entry](turn, "")


async def _beside(turn: Turn, entry: str) -> None:
    """A menu entry as a message of its own: under a card that goes on changing, it would be overwritten."""
    turn.is_tap = False
    await _menu(turn, entry)


TAPS: dict[str, Handler] = {
    "ok": trade.confirm,
    "no": trade.withdraw,
    "go": trade.run,
    "on": trade.run_on,
    "always": trade.always,
    "w": steps.step,
    "menu": _menu,
    "new": _beside,
    "help": options.help_topic,
    "pos": show.positions,
    "ord": show.orders,
    "bal": show.balance,
    "acc": accounts.accounts,
    "px": show.price,
    "fr": funding.table,
    "fm": funding.market,
    "cy": funding.carry,
    "bk": show.book,
    "cancel": cancels.cancel_order,
    "cancelall": cancels.cancel_all,
    "panic": manage.panic_asked,
    "flat": manage.panic_confirmed,
    "link": accounts.link_step,
    "acct": accounts.account_step,
    "sure": sure.sure,
    "keep": accounts.keep,
    "lang": accounts.language,
    "set": options.setting,
    "ref": referrals.tapped,
    "adm": operators.tapped,
    "rb": rebates.tapped,
    "py": payouts.tapped,
    "al": alerts.tap,
    "as": alerts.saved,
    "ah": alerts.answered,
    "aw": alert_wizard.step,
    "hush": noise.choose,
    "sch": schedules.tapped,
}


def behind_tap(name: str, argument: str) -> Handler:
    """The handler a button leads to; of a menu entry the command's own. Raises KeyError."""
    entry = COMMANDS.get(argument) if name in {"menu", "new"} else None
    return entry or TAPS[name]


# In a group every answer to a tap may have to say something; in private only these do.
SPEAKING = {alerts.tap, alerts.saved, trade.confirm, trade.withdraw, sure.sure}
