"""Which handler stands behind a command, a menu entry and a button."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from bot.access import chat as access_chat
from bot.alerts.chat import alerts, wizard
from bot.alerts.chat import lists as alerts_lists
from bot.chat import confirmations
from bot.chat.request import Request
from bot.funding import chat as funding_chat
from bot.posts import chat as posts_chat
from bot.preferences.chat import notifications, settings
from bot.rebates.chat import payouts, rebates, referrals, shares
from bot.trading.chat import accounts, cancels, flatten, order_wizard, trade
from bot.trading.chat import lists as trading_lists

Handler = Callable[[Request, str], Awaitable[Any]]


def _begin(verb: str) -> Handler:
    """A trading command: with words it is a line, without it is the first button."""

    async def handle(request: Request, argument: str) -> None:
        if argument or await trade.answers_card(request, verb):
            await trade.line(request, f"{verb} {argument}".strip())
        else:
            await order_wizard.step(request, verb)

    return handle


def _plain(act: Callable[[Request], Awaitable[Any]]) -> Handler:
    async def handle(request: Request, _: str) -> None:
        await act(request)

    return handle


async def _alert(request: Request, argument: str) -> None:
    """With words it is a line, without it is the first button."""
    if argument:
        await trade.line(request, f"alert {argument}")
    else:
        await wizard.step(request)


async def _funding(request: Request, argument: str) -> None:
    """With words it is a line, without it is the table of all."""
    if argument:
        await trade.line(request, f"funding {argument}")
    else:
        await funding_chat.funding(request)


# What stands behind a command, and behind the menu entry of the same name.
COMMANDS: dict[str, Handler] = {
    "start": accounts.start,
    "help": settings.help_topic,
    "menu": settings.menu,
    "link": accounts.link,
    "accounts": accounts.accounts,
    "lang": accounts.language,
    "language": accounts.language,
    "unlink": accounts.unlink,
    "forget": accounts.forget,
    "price": _begin("price"),
    "book": _begin("book"),
    "balance": _plain(trading_lists.balance),
    "positions": _plain(trading_lists.positions),
    "orders": _plain(trading_lists.orders),
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
    "fees": _plain(trading_lists.fees),
    "referral": referrals.referral,
    "settings": settings.settings,
    "alert": _alert,
    "a": _alert,
    "alerts": alerts_lists.alerts,
    "missed": alerts_lists.missed,
    "noise": notifications.noise,
    "schedule": posts_chat.schedule,
    "funding": _funding,
    "carry": funding_chat.carry,
    "panic": _plain(flatten.panic),
}

# Only for operators; to everybody else they are no commands.
OPERATOR_COMMANDS: dict[str, Handler] = {
    "approve": access_chat.approve,
    "deny": access_chat.deny,
    "payout": payouts.payout,
    "share": shares.share,
    "users": access_chat.people,
    "affiliate": referrals.affiliate,
    "dashboard": access_chat.dashboard,
    "rebates": rebates.rebates,
    "advisor": rebates.advisor,
}

_MENU_PAGES = {"main", "trade", "manage", "market", "account"}


async def _menu(request: Request, entry: str) -> None:
    if entry in _MENU_PAGES:
        await settings.menu(request, entry)
    elif entry in COMMANDS:
        await COMMANDS[entry](request, "")


async def _beside(request: Request, entry: str) -> None:
    """A menu entry as a message of its own: under a card that goes on changing, it would be overwritten."""
    request.is_tap = False
    await _menu(request, entry)


TAPS: dict[str, Handler] = {
    "ok": trade.confirm,
    "no": trade.withdraw,
    "go": trade.run,
    "on": trade.run_on,
    "always": trade.always,
    "w": order_wizard.step,
    "menu": _menu,
    "new": _beside,
    "help": settings.help_topic,
    "pos": trading_lists.positions,
    "ord": trading_lists.orders,
    "bal": trading_lists.balance,
    "acc": accounts.accounts,
    "px": trading_lists.price,
    "fr": funding_chat.table,
    "fm": funding_chat.market,
    "cy": funding_chat.carry,
    "bk": trading_lists.book,
    "cancel": cancels.cancel_order,
    "cancelall": cancels.cancel_all,
    "panic": flatten.panic_asked,
    "flat": flatten.panic_confirmed,
    "link": accounts.link_step,
    "acct": accounts.account_step,
    "sure": confirmations.sure,
    "keep": accounts.keep,
    "lang": accounts.language,
    "set": settings.setting,
    "ref": referrals.tapped,
    "adm": access_chat.tapped,
    "rb": rebates.tapped,
    "py": payouts.tapped,
    "al": alerts.tap,
    "as": alerts.saved,
    "ah": alerts.answered,
    "aw": wizard.step,
    "hush": notifications.choose,
    "sch": posts_chat.tapped,
}


def behind_tap(name: str, argument: str) -> Handler:
    """The handler a button leads to; of a menu entry the command's own. Raises KeyError."""
    entry = COMMANDS.get(argument) if name in {"menu", "new"} else None
    return entry or TAPS[name]


# In a group every answer to a tap may have to say something; in private only these do.
SPEAKING = {alerts.tap, alerts.saved, trade.confirm, trade.withdraw, confirmations.sure}
