"""A party's statement in words. Names are put in place of pseudonyms only here, never in what was signed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from markupsafe import Markup

from bot.domain.values import HUNDRED
from bot.rebates.model.statement import SealedStatement
from bot.ui.locale import Locale
from bot.ui.message import Message, lines

SHOWN: Final = 20  # lines in a chat; the file has them all


def statement(
    locale: Locale,
    sealed: SealedStatement,
    *,
    named: Mapping[str, int] | None = None,
    title: str = "",
    most: int = SHOWN,
) -> Message:
    """`named`: Telegram ids of those who agreed to be named, by pseudonym. `title`: of the group."""
    said = json.loads(sealed.body)
    rows = [_line(locale, line, named or {}) for line in said["lines"][:most]]
    left = len(said["lines"]) - len(rows)
    text = lines(
        locale.text(
            "statement-title",
            number=sealed.number,
            month=sealed.month,
            party=title or _party(locale, sealed.party),
        ),
        locale.text("statement-corrects") if sealed.revision > 1 else None,
        locale.text(
            "statement-volume",
            volume=_usd(locale, said["volume"]),
            fees=_usd(locale, said["fees"]),
            fills=said["fills"],
        ),
        locale.text("statement-rebate", tier=said["tier"], rebate=_usd(locale, said["rebate"])),
        _amount(locale, said),
        *(["", *rows] if rows else []),
        locale.text("statement-more", count=left) if left else None,
        "",
        locale.text("statement-signed", hash=sealed.hash.hex()[:16]),
    )
    return Message(text)


def names_in(sealed: SealedStatement) -> set[str]:
    """The pseudonyms a statement names."""
    return {line["who"] for line in json.loads(sealed.body)["lines"]}


def _party(locale: Locale, party: str) -> str:
    return locale.plain("statement-operator") if party == "operator" else party


def _amount(locale: Locale, said: Mapping[str, Any]) -> Markup:
    amount = _usd(locale, said["amount"])
    if "share" not in said:
        return locale.text("statement-kept", amount=amount)
    rate = locale.percent(Decimal(said["share"]) * HUNDRED)
    return locale.text("statement-share", rate=rate, amount=amount)


def _line(locale: Locale, line: Mapping[str, Any], named: Mapping[str, int]) -> Markup:
    who, amount = line["who"], _usd(locale, line["amount"])
    if "volume" not in line:
        return locale.text("statement-line-party", who=who, amount=amount)
    shown = locale.text("statement-named", who=who, id=str(named[who])) if who in named else who
    volume, fees = _usd(locale, line["volume"]), _usd(locale, line["fees"])
    return locale.text("statement-line", who=shown, volume=volume, fees=fees, amount=amount)


def _usd(locale: Locale, text: str) -> str:
    return locale.usd(Decimal(text))


def nobody_to_tell(locale: Locale, sealed: SealedStatement) -> Message:
    """To the operators: the group's owner cannot be written to."""
    return Message(
        locale.text("statement-no-owner", number=sealed.number, month=sealed.month, party=sealed.party)
    )
