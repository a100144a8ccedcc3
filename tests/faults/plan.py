"""What a seed stands for: a line to trade, one affliction, and the moments at which the process dies.

Seeds come in groups that share line and affliction. The first of a group runs unkilled and shows how many
steps there are from the Confirm tap to the final message; the others die at moments spread over that range.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

PER_GROUP = 7

MARKET = "long sol $200 5x"
EXITS = "long sol $200 5x sl 3% tp 6%"
SPOT = "buy sol $100"
LIMIT = "long sol $300 at 142"

Rule = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Affliction:
    """What goes wrong besides the kills. Rules as the sandboxes' own doors take them."""

    name: str
    line: str = MARKET
    exchange: tuple[Rule, ...] = ()
    telegram: tuple[Rule, ...] = ()
    clock_offset_ms: int = 0  # of the exchange against this machine
    refuses: bool = False  # the exchange says no for certain: "rejected" is the truth


def _order(action: str, **more: Any) -> Rule:
    """The next order is hit."""
    return {"action": action, "match": {"method": "POST", "path": "/api/v1/order"}, **more}


def _reads(action: str, path: str, times: int, **more: Any) -> Rule:
    return {"action": action, "match": {"method": "GET", "path": path, "times": times}, **more}


def _events(action: str, probability: float = 1) -> Rule:
    return {
        "action": action,
        "match": {"path": "account.orderUpdate", "times": None, "probability": probability},
    }


_NO_LOOK_UP = (
    _reads("status", "/api/v1/order", 3, status=503),
    _reads("drop_before", "/wapi/v1/history/orders", 2),
    _reads("html", "/wapi/v1/history/fills", 2),
    _reads("status", "/api/v1/orders", 2, status=500),
)

AFFLICTIONS = (
    Affliction("nothing else", MARKET),
    Affliction("nothing else, exits attached", EXITS),
    Affliction("nothing else, resting", LIMIT),
    Affliction("nothing else, spot", SPOT),
    Affliction("request lost", MARKET, (_order("drop_before"),)),
    Affliction("answer lost", EXITS, (_order("drop_after"),)),
    Affliction("request slow", EXITS, (_order("delay_before", ms=300),)),
    Affliction("request too late", MARKET, (_order("delay_before", ms=650),), refuses=True),
    Affliction("answer after the client gave up", EXITS, (_order("delay_after", ms=1200),)),
    Affliction("answer twice", LIMIT, (_order("answer_twice"),)),
    Affliction("answer cut", SPOT, (_order("cut_body"),)),
    Affliction("500 before", MARKET, (_order("status", status=500),)),
    Affliction("500 after", EXITS, (_order("status", status=500, when="after"),)),
    Affliction("503 before", LIMIT, (_order("status", status=503),), refuses=True),
    Affliction("503 after", EXITS, (_order("status", status=503, when="after"),)),
    Affliction("429 before", MARKET, (_order("status", status=429, retryAfter=1),), refuses=True),
    Affliction("429 after", LIMIT, (_order("status", status=429, when="after"),)),
    Affliction("TIMEOUT before", SPOT, (_order("status", status=504),)),
    Affliction("TIMEOUT after", MARKET, (_order("status", status=504, when="after"),)),
    Affliction("web page before", MARKET, (_order("html"),)),
    Affliction("web page after", EXITS, (_order("html", when="after"),)),
    Affliction("refused", MARKET, (_order("status", status=400, code="INSUFFICIENT_MARGIN"),), refuses=True),
    Affliction("stream deaf", EXITS, (_events("stream_drop"),)),
    Affliction("stream half deaf", EXITS, (_events("stream_drop", 0.5), _order("drop_after"))),
    Affliction("stream twice", EXITS, (_events("stream_duplicate"),)),
    Affliction("sockets closed", EXITS, ({"action": "close_sockets"}, _order("delay_before", ms=50))),
    Affliction("answer lost, look-ups fail", EXITS, (_order("drop_after"), *_NO_LOOK_UP)),
    Affliction("exchange's clock behind", MARKET, (_order("drop_after"),), clock_offset_ms=-90_000),
    Affliction("exchange's clock ahead", LIMIT, (_order("drop_before"),), clock_offset_ms=90_000),
    Affliction(
        "Telegram delivers, answer lost",
        telegram=({"kind": "drop_answer", "method": "editMessageText", "times": 2},),
    ),
    Affliction(
        "Telegram limits and fails",
        EXITS,
        telegram=(
            {"kind": "429", "method": "editMessageText", "retry_after": 1},
            {"kind": "500", "method": "editMessageText"},
        ),
    ),
    Affliction(
        "Telegram hangs, exchange cuts",
        MARKET,
        (_order("cut_body"), _events("stream_drop", 0.5)),
        ({"kind": "timeout", "method": "editMessageText", "seconds": 2.0},),
    ),
)
SEEDS = len(AFFLICTIONS) * PER_GROUP


@dataclass(frozen=True, slots=True)
class Plan:
    """One run. Fractions are of the steps an unkilled run of the group takes."""

    seed: int
    affliction: Affliction
    fraction: float | None  # where the first process dies; None: it lives
    second_death: int | None = None  # the step, from its start, at which the recovering process dies too
    taps_again: bool = False  # the app sends the tap again after the crash, under a new update id

    @property
    def reference(self) -> int:
        """The unkilled seed of the same group."""
        return self.seed - self.seed % PER_GROUP


def plan_of(seed: int) -> Plan:
    """The same for the same seed, always. Any seed will do: beyond the table it starts over, elsewhere."""
    rng = random.Random(f"faults:{seed}")
    affliction = AFFLICTIONS[seed // PER_GROUP % len(AFFLICTIONS)]
    place = seed % PER_GROUP
    if place == 0:
        return Plan(seed, affliction, None)
    fraction = (place - 1 + rng.random()) / (PER_GROUP - 1)
    second = round(10 ** rng.uniform(1.3, 3.2)) if place % 3 == 2 else None
    return Plan(seed, affliction, fraction, second, taps_again=rng.random() < 0.6)
