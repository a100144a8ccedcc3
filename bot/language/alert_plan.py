"""Reads what comes with an alert: `… then long btc $200`, `… then arm max $500 close btc`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Final

from bot.domain.intent import AlertIntent, CloseIntent, Intent, TradeIntent
from bot.domain.refusal import RefusalCode
from bot.language.faults import Fault, unexpected
from bot.language.leaves import LeafReader

ReadPlan = Callable[[str], Intent]  # one statement of the main grammar; raises `Fault`

_ARM: Final = re.compile(r"(?:go|arm|armed)(?: |$)", re.IGNORECASE)
_CAP: Final = re.compile(r"(?:max|up to) (\$?[\d.,_']+(?:e\d+)?[kmb]?\$?(?: ?usdc?)?)(?: |$)", re.IGNORECASE)
_GO_SIDE: Final = re.compile(r"go (?:long|short)(?!\w)", re.IGNORECASE)


def with_plan(
    intent: AlertIntent, line: str, then: int, read_plan: ReadPlan, reader: LeafReader
) -> AlertIntent:
    """The alert with the order after `then`; `arm` (or `go`) lets it go without a tap, `max` up to that."""
    at = then + (line[then : then + 1] == " ")
    if _GO_SIDE.match(line, at):  # `go long` is a verb, and `go` alone means without asking
        place = (at, at + 2)
        raise unexpected("go", place, "arm", mends=(((*place, "arm"),), ((at, at + 3, ""),)))
    armed = _ARM.match(line, at)
    at = armed.end() if armed else at
    cap = _CAP.match(line, at) if armed else None
    cap_usd = None
    if cap is not None:
        cap_usd = _cap(cap, reader)
        at = cap.end()
    if not line[at:].strip():
        raise unexpected("then", (then - 4, then), "long SOL $200")
    plan = _plan(" " * at + line[at:], intent, read_plan)
    return replace(intent, plan=plan, armed=armed is not None, cap_usd=cap_usd)


def _cap(match: re.Match[str], reader: LeafReader) -> Decimal:
    word = match[1]
    start = match.start(1) + len(word) - len(word.lstrip("$"))
    return reader.number(re.sub(r" ?usdc?$|\$$", "", word.lstrip("$"), flags=re.IGNORECASE), start)


def _plan(padded: str, intent: AlertIntent, read_plan: ReadPlan) -> TradeIntent | CloseIntent:
    try:
        plan = read_plan(padded)
    except Fault as fault:
        symbol = getattr(intent.condition, "symbol", None)
        if fault.code is RefusalCode.MISSING_SYMBOL and symbol is not None:
            end = fault.span[1]
            fault.mends = (((end, end, f" {symbol}"),), *fault.mends)
        raise
    if not isinstance(plan, TradeIntent | CloseIntent):
        start = len(padded) - len(padded.lstrip())
        word = padded[start:].split(" ", 1)[0]
        raise unexpected(word, (start, start + len(word)), "long SOL $200", "close SOL")
    return plan
