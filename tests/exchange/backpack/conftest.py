from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from bot.exchange.backpack import BackpackClient
from tests.exchange.backpack.support import SeedSigner, WireExchange


@pytest.fixture
def signer() -> SeedSigner:
    return SeedSigner()


@pytest.fixture
async def exchange() -> AsyncIterator[WireExchange]:
    wire = WireExchange()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", wire.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    wire.url = f"http://{host}:{port}"
    yield wire
    await runner.cleanup()


@pytest.fixture
async def client(exchange: WireExchange) -> AsyncIterator[BackpackClient]:
    async with exchange.client() as made:
        yield made
