"""What operators hear of the ledger, and what users are asked for it: who referred them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from markupsafe import Markup

from bot.domain.values import HUNDRED
from bot.ui.locale import Locale
from bot.ui.message import Message, button, keyboard, lines

SHOWN: Final = 12  # findings in one message
EXAMPLES: Final = 3
STANDARD: Final = Decimal("0.10")  # the affiliate programme's usual rebate


@dataclass(frozen=True, slots=True)
class FindingLine:
    """A finding as it is recorded: its kind, the day, the account's number, what was found."""

    kind: str
    day: str
    account_id: int
    detail: Mapping[str, Any]


def alarm(locale: Locale, found: Sequence[FindingLine]) -> Message:
    """The ledger and the exchange disagree, or could not be compared."""
    more = locale.text("ledger-more", count=len(found) - SHOWN) if len(found) > SHOWN else None
    text = lines(
        locale.text("ledger-alarm"),
        *(_finding(locale, one) for one in found[:SHOWN]),
        more,
        locale.text("ledger-alarm-next"),
    )
    return Message(text)


def _finding(locale: Locale, line: FindingLine) -> Markup:
    examples = [
        _example(locale, one) for one in (line.detail.get("fills") or line.detail.get("orders") or ())
    ]
    known = locale.has(f"ledger-found-{line.kind}")
    said = locale.text(
        f"ledger-found-{line.kind}" if known else "ledger-found-other",
        account=str(line.account_id),
        day=line.day,
        count=int(line.detail.get("count", 1)),
        kind=line.kind,
    )
    return lines(said, *(locale.text("ledger-example", what=one) for one in examples[:EXAMPLES]))


def _example(locale: Locale, example: Any) -> str:
    """A fill or an order in a few words; what the exchange says comes first."""
    if not isinstance(example, Mapping):
        return str(example)
    said = [str(example[name]) for name in ("symbol", "order") if name in example]
    fields = dict(example.get("fields", {}))
    if "executed" in example:
        fields["volume"] = example["executed"], example["booked"]
    said += [f"{name} {theirs} ≠ {ours}" for name, (theirs, ours) in fields.items()]
    return " · ".join(said)


def referral_question(locale: Locale, *, said: str | None = None) -> Message:
    """Whether somebody referred the user; `said` is `rate:10`, `none` or `unknown` where it was answered."""
    known = None if said is None else _said(locale, said)
    standard = locale.percent(STANDARD * HUNDRED)
    return Message(
        lines(locale.text("referral-question"), known),
        keyboard(
            (
                button(locale, "button-referral-none", "ref:none"),
                button(locale, "button-referral-standard", f"ref:{STANDARD * HUNDRED:f}", rate=standard),
            ),
            (
                button(locale, "button-referral-other", "ref:other"),
                button(locale, "button-referral-unknown", "ref:unknown"),
            ),
        ),
    )


def referral_how(locale: Locale) -> Message:
    """How to give another rate."""
    return Message(locale.text("referral-how"))


def referral_saved(locale: Locale, rate: Decimal | None) -> Message:
    return Message(_said(locale, word(rate)))


def referral_set_by_operator(locale: Locale) -> Message:
    return Message(locale.text("referral-by-operator"))


def affiliate_usage(locale: Locale) -> Message:
    """To an operator whose /affiliate could not be read."""
    return Message(locale.text("affiliate-usage"))


def affiliate_unknown_user(locale: Locale, user_id: int) -> Message:
    return Message(locale.text("affiliate-unknown-user", id=str(user_id)))


def affiliate_set(
    locale: Locale, user_id: int, ranges: Sequence[tuple[Decimal | None, str, str | None]], revised: int
) -> Message:
    """To the operator: which rate holds from which month to which, and how many bookings were revised."""
    rows = [
        locale.text("affiliate-range", rate=_rate(locale, rate), first=first, last=last)
        if last is not None
        else locale.text("affiliate-range-open", rate=_rate(locale, rate), first=first)
        for rate, first, last in ranges
    ]
    return Message(
        lines(
            locale.text("affiliate-set", id=str(user_id)),
            *rows,
            locale.text("affiliate-revised", count=revised) if revised else None,
        )
    )


def affiliate_too_much(locale: Locale, most: Decimal) -> Message:
    """A rate above what the exchange gives away."""
    return Message(locale.text("affiliate-too-much", most=locale.percent(most * HUNDRED)))


def word(rate: Decimal | None) -> str:
    """`unknown`, `none` or `rate:10`."""
    if rate is None:
        return "unknown"
    return f"rate:{rate * HUNDRED:f}" if rate else "none"


def _said(locale: Locale, said: str) -> Markup:
    kind, _, percent = said.partition(":")
    if kind == "rate":
        return locale.text("referral-said-rate", rate=locale.percent(Decimal(percent)))
    return locale.text(f"referral-said-{kind}")


def _rate(locale: Locale, rate: Decimal | None) -> Markup | str:
    return locale.text("affiliate-rate-unknown") if rate is None else locale.percent(rate * HUNDRED)
