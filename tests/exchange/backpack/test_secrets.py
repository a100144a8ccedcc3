"""API keys, signatures and the broker key reach the wire and nothing else: no log, repr or traceback."""

from __future__ import annotations

import logging
import traceback
from decimal import Decimal

import hpack
import pytest

from bot.domain.orders.order import OrderRequest
from bot.domain.values import OrderType, Side
from bot.exchange.backpack import BackpackClient, BackpackError, UserStream
from tests.exchange.backpack.support import (
    BROKER,
    ORDER,
    SeedSigner,
    WireExchange,
    hangs_up,
    refuses,
    says,
    says_text,
)

BUY = OrderRequest("SOL_USDC_PERP", Side.BUY, OrderType.MARKET, quantity=Decimal(1))


async def test_nothing_secret_is_told_at_debug_level(
    exchange: WireExchange, client: BackpackClient, signer: SeedSigner, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    account = client.account(signer)
    told: list[str] = []
    replies = [
        says(ORDER),
        hangs_up,
        says_text("<html>no</html>", 502),
        refuses("UNAUTHORIZED", f"key {signer.public_key} under {BROKER.broker_key} is unknown", status=401),
    ]
    for reply in replies:
        exchange.answers(reply)
        prepared = account.prepare_order(BUY, timestamp_ms=client.now_ms(), window_ms=5_000)
        told += [repr(prepared), repr(prepared.request), repr(account), str(prepared)]
        try:
            await account.send(prepared)
        except BackpackError as error:
            told += [repr(error), *traceback.format_exception(error), repr(error.__context__)]
        with pytest.raises(BackpackError):
            await account.summary()
    stream = UserStream(exchange.url.replace("http", "ws"), signer, now_ms=client.now_ms)
    told += [repr(stream), repr(BROKER), repr(client)]

    everything = "\n".join(told) + caplog.text
    assert "/api/v1/order" in everything
    signatures = {seen.headers["X-SIGNATURE"] for seen in exchange.seen if seen.path != "/api/v1/time"}
    assert len(signatures) > len(replies)
    for secret in {signer.public_key, BROKER.broker_key, *signatures}:
        assert secret is not None
        assert secret not in everything


async def test_header_compression_does_not_write_signatures_to_its_debug_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    async with BackpackClient("https://exchange.invalid", BROKER):
        hpack.Encoder().encode([(b"x-signature", b"sig-to-hide")], huffman=False)
    assert "sig-to-hide" not in caplog.text
