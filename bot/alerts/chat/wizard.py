"""An alert by buttons alone: each tap adds a word, and the finished line is shown before it is saved.

The data of a button is `aw:<market>|<kind>|<value>|<window>|<rhythm>`, as far as it has come. The market is a
symbol, `@` for what is mine, `*` for all markets.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Final

from bot.alerts.chat import alerts, cards, lists
from bot.alerts.chat.alert_buttons import LIST
from bot.alerts.views import cards as alert_view
from bot.chat import menus as start_view
from bot.chat.prompts import Prompt
from bot.chat.request import Request
from bot.domain.intent import AlertIntent
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import HUNDRED, MarketKind, plain
from bot.language import Parsed, parse
from bot.trading.chat import trade
from bot.trading.queries import Queries
from bot.ui.words import symbol_name

MOST_SYMBOLS: Final = 12
MINE, ALL = "@", "*"
_WINDOWS: Final = ("5m", "15m", "1h", "4h", "24h")
_RHYTHMS: Final = {"once": "", "repeat": "repeat", "hourly": "every 1h", "daily": "every 1d"}
_SHORT: Final = Context(prec=4)  # digits of an offered price


@dataclass(frozen=True, slots=True)
class _Kind:
    """`line` has `{v}` where a value and `{w}` where a window goes; `values` are offered."""

    line: str
    values: tuple[str, ...] = ()
    unit: str = "{}"  # how a value is shown and written

    @property
    def has_window(self) -> bool:
        return "{w}" in self.line


_PERCENT, _DOLLARS = "{}%", "${}"
_OF_MARKET: Final = {
    "above": _Kind("> {v}", ("1", "2", "5", "10")),
    "below": _Kind("< {v}", ("-1", "-2", "-5", "-10")),
    "moves": _Kind("moves {v} in {w}", ("1", "2", "3", "5", "10"), _PERCENT),
    "trail": _Kind("trail {v}", ("2", "3", "5", "10"), _PERCENT),
    "funding": _Kind("funding > {v} apr", ("10", "20", "30", "50", "100"), _PERCENT),
    "flips": _Kind("funding flips"),
    "extreme": _Kind("funding extreme"),
    "soon": _Kind("funding in {v}", ("5m", "10m", "30m", "1h")),
    "oi": _Kind("oi moves {v} in {w}", ("5", "10", "20", "50"), _PERCENT),
    "volume": _Kind("volume up {v} in {w}", ("50", "100", "200", "500"), _PERCENT),
    "spread": _Kind("spread > {v}", ("0.1", "0.2", "0.5", "1"), _PERCENT),
    "basis": _Kind("basis crosses {v}", ("0.1", "0.2", "0.5", "1"), _PERCENT),
    "liquidation": _Kind("liquidation > {v}", ("10000", "50000", "100000", "1000000"), _DOLLARS),
    "fill": _Kind("fill"),
    "pnl": _Kind("pnl crosses {v}", ("-100", "-50", "50", "100"), "{}"),
}
_OF_ME: Final = {
    "fill": _Kind("fill"),
    "liq": _Kind("liq < {v}", ("20/10/5", "20", "10", "5"), _PERCENT),
    "margin": _Kind("margin < {v}", ("50", "30", "20", "10"), _PERCENT),
    "pnl": _Kind("pnl crosses {v}", ("-100", "-50", "50", "100"), "{}"),
    "cost": _Kind("funding cost > {v}", ("1", "5", "10", "50"), _DOLLARS),
    "key": _Kind("key"),
}
_OF_ALL: Final = {
    "listing": _Kind("listing"),
    "delisting": _Kind("delisting"),
    "halt": _Kind("halt"),
    "liquidation": _Kind("liquidation > {v}", ("50000", "100000", "500000", "1000000"), _DOLLARS),
    "funding": _Kind("funding > {v} apr", ("50", "100", "200"), _PERCENT),
    "flips": _Kind("funding flips"),
    "extreme": _Kind("funding extreme"),
}


async def begin(request: Request, argument: str) -> None:
    """`/alert`: with words it is a line, without it is the first button."""
    if argument:
        await trade.line(request, f"alert {argument}")
    else:
        await step(request)


async def step(request: Request, argument: str = "") -> None:
    """Ask for the next word, or show the finished alert."""
    words = argument.split("|") if argument else []
    market = words[0] if words else ""
    kinds = _kinds(market)
    if not words:
        cards.aside(request, cards.warm_up())
        await _ask_market(request)
    elif len(words) == 1:
        await _ask_kind(request, market, kinds)
    elif words[1] not in kinds:
        await request.answer(Refusal(RefusalCode.EXPIRED))
    else:
        await _fill(request, words, kinds[words[1]])


def _kinds(market: str) -> dict[str, _Kind]:
    return {MINE: _OF_ME, ALL: _OF_ALL}.get(market, _OF_MARKET)


async def _fill(request: Request, words: list[str], kind: _Kind) -> None:
    """The words after market and kind, in the order of the line."""
    needed = [name for name, wanted in (("value", bool(kind.values)), ("window", kind.has_window)) if wanted]
    given = dict(zip(needed, words[2:], strict=False))
    missing = next((name for name in needed if name not in given), None)
    rhythm = words[2 + len(needed)] if len(words) > 2 + len(needed) else None
    if missing == "value":
        await _ask_value(request, words, kind)
    elif missing == "window":
        await _ask(request, "window", words, [(window, window) for window in _WINDOWS])
    elif rhythm is None:
        labels = [(alert_view.choice(request.here, name), name) for name in _RHYTHMS]
        await _ask(request, "rhythm", words, labels, per_row=2)
    else:
        await _finish(request, _line(words, kind, given, _RHYTHMS.get(rhythm, "")))


def _line(words: list[str], kind: _Kind, given: dict[str, str], rhythm: str = "") -> str:
    value = kind.unit.format(given.get("value", ""))
    if words[1] == "pnl" and value:
        value = f"-${value[1:]}" if value.startswith("-") else f"${value}"
    symbol = "" if words[0] in {MINE, ALL} else f"#{words[0]}"
    body = kind.line.format(v=value, w=given.get("window", ""))
    return " ".join(part for part in ("alert", symbol, body, rhythm) if part)


async def _finish(request: Request, line: str) -> None:
    parsed = parse(line)
    intent = parsed.intents[0] if isinstance(parsed, Parsed) else None
    if not isinstance(intent, AlertIntent):
        await request.answer(Refusal(RefusalCode.EXPIRED))  # no button of ours
        return
    await alerts.propose(request, intent)


# --- questions -----------------------------------------------------------------------------------------


async def _ask_market(request: Request) -> None:
    bases = (await request.service(Queries).symbols(MarketKind.PERP))[:MOST_SYMBOLS]
    choices: list[tuple[str, str]] = [(base, f"aw:{base}") for base in bases]
    choices.append((alert_view.choice(request.here, "account"), f"aw:{MINE}"))
    choices.append((alert_view.choice(request.here, "market"), f"aw:{ALL}"))
    await _show(request, "symbol", choices, per_row=4)


async def _ask_kind(request: Request, market: str, kinds: dict[str, _Kind]) -> None:
    choices = [(alert_view.choice(request.here, name), f"aw:{market}|{name}") for name in kinds]
    if market in {MINE, ALL}:
        await _show(request, "account" if market == MINE else "market", choices, per_row=2)
        return
    _await_rest(request, f"alert #{market}")
    await _show(request, "kind", choices, per_row=3, symbol=symbol_name(market))


async def _ask_value(request: Request, words: list[str], kind: _Kind) -> None:
    if words[1] in {"above", "below"}:
        await _ask_price(request, words, kind)
        return
    if "{w}" not in kind.line:
        _await_rest(
            request, _line(words, kind, {}).removesuffix("apr").removesuffix("%").removesuffix("$").strip()
        )
    choices = [(_shown(kind, value), value) for value in kind.values]
    await _ask(request, "value", words, choices)


async def _ask_price(request: Request, words: list[str], kind: _Kind) -> None:
    """Levels a few per cent from here, at prices short enough to be read on a button."""
    moment = await request.service(Queries).moment(words[0])
    if isinstance(moment, Refusal):
        await alerts.refuse(request, moment)
        return
    _await_rest(request, _line(words, kind, {"value": ""}))
    choices = []
    for share in kind.values:
        level = plain(_SHORT.plus(moment.last * (HUNDRED + Decimal(share)) / HUNDRED))
        sign = "−" if share.startswith("-") else "+"
        choices.append((f"{level} ({sign}{share.lstrip('-')}%)", level))
    price = request.here.price(moment.last, moment.market.tick)
    await _ask(request, "price", words, choices, per_row=2, symbol=symbol_name(words[0]), price=price)


def _shown(kind: _Kind, value: str) -> str:
    if kind.unit == _DOLLARS:
        return f"${int(value):,}"
    return kind.unit.format(value.replace("-", "−"))


async def _ask(
    request: Request,
    question: str,
    words: list[str],
    options: list[tuple[str, str]],
    per_row: int = 3,
    **said: str,
) -> None:
    done = "|".join(words)
    choices = [(label, f"aw:{done}|{value}") for label, value in options]
    if not said:
        market = "" if words[0] in {MINE, ALL} else f"{symbol_name(words[0])}: "
        said = {"what": market + alert_view.choice(request.here, words[1])}
    await _show(request, question, choices, per_row=per_row, **said)


async def _show(
    request: Request, question: str, choices: list[tuple[str, str]], *, per_row: int, **words: str
) -> None:
    message = start_view.ask(
        request.here,
        f"alert-{question}",
        list(choices),
        cancel_data=LIST,
        per_row=per_row,
        **words,
    )
    await lists.put(request, message)


def _await_rest(request: Request, prefix: str) -> None:
    """Whoever would rather type than tap may."""
    if request.sender.private:
        request.services.prompts.expect(request.user.id, Prompt("alert", f"new:{prefix}"))
