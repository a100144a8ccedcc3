"""Trading by buttons alone: each tap adds a word to a line, and the line takes the same road as a typed one.

The data of a button is `w:<verb>|<symbol>|<size>|<leverage>|<stop>`, as far as it has come; `-` is "none".
Of a position it is `w:<verb>|<symbol>|<account>`: what is chosen acts on the account that holds it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bot.chat import menus as start_view
from bot.chat.feature import Handler
from bot.chat.prompts import Prompt
from bot.chat.request import Request
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import MarketKind
from bot.language import classify
from bot.trading.chat import trade
from bot.trading.chat.line_buttons import AccountLineButton
from bot.trading.message_context import MessageContexts
from bot.trading.queries import Queries
from bot.ui import refusals as refusal_view
from bot.ui.callback_data import number
from bot.ui.words import symbol_name

NONE: Final = "-"
TYPE: Final = "?"
MOST_SYMBOLS: Final = 12
MOST_BYTES: Final = 48  # of the words so far; the next one must fit behind them
_ENTRY_SIZES: Final = ("$25", "$50", "$100", "$250", "$500", "$1000")
_EXIT_SIZES: Final = ("25%", "50%", "100%")
_LEVERAGES: Final = ("2x", "3x", "5x", "10x")
_STOPS: Final = ("1%", "2%", "3%", "5%", "10%")
_TARGETS: Final = ("2%", "5%", "10%", "20%")
_PERP: Final = {"long", "short"}
_OPENING: Final = {*_PERP, "buy"}  # told at the first step; the ticket decides


def begin(verb: str) -> Handler:
    """A trading command: with words it is a line, without it is the first button."""

    async def handle(request: Request, argument: str) -> None:
        if argument or await trade.answers_card(request, verb):
            await trade.line(request, f"{verb} {argument}".strip())
        else:
            await step(request, verb)

    return handle


async def step(request: Request, argument: str) -> None:
    """Ask for the next word of the line, or hand the finished line over."""
    words = argument.split("|")
    verb = words[0]
    if len(argument.encode()) > MOST_BYTES:
        await trade.line(request, " ".join(words))  # no button of ours: read as what it is
    elif words[-1] == TYPE:
        await _type(request, words[:-1])
    elif verb in _OPENING and not request.services.access.admits(request.user):
        await request.show(refusal_view.refusal(request.locale, Refusal(RefusalCode.CLOSING_ONLY)))
    elif verb in {"long", "short", "buy", "sell"}:
        await _trade(request, words)
    elif verb == "close":
        await _close(request, words)
    elif verb in {"tp", "sl"}:
        await _exit(request, words)
    elif verb in {"price", "book"}:
        data = "px" if verb == "price" else "bk"
        await _ask_symbol(request, f"{verb}-symbol", MarketKind.PERP, lambda base: f"{data}:{base}")
    elif verb == "order":
        request.services.prompts.expect(request.user.id, Prompt("line", "order"))
        await request.show(start_view.ask(request.locale, "order", [], cancel_data="menu:main"))


async def _trade(request: Request, words: list[str]) -> None:
    verb, done = words[0], "|".join(words)
    perp = verb in _PERP
    action = request.locale.plain(f"menu-{verb}")
    symbol = words[1] if len(words) > 1 else ""
    if len(words) == 1:
        kind = MarketKind.PERP if perp else MarketKind.SPOT
        await _ask_symbol(request, "symbol", kind, lambda base: f"w:{verb}|{base}", action=action)
    elif len(words) == 2:
        sizes = _EXIT_SIZES if verb == "sell" else _ENTRY_SIZES
        _await_rest(request, _line(words))
        await _ask(request, "size", done, (*sizes, "type"), action=action, symbol=symbol_name(symbol))
    elif perp and len(words) == 3:
        _await_rest(request, _line(words))
        await _ask(
            request, "leverage", done, ("none", *_LEVERAGES), action=action, symbol=symbol_name(symbol)
        )
    elif perp and len(words) == 4:
        _await_rest(request, f"{_line(words)} sl")
        await _ask(request, "stop", done, ("none", *_STOPS), action=action, symbol=symbol_name(symbol))
    else:
        await trade.line(request, _line(words))


def _line(words: list[str]) -> str:
    verb, symbol, size, leverage, stop, *_ = [*words, *("", "", "", NONE, NONE)[len(words) :]]
    parts = [verb, symbol, size, leverage if leverage != NONE else "", f"sl {stop}" if stop != NONE else ""]
    return " ".join(part for part in parts if part)


async def _close(request: Request, words: list[str]) -> None:
    if len(words) == 1:
        await _ask_position(request, "close")
    else:
        choices = [(part, f"{_run(words)}close {words[1]} {part}") for part in ("25%", "50%", "75%", "100%")]
        await request.show(
            start_view.ask(
                request.locale,
                "close-part",
                choices,
                cancel_data="menu:positions",
                symbol=symbol_name(words[1]),
            )
        )


async def _exit(request: Request, words: list[str]) -> None:
    verb = words[0]
    if len(words) == 1:
        await _ask_position(request, verb)
        return
    if not await _awaits_exit(request, words):
        return
    symbol = words[1]
    options = _TARGETS if verb == "tp" else _STOPS
    choices = [(option, f"{_run(words)}{verb} {symbol} {option}") for option in options]
    choices.append(("type", f"w:{'|'.join(words)}|{TYPE}"))
    await request.show(
        start_view.ask(
            request.locale, verb, choices, cancel_data="menu:positions", symbol=symbol_name(symbol)
        )
    )


def _run(words: list[str]) -> str:
    """The data in front of a finished line: with the account of the position, where one is known."""
    return f"on:{words[2]}:" if len(words) > 2 else "go:"


async def _awaits_exit(request: Request, words: list[str]) -> bool:
    """As `_await_rest`, on the account of the position; False when that one is gone, which is said."""
    account_id = (number(words[2]) or 0) if len(words) > 2 else None
    label = await request.service(MessageContexts).label(request.user.id, account_id)
    if isinstance(label, Refusal):
        await request.show(refusal_view.refusal(request.locale, label))
        return False
    account = f' on "{label}"' if label is not None else ""
    request.services.prompts.expect(request.user.id, Prompt("line", " ".join(words[:2]), account))
    return True


async def _ask_position(request: Request, verb: str) -> None:
    shown = await request.service(Queries).account(request.user)
    if not isinstance(shown, Refusal) and not shown.positions:
        shown = Refusal(RefusalCode.NO_POSITION)
    if isinstance(shown, Refusal):
        await request.show(refusal_view.refusal(request.locale, shown))
        return
    account_id = shown.account.id
    choices = [(symbol_name(one.symbol), f"w:{verb}|{one.symbol}|{account_id}") for one in shown.positions]
    if verb == "close" and len(choices) > 1:
        choices.append(("all", AccountLineButton(account_id, "close all").pack()))
    question = "close" if verb == "close" else f"{verb}-position"
    await request.show(start_view.ask(request.locale, question, choices, cancel_data="menu:main"))


async def _ask_symbol(
    request: Request, question: str, kind: MarketKind, data: Callable[[str], str], **words: str
) -> None:
    bases = (await request.service(Queries).symbols(kind))[:MOST_SYMBOLS]
    choices = [(base, data(base)) for base in bases]
    await request.show(
        start_view.ask(request.locale, question, choices, cancel_data="menu:main", per_row=4, **words)
    )


async def _ask(request: Request, question: str, done: str, options: tuple[str, ...], **words: str) -> None:
    values = {"none": NONE, "type": TYPE}
    choices = [(option, f"w:{done}|{values.get(option, option)}") for option in options]
    message = start_view.ask(request.locale, question, choices, cancel_data="menu:main", per_row=3, **words)
    await request.show(message)


def _await_rest(request: Request, prefix: str) -> None:
    """Whoever would rather type than tap may: the next message completes the line."""
    request.services.prompts.expect(request.user.id, Prompt("line", prefix))


async def _type(request: Request, words: list[str]) -> None:
    prefix = " ".join(words)
    if words[0] in {"tp", "sl"}:
        prefix = " ".join(words[:2])
        if not await _awaits_exit(request, words):
            return
    else:
        _await_rest(request, prefix)
    await request.show(start_view.ask(request.locale, "type", [], cancel_data="menu:main", line=prefix))


async def typed(request: Request, prompt: Prompt, text: str) -> bool:
    """The answer to a question, or a new line by somebody who changed their mind."""
    completed = f"{prompt.prefix} {text}{prompt.suffix}"
    # Who answers "sl?" with "sl 3%" has said it all.
    named = f"{prompt.prefix.rpartition(' ')[0]} {text}{prompt.suffix}"
    ways = (text, completed) if prompt.prefix == "order" else (completed, named, text)
    unread = (
        text
        if len(text.split()) > 1 and classify(text, tickers=request.services.catalogue.tickers)
        else completed
    )  # a new line, itself wrong
    await trade.line(request, next((way for way in ways if request.is_read(way)), unread))
    return True
