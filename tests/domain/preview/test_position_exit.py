"""Exit orders for open positions: on the exchange, reduce-only, on the right side."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from bot.domain.intent import AbsolutePrice, BareSize, PercentOffset, PercentSize, ProtectIntent
from bot.domain.preview.build import build_protect
from bot.domain.preview.preview import Preview, PreviewContext
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import Side
from tests.domain.builders import account, moment, position, spot
from tests.support.present import present

HOLDING = moment(account=account(positions=(position("4", entry="140"),)))  # mark 150


def protected(intent: ProtectIntent, context: PreviewContext = HOLDING) -> Preview:
    outcome = build_protect(intent, context)
    assert isinstance(outcome, Preview), outcome
    return outcome


def test_a_stop_is_a_reduce_only_trigger_for_all_of_it() -> None:
    preview = protected(ProtectIntent("sl", PercentOffset(D(3))))
    assert preview.request.payload() == {
        "symbol": "SOL_USDC_PERP",
        "side": "Ask",
        "orderType": "Market",
        "reduceOnly": True,
        "triggerPrice": "135.8",  # 3 % under the entry at 140
        "triggerBy": "MarkPrice",
        "triggerQuantity": "4",
    }
    assert preview.stop_loss is not None
    assert preview.stop_loss.pnl == D("-4.2") * 4 - 4 * D("135.8") * D("0.0005")
    assert preview.position_after == 0


def test_a_stop_may_lie_in_profit_but_not_beyond_the_mark() -> None:
    assert present(protected(ProtectIntent("sl", AbsolutePrice(D(145)))).stop_loss).pnl > 0
    refusal = build_protect(ProtectIntent("sl", AbsolutePrice(D(155))), HOLDING)
    assert isinstance(refusal, Refusal)
    assert refusal.code is RefusalCode.WRONG_SIDE_STOP
    assert refusal.mend_intent == ProtectIntent("sl", AbsolutePrice(D(145)))


def test_a_short_is_protected_by_buying() -> None:
    context = moment(account=account(positions=(position("-4"),)))
    preview = protected(ProtectIntent("tp", PercentOffset(D(10)), size=PercentSize(D(50))), context)
    assert preview.request.side is Side.BUY
    assert preview.request.trigger_price == D(135)
    assert preview.request.trigger_quantity == D(2)
    assert present(preview.take_profit).pnl > 0


def test_coins_on_spot_are_protected_without_reduce_only() -> None:
    context = moment(spot(), account=account(balances={"SOL": "2"}))
    preview = protected(ProtectIntent("sl", PercentOffset(D(10))), context)
    assert not preview.request.reduce_only
    assert (preview.request.trigger_price, preview.request.trigger_by) == (D(135), "LastPrice")
    assert preview.stop_loss is None  # nobody knows what the coins cost


@pytest.mark.parametrize("context", [moment(), moment(spot())])
def test_nothing_held_is_said(context: PreviewContext) -> None:
    refusal = build_protect(ProtectIntent("sl", PercentOffset(D(3))), context)
    assert isinstance(refusal, Refusal)
    assert refusal.code is RefusalCode.NO_POSITION


def test_a_bare_size_asks_and_a_tiny_one_is_mended() -> None:
    bare = build_protect(ProtectIntent("sl", PercentOffset(D(3)), size=BareSize(D(1))), HOLDING)
    assert isinstance(bare, Refusal)
    assert [choice.code for choice in bare.choices] == ["base", "quote"]
    tiny = build_protect(ProtectIntent("sl", PercentOffset(D(3)), size=PercentSize(D("0.01"))), HOLDING)
    assert isinstance(tiny, Refusal)
    assert isinstance(tiny.mend_intent, ProtectIntent)
    assert protected(tiny.mend_intent).quantity == D("0.01")
