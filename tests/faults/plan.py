"""What a seed stands for: a journey, one affliction, and the moments at which the process dies.

Seeds come in groups that share journey and affliction. The first of a group runs unkilled and shows how many
steps there are from the Confirm tap to the final message; the others die at moments spread over that range.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

PER_GROUP = 7


@dataclass(frozen=True, slots=True)
class Journey:
    """What a person does, up to the last tap; what their account holds when they begin."""

    name: str
    line: str
    taps: tuple[str, ...] = ("ok:",)  # what the data of each button begins with; the last one is the Confirm
    positions: tuple[tuple[str, str], ...] = ()  # symbol and signed quantity
    resting: tuple[
        tuple[str, str, str], ...
    ] = ()  # symbol, signed quantity, price: orders of another program

    @property
    def flattens(self) -> bool:
        return self.taps[-1] == "flat:"


_HELD = (("SOL_USDC_PERP", "3"), ("BTC_USDC_PERP", "-0.02"), ("ETH_USDC_PERP", "0.5"))
_RESTING = (("SOL_USDC_PERP", "1", "140"), ("SOL_USDC", "0.5", "141"), ("BTC_USDC_PERP", "0.01", "60000"))

MARKET = Journey("market", "long sol $200 5x")
EXITS = Journey("exits", "long sol $200 5x sl 3% tp 6%")
SPOT = Journey("spot", "buy sol $100")
LIMIT = Journey("limit", "long sol $300 at 142")
CLOSE_ALL = Journey("close-all", "close all", positions=_HELD)
PANIC = Journey("panic", "/panic", ("panic:ask", "flat:"), _HELD, _RESTING)
CHAIN = Journey("chain", "long sol $100; buy sol $50; short eth $50")
JOURNEYS = {journey.name: journey for journey in (MARKET, EXITS, SPOT, LIMIT, CLOSE_ALL, PANIC, CHAIN)}

Rule = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Affliction:
    """What goes wrong besides the kills. Rules as the sandboxes' own doors take them."""

    name: str
    journey: Journey = MARKET
    exchange: tuple[Rule, ...] = ()
    telegram: tuple[Rule, ...] = ()
    clock_offset_ms: int = 0  # of the exchange against this machine
    refuses: bool = False  # the exchange says no for certain: "rejected" is the truth
    shuts: bool = False  # from the tap on the exchange lets nobody in for a while

    @property
    def is_none(self) -> bool:
        return not (self.exchange or self.telegram or self.clock_offset_ms or self.shuts)


def _order(action: str, **more: Any) -> Rule:
    """The next order is hit; with `after`, a later one of its ticket."""
    match = {"method": "POST", "path": "/api/v1/order", "after": more.pop("after", 0)}
    return {"action": action, "match": match | {"times": more.pop("times", 1)}, **more}


def _withdrawal(action: str, **more: Any) -> Rule:
    """The next cancelling of all orders of a market is hit."""
    return {"action": action, "match": {"method": "DELETE", "path": "/api/v1/orders"}, **more}


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

_ONE_LEG = (
    Affliction("nothing else", MARKET),
    Affliction("nothing else, exits attached", EXITS),
    Affliction("nothing else, resting", LIMIT),
    Affliction("nothing else, spot", SPOT),
    Affliction("request lost", MARKET, (_order("drop_before"),)),
    Affliction("answer lost", EXITS, (_order("drop_after"),)),
    Affliction("request slow", EXITS, (_order("delay_before", ms=300),)),
    Affliction("request too late", MARKET, (_order("delay_before", ms=1000),), refuses=True),
    Affliction("answer after the client gave up", EXITS, (_order("delay_after", ms=1700),)),
    Affliction("answer late", MARKET, (_order("delay_after", ms=500),)),
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
    Affliction("connection refused", EXITS, shuts=True),
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
_SEVERAL_LEGS = (
    Affliction("nothing else, three legs", CLOSE_ALL),
    Affliction("one answer of three lost", CLOSE_ALL, (_order("drop_after", after=1),)),
    Affliction("one request of three lost", CLOSE_ALL, (_order("drop_before", after=2),)),
    Affliction("answers cut and late", CLOSE_ALL, (_order("cut_body"), _order("delay_after", ms=1700))),
    Affliction(
        "answers twice, stream deaf", CLOSE_ALL, (_order("answer_twice", times=3), _events("stream_drop"))
    ),
    Affliction(
        "503 and 429 after",
        CLOSE_ALL,
        (_order("status", status=503, when="after"), _order("status", status=429, when="after")),
    ),
    Affliction(
        "one leg of three refused",
        CLOSE_ALL,
        (_order("status", status=400, code="TRADING_PAUSED", after=1),),
        refuses=True,
    ),
    Affliction("connection refused, three legs", CLOSE_ALL, shuts=True),
    Affliction("nothing else, panic", PANIC),
    Affliction("panic, one close unanswered", PANIC, (_order("drop_after", after=1),)),
    Affliction("panic, one close slow", PANIC, (_order("delay_before", ms=300),)),
    Affliction("panic, withdrawal unanswered", PANIC, (_withdrawal("drop_after"),)),
    Affliction(
        "panic, withdrawals lost and closes cut", PANIC, (_withdrawal("drop_before"), _order("cut_body"))
    ),
    Affliction("panic, positions unreadable", PANIC, (_reads("status", "/api/v1/position", 8, status=503),)),
    Affliction("panic, connection refused", PANIC, shuts=True),
    Affliction("nothing else, chain", CHAIN),
    Affliction("chain, an answer lost", CHAIN, (_order("drop_after", after=1),)),
    Affliction("chain, a request lost", CHAIN, (_order("drop_before", after=1),)),
    Affliction("chain, one refused", CHAIN, (_order("status", status=400, after=1),), refuses=True),
    Affliction("chain, answers cut and late", CHAIN, (_order("delay_after", ms=500), _order("cut_body"))),
)
AFFLICTIONS = _ONE_LEG + _SEVERAL_LEGS
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


def plain_of(journey: Journey) -> Plan:
    """The seed of a journey in which nothing goes wrong."""
    number = next(n for n, one in enumerate(AFFLICTIONS) if one.journey is journey and one.is_none)
    return plan_of(number * PER_GROUP)
