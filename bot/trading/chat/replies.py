"""A message that answers one of our cards means what it shows: `close half`, `sl 3%`, `cancel`, `same 2x`.

A card that says nothing, or not enough, changes nothing: the line is read as it stands, and asked about.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from bot.chat.request import Request
from bot.domain.intent import AgainIntent, CancelIntent, CloseIntent, Intent, ProtectIntent, TradeIntent
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.repeat import repeated
from bot.language import Parsed, ParseFailure, canonical
from bot.trading.message_context import MessageContext, MessageContexts

Read = Parsed | ParseFailure

# The button that closes a listed position (`trading.chat.lists`).
_POSITION: Final = re.compile(r"on:(\d+):close ([A-Z0-9_]+_PERP)")


async def bind(request: Request, text: str, result: Read) -> tuple[str, Read] | Refusal:
    """The line and its reading, completed by the card it answers where it lacks what the card knows."""
    offered = [request.read(mend) for mend in result.mends] if isinstance(result, ParseFailure) else [result]
    if request.replied is None or not any(isinstance(one, Parsed) and _lacks(one) for one in offered):
        return text, result
    card = await card_of(request)
    if card is None:
        return text, result
    if isinstance(card, Refusal):
        return card
    if isinstance(result, ParseFailure):
        return text, _with_mends(result, [_completed(request, one, card) for one in offered])
    line = _completed(request, result, card)
    return line if isinstance(line, Refusal) else (line, request.read(line))


def _with_mends(failure: ParseFailure, lines: list[str | Refusal]) -> ParseFailure:
    """The failure with the lines it offers as they are in answer to the card: a button answers nothing."""
    mends = tuple(one for one in lines if isinstance(one, str))
    refusal = replace(failure.refusal, mend=mends[0] if mends else None)
    return replace(failure, refusal=refusal, mends=mends)


def _completed(request: Request, result: Read, card: MessageContext) -> str | Refusal:
    """The line of a reading with what the card knows."""
    if isinstance(result, ParseFailure):
        return result.refusal
    bound: list[str] = []
    for intent in result.intents:
        meant = _bound(request, intent, card)
        if isinstance(meant, Refusal):
            return meant
        bound.append(meant)
    return "; ".join(bound)


async def card_of(request: Request) -> MessageContext | Refusal | None:
    """The card a message answers; None when it answers none that we know."""
    if request.replied is None:
        return None
    services, replied = request.services, request.replied
    found = await services.get(MessageContexts).find(
        request.user.id, request.sender.chat_id, replied.message_id
    )
    if found is not None or not request.sender.private:
        return found
    held = {match.groups() for data in replied.buttons if (match := _POSITION.fullmatch(data))}
    if len(held) != 1:
        return None
    ((account_id, symbol),) = held
    account = await services.get(MessageContexts).label(request.user.id, int(account_id))
    return account if isinstance(account, Refusal) else MessageContext(account, symbol)


def _lacks(result: Parsed) -> bool:
    """Whether a statement names nothing and could take it from a card."""
    return any(
        isinstance(intent, AgainIntent)
        or (isinstance(intent, ProtectIntent) and intent.symbol is None)
        or (isinstance(intent, CloseIntent) and intent.symbol is None and intent.scope is None)
        for intent in result.intents
    )


def cancels(request: Request, text: str) -> bool:
    """Whether an answer to a message of ours is the word cancel alone, in whatever language."""
    if request.replied is None:
        return False
    completed = request.read(f"{text} all")
    return isinstance(completed, Parsed) and completed.intents == (CancelIntent(scope="all"),)


def _bound(request: Request, intent: Intent, card: MessageContext) -> str | Refusal:
    """The statement with what the card knows."""
    if isinstance(intent, AgainIntent):
        return _again(request, intent, card)
    is_close = isinstance(intent, CloseIntent) and intent.symbol is None and intent.scope is None
    if card.symbol is None or not (is_close or (isinstance(intent, ProtectIntent) and not intent.symbol)):
        return canonical(intent)
    assert isinstance(intent, CloseIntent | ProtectIntent)
    return canonical(replace(intent, symbol=card.symbol, account=intent.account or card.account))


def _again(request: Request, change: AgainIntent, card: MessageContext) -> str | Refusal:
    known = request.read(card.line) if card.line is not None else None
    if not isinstance(known, Parsed) or (len(known.intents) > 1 and change != AgainIntent()):
        return Refusal(RefusalCode.NO_CARD)
    lines = [repeated(intent, change) for intent in known.intents]
    return "; ".join(canonical(on_account(one, card.account)) for one in lines if one is not None) or Refusal(
        RefusalCode.NO_CARD
    )


def on_account(intent: Intent, account: str | None) -> Intent:
    """The intent on that account, unless it names one."""
    if isinstance(intent, TradeIntent | CloseIntent | ProtectIntent | CancelIntent):
        return replace(intent, account=intent.account or account)
    return intent
