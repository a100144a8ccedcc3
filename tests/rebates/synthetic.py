"""A month of the broker as ledger and exchange saw it, with ten faults put in on purpose.

The amounts are worked out here by the formula alone: fee × share, to the nano-dollar, once for each fill.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal as D
from random import Random

from bot.rebates.model.payout_reconciliation import Cause, Expected, Paid, PayoutTerms
from bot.rebates.model.rebate import CENT, NANO, TIERS, Month, TierStanding

OCTOBER = Month(2026, 10)
TERMS = PayoutTerms(OCTOBER, TIERS[5])
SHARE = D("0.50")
LOWER = D("0.45")  # BKR 4, by which one day was paid
AFFILIATE = D("0.12")  # which the exchange knows of, and we do not
SYMBOLS = ("SOL_USDC_PERP", "BTC_USDC_PERP", "ETH_USDC_PERP", "SOL_USDC")
HOUR = 3_600_000
DAY = 24 * HOUR
START = OCTOBER.start_ms
AFFILIATED, ROUNDED, IN_SOL = 17, 23, 42  # users
CHEAP_DAY = 9  # the one paid by the lower tier
LATE_FROM = OCTOBER.end_ms - 3 * HOUR


def nano(amount: D) -> D:
    return amount.quantize(NANO)


@dataclass
class Synthetic:
    """`truth`: what each fault added to the payout, or took from it."""

    ours: list[Expected] = field(default_factory=list)
    theirs: list[Paid] = field(default_factory=list)
    truth: dict[Cause, D] = field(default_factory=dict)
    orders: set[str] = field(default_factory=set)
    by_cause: dict[Cause, set[str]] = field(default_factory=dict)

    @property
    def paid(self) -> D:
        """What arrives: the lines, in whole cents."""
        return sum((line.rebate for line in self.theirs), D(0)).quantize(CENT)

    def blame(self, cause: Cause, amount: D, order_id: str) -> None:
        if not amount:
            return
        self.truth[cause] = self.truth.get(cause, D(0)) + amount
        self.by_cause.setdefault(cause, set()).add(order_id)


def a_month(seed: int = 2026, users: int = 200, fills: int = 100_000) -> Synthetic:
    """Seeded: the same month every time."""
    luck, month = Random(seed), Synthetic()
    number = 0
    while number < fills:
        order_id, person = str(10_000_000 + number), luck.randrange(users)
        month.orders.add(order_id)
        start_ms = START + luck.randrange(31 * DAY)
        kind = luck.random()
        fate = _fate(luck, person, start_ms)
        standing = TierStanding.EXIT if kind < 0.03 and fate is None else TierStanding.TAGGED
        for at in range(luck.choice((1, 1, 2, 3))):
            fill = _a_fill(luck, order_id, number, person, min(start_ms + at, OCTOBER.end_ms - 1), standing)
            if 0.03 < kind < 0.04 and fate is None:
                fill = replace(fill, fee=nano(-fill.fee / 5), earning=D(0))
            _settle(month, fill, fate)
            number += 1
    return month


def _fate(luck: Random, person: int, at_ms: int) -> Cause | None:
    """What happens to a whole order: at most one thing."""
    if at_ms >= LATE_FROM:
        return Cause.LATE
    if person == AFFILIATED:
        return Cause.AFFILIATE
    if (at_ms - START) // DAY == CHEAP_DAY:
        return Cause.TIER
    if person in {ROUNDED, IN_SOL}:
        return Cause.ROUNDING if person == ROUNDED else Cause.FEE_PRICE
    draws = ((0.001, Cause.UNTAGGED), (0.002, Cause.TWICE), (0.003, Cause.MISSING))
    draw = luck.random()
    return next((cause for below, cause in draws if draw < below), None)


def _a_fill(
    luck: Random, order_id: str, number: int, person: int, at_ms: int, standing: TierStanding
) -> Expected:
    notional = nano(D(luck.randrange(5_000, 300_000)) / 100 * D(luck.randrange(900, 1_100)) / 1_000)
    fee = nano(notional * D(luck.choice((4, 5, 9))) / 10_000)
    return Expected(
        order_id=order_id,
        trade_id=number,
        person=person,
        symbol=luck.choice(SYMBOLS),
        at_ms=at_ms,
        standing=standing,
        notional=notional,
        fee=fee,
        earning=fee if standing is TierStanding.TAGGED else D(0),
        affiliate=(None, D(0), D("0.05"))[person % 3],
    )


def _settle(month: Synthetic, fill: Expected, fate: Cause | None) -> None:
    """Book a fill here, and pay for it there, as its fate has it."""
    share = min(SHARE, D("0.5") - (fill.affiliate or D(0)))
    due, line = nano(fill.earning * share), 2 + len(month.theirs)
    said = Paid(
        line, due, fill.order_id, fill.trade_id, None, fill.symbol, fill.at_ms, fill.notional, fill.fee
    )
    if fate is not Cause.MISSING:
        month.ours.append(fill)
    paid = said
    if fate in {Cause.UNTAGGED, Cause.LATE}:
        month.blame(fate, -due, fill.order_id)
        return
    if fate is Cause.MISSING:
        month.blame(fate, due, fill.order_id)
    elif fate is Cause.TWICE:
        month.theirs.append(replace(said, line=line + 1))
        month.blame(fate, due, fill.order_id)
    elif fate is None:
        paid = _otherwise(month, fill, said, share)
    else:
        paid = _FAULTS[fate](fill, said, share)
        month.blame(fate, paid.rebate - due, fill.order_id)
    month.theirs.append(paid)


def _otherwise(month: Synthetic, fill: Expected, said: Paid, share: D) -> Paid:
    """Exits are counted, and maker rebates taken off."""
    if fill.fee < 0 or fill.standing is TierStanding.EXIT:
        cause = Cause.MAKER_REBATE if fill.fee < 0 else Cause.EXITS
        rebate = nano(fill.fee * share)
        month.blame(cause, rebate, fill.order_id)
        return replace(said, rebate=rebate)
    return said


def _cheaper(fill: Expected, said: Paid, share: D) -> Paid:
    return replace(said, rebate=nano(fill.earning * min(LOWER, share)))


def _affiliated(fill: Expected, said: Paid, share: D) -> Paid:
    return replace(said, rebate=nano(fill.earning * (D("0.5") - AFFILIATE)))


def _rounded(fill: Expected, said: Paid, share: D) -> Paid:
    return replace(said, rebate=said.rebate.quantize(CENT))


def _otherwise_priced(fill: Expected, said: Paid, share: D) -> Paid:
    fee = nano(fill.fee * D("0.985"))
    return replace(said, fee=fee, rebate=nano(fee * share))


_FAULTS: dict[Cause, Callable[[Expected, Paid, D], Paid]] = {
    Cause.TIER: _cheaper,
    Cause.AFFILIATE: _affiliated,
    Cause.ROUNDING: _rounded,
    Cause.FEE_PRICE: _otherwise_priced,
}


def as_csv(lines: list[Paid]) -> Iterator[str]:
    """The exchange's file."""
    yield "Order ID,Trade ID,Symbol,Time,Volume (USD),Fee (USD),Rebate (USD)"
    for line in lines:
        yield (
            f"{line.order_id},{line.trade_id},{line.symbol},{line.at_ms},"
            f"{line.volume:f},{line.fee:f},{line.rebate:f}"
        )
