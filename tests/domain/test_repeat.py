"""`same` repeats a line; what it says is changed, and a quantity of coins is never carried to other coins."""

from __future__ import annotations

import pytest
from hypothesis import given

from bot.domain.intent import (
    AgainIntent,
    BaseSize,
    CancelIntent,
    CloseIntent,
    Intent,
    PercentOffset,
    PercentSize,
    ProtectIntent,
    QuoteSize,
    TradeIntent,
    Verb,
)
from bot.domain.repeat import repeated
from tests.domain.builders import D
from tests.language import strategies

LONG = TradeIntent(Verb.LONG, "SOL", QuoteSize(D(200)), D(5), stop_loss=PercentOffset(D(3)))
COINS = TradeIntent(Verb.LONG, "SOL", BaseSize(D(2)))
STOP = ProtectIntent("sl", PercentOffset(D(3)), "SOL")


@pytest.mark.slow
@given(strategies.intents)
def test_without_a_change_it_is_the_line_itself(intent: Intent) -> None:
    assert repeated(intent, AgainIntent()) == intent


CASES: list[tuple[Intent, AgainIntent, Intent | None]] = [
    (
        LONG,
        AgainIntent(leverage=D(2)),
        TradeIntent(Verb.LONG, "SOL", LONG.size, D(2), stop_loss=LONG.stop_loss),
    ),
    (COINS, AgainIntent(size=QuoteSize(D(300))), TradeIntent(Verb.LONG, "SOL", QuoteSize(D(300)))),
    (COINS, AgainIntent("BTC"), TradeIntent(Verb.LONG, "BTC")),
    (COINS, AgainIntent("SOL"), COINS),
    (COINS, AgainIntent("BTC", BaseSize(D(1))), TradeIntent(Verb.LONG, "BTC", BaseSize(D(1)))),
    (CloseIntent("SOL"), AgainIntent(size=PercentSize(D(50))), CloseIntent("SOL", size=PercentSize(D(50)))),
    (CloseIntent(scope="all"), AgainIntent("ETH"), CloseIntent("ETH")),
    (CloseIntent("SOL"), AgainIntent(leverage=D(2)), None),
    (STOP, AgainIntent("ETH"), ProtectIntent("sl", STOP.price, "ETH")),
    (STOP, AgainIntent(leverage=D(2)), None),
    (CancelIntent(scope="all"), AgainIntent("SOL"), None),
]


@pytest.mark.parametrize(("line", "change", "wanted"), CASES)
def test_what_is_said_is_changed(line: Intent, change: AgainIntent, wanted: Intent | None) -> None:
    assert repeated(line, change) == wanted
