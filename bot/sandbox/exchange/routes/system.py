"""Routes of the tag System."""

from __future__ import annotations

from bot.sandbox.exchange.markets import ASSETS
from bot.sandbox.exchange.routing import Call, Route, Text


def status(call: Call) -> object:
    return {"status": "Ok"}


def ping(call: Call) -> object:
    return Text("pong")


def time(call: Call) -> object:
    return Text(str(call.world.now_ms()))


def wallets(call: Call) -> object:
    chains = sorted({asset.blockchain for asset in ASSETS.values()})
    return [{"blockchain": chain, "address": f"sandbox-{chain.lower()}"} for chain in chains]


ROUTES = (
    Route("GET", "/api/v1/status", status),
    Route("GET", "/api/v1/ping", ping),
    Route("GET", "/api/v1/time", time),
    Route("GET", "/api/v1/wallets", wallets),
)
