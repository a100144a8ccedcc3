"""Parts of the rebate promised to others: who gets which fraction from which month on.

What was said last holds from its month on; zero ends a promise. One fill may belong to a group and to a
person at once, so what both are promised must fit into the whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal, localcontext
from typing import Final

from bot.domain.values import ONE, ZERO
from bot.rebates.model.rebate import CENT, PRECISION, Month

GROUP: Final = "group"
PERSON: Final = "person"
OPERATOR: Final = "operator"


@dataclass(frozen=True, slots=True, order=True)
class Party:
    """Who has a statement; as text `operator`, `group:-100…` or `person:12`."""

    kind: str
    id: int = 0

    def __str__(self) -> str:
        return self.kind if self.kind == OPERATOR else f"{self.kind}:{self.id}"

    @classmethod
    def parse(cls, text: str) -> Party:
        """Raises ValueError."""
        kind, _, number = text.strip().partition(":")
        if kind == OPERATOR and not number:
            return cls(kind)
        if kind not in {GROUP, PERSON} or not number.removeprefix("-").isdecimal() or not number.isascii():
            raise ValueError("give operator, group:ID or person:ID")
        return cls(kind, int(number))


@dataclass(frozen=True, slots=True)
class SharePromise:
    """`rate` is a fraction of the rebate of the party's fills."""

    party: Party
    rate: Decimal
    from_month: Month


def rate_in(promises: Iterable[SharePromise], party: Party, month: Month) -> Decimal:
    """What holds for `party` in `month`; `promises` in the order they were made."""
    rate = ZERO
    for promise in promises:
        if promise.party == party and promise.from_month <= month:
            rate = promise.rate
    return rate


def room_for(promises: Sequence[SharePromise], party: Party, start: Month, end: Month | None) -> Decimal:
    """The largest rate `party` can be promised from `start` to `end` (None: for good), beside the others.

    A fill has at most one group and one person: the highest promise of the other kind is what must fit too.
    """
    others = {promise.party for promise in promises if promise.party.kind != party.kind}
    changes = {promise.from_month for promise in promises if start < promise.from_month}
    months = {start} | {month for month in changes if end is None or month <= end}
    highest = max((rate_in(promises, other, month) for other in others for month in months), default=ZERO)
    return ONE - highest


def share_of(rebate: Decimal, rate: Decimal) -> Decimal:
    """A party's part in whole cents, rounded down: shares together never exceed the rebate."""
    with localcontext(prec=PRECISION):
        return (rebate * rate).quantize(CENT, ROUND_FLOOR)
