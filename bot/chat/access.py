"""Whom the operator lets in. Deny by default; but nobody is ever locked out of their exits.

Who has linked an account and is not, or no longer, let in may still look, close, protect, cancel and be
forgotten. A stranger may ask to be let in, and read what this is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

from bot.chat.handlers import operators
from bot.chat.turn import Turn
from bot.domain.intent import CancelIntent, CloseIntent, PanicIntent, ProtectIntent, QueryIntent, TradeIntent
from bot.domain.refusal import Refusal
from bot.domain.values import Language
from bot.grammar import Parsed, parse
from bot.store.tables import Access, AccountState, Ticket, TicketKind
from bot.view import operators as operator_view

_STRANGERS: Final = {"start", "help", "lang", "forget", "sure", "keep"}
_EXIT_COMMANDS: Final = frozenset(
    (
        *("start", "help", "menu", "accounts", "unlink", "forget", "settings"),
        *("price", "book", "balance", "positions", "orders", "order", "fees"),
        *("close", "tp", "sl", "cancel", "cancelall", "panic"),
    )
)
_EXIT_TAPS: Final = frozenset(
    (
        *("no", "help", "pos", "ord", "bal", "acc", "px", "bk", "acct", "sure", "keep", "lang", "set"),
        *("cancel", "cancelall", "panic", "flat"),
    )
)
_EXIT_TICKETS: Final = {TicketKind.CLOSE, TicketKind.PROTECT, TicketKind.CANCEL, TicketKind.PANIC}
_EXIT_INTENTS: Final = (CloseIntent, ProtectIntent, CancelIntent, PanicIntent, QueryIntent)


async def stops_message(turn: Turn, text: str, commands: Collection[str]) -> bool:
    """Whether a message that is meant for us, a line or one of our `commands`, is not for its sender.

    Then they have been told; in a group, only of commands we know.
    """
    if turn.services.access.admits(turn.user):
        return False
    name = _command(text)
    if not await _holds(turn):
        if name in _STRANGERS and name != "start":
            return False
        return (not turn.sender.private and name not in commands) or await _turn_away(turn, name)
    is_exit = name in _EXIT_COMMANDS if name in commands else _is_exit(turn, text)
    return not is_exit and await _closing_only(turn)


async def stops_tap(turn: Turn, name: str, argument: str) -> bool:
    """Whether a button is not for who taps it; then they have been told."""
    if turn.services.access.admits(turn.user):
        return False
    if not await _holds(turn):
        entry = argument if name in {"menu", "new"} else name
        return (entry == "start" or entry not in _STRANGERS) and await _turn_away(turn, entry)
    return not await _is_exit_tap(turn, name, argument) and await _closing_only(turn)


async def _is_exit_tap(turn: Turn, name: str, argument: str) -> bool:
    match name:
        case "menu" | "new":
            return argument in _EXIT_COMMANDS or argument in {"main", "manage", "market", "account", "trade"}
        case "w":
            return argument.partition("|")[0] in _EXIT_COMMANDS
        case "go" | "pick":
            line = await turn.line_of(argument.partition(":")[2] if name == "pick" else argument)
            return isinstance(line, Refusal) or _is_exit(turn, line)
        case "ok":
            ticket = turn.ticket
            return ticket is None or ticket.user_id != turn.user.id or _closes(ticket)
    return name in _EXIT_TAPS


def _command(text: str) -> str | None:
    """The name of a command; None for a line."""
    words = text[1:].split(maxsplit=1) if text.startswith("/") else []
    return words[0].partition("@")[0].lower() if words else None


def _is_exit(turn: Turn, text: str) -> bool:
    """Whether a line only reduces, or does nothing at all."""
    result = parse(text, language=Language(turn.user.language))
    return not isinstance(result, Parsed) or all(_reduces(intent) for intent in result.intents)


def _reduces(intent: Any) -> bool:
    return isinstance(intent, _EXIT_INTENTS) or (isinstance(intent, TradeIntent) and intent.reduce_only)


def _closes(ticket: Ticket) -> bool:
    legs: Iterable[dict[str, Any]] = ticket.legs
    if ticket.kind in _EXIT_TICKETS:
        return True
    return bool(ticket.legs) and all(leg.get("request", {}).get("reduce_only") for leg in legs)


async def _holds(turn: Turn) -> bool:
    """Whether this person has an account here that may have orders and positions."""
    known, _ = await turn.services.linking.list(turn.user.id)
    return any(account.state is not AccountState.PENDING for account in known)


async def _turn_away(turn: Turn, name: str | None) -> bool:
    """A stranger's /start asks the operators; everything else says what is missing."""
    if name == "start" and turn.sender.private:
        await operators.knock(turn)
        return True
    turn.answer_soon()
    await turn.say(operator_view.not_let_in(turn.locale, denied=turn.user.access is Access.DENIED))
    return True


async def _closing_only(turn: Turn) -> bool:
    turn.answer_soon()
    await turn.say(operator_view.closing_only(turn.locale))
    return True
