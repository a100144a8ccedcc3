"""The sandbox exchange as a server: REST and WebSocket on one loopback port, and the tick that moves prices.

This is the package's composition root; what is served is in `routes`, what it means in `engine`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from functools import partial

from aiohttp import hdrs, web

from bot.sandbox.exchange import page
from bot.sandbox.exchange.admin import Admin
from bot.sandbox.exchange.config import ExchangeConfig
from bot.sandbox.exchange.engine import Engine
from bot.sandbox.exchange.errors import Refused
from bot.sandbox.exchange.faults import Faults
from bot.sandbox.exchange.rest import RestApi, refusal_answer
from bot.sandbox.exchange.routes import ROUTES
from bot.sandbox.exchange.streams import Streams

_MAX_BODY = 256 * 1024
_log = logging.getLogger(__name__)


class SandboxExchange:
    """A Backpack exchange for offline use. `rest_url` and `ws_url` are set by `start`."""

    rest_url: str
    ws_url: str

    def __init__(self, config: ExchangeConfig | None = None) -> None:
        self._config = config or ExchangeConfig()
        self.faults = Faults(self._config.seed)
        self.engine = Engine(self._config)
        self.engine.world.exit_fails = lambda kind, grows: self.faults.strike_exit(kind, grows=grows)
        self.streams = Streams(self._config, self.faults, self.engine)
        self._runner: web.AppRunner | None = None
        self._ticking: asyncio.Task[None] | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen. Raises OSError when the port is taken."""
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        address = self._runner.addresses[0]
        self.rest_url = f"http://{host}:{address[1]}"
        self.ws_url = f"ws://{host}:{address[1]}"
        self._ticking = asyncio.create_task(self._tick())

    async def stop(self) -> None:
        """Close every socket and stop. Safe to call twice."""
        if self._ticking is not None:
            self._ticking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticking
            self._ticking = None
        await self.streams.close_all()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def refuse_connections(self, seconds: float) -> None:
        """Let nobody in for a while, and show out who is not being served."""
        runner = self._runner
        if runner is None or runner.server is None:
            raise RuntimeError("the sandbox exchange is not running")
        host, port = runner.addresses[0][:2]
        await next(iter(runner.sites)).stop()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for connection in runner.server.connections:
                if connection._current_request is None:
                    connection.force_close()
            await asyncio.sleep(0.001)
        await web.TCPSite(runner, host, port).start()

    async def __aenter__(self) -> SandboxExchange:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._config.tick_ms / 1000)
            try:
                self.engine.tick()
                self.streams.tick()
            except Exception:  # one bad tick must not stop the market
                _log.exception("a tick of the sandbox exchange failed")

    def _application(self) -> web.Application:
        app = web.Application(client_max_size=_MAX_BODY, middlewares=[_errors])
        rest = RestApi(self.engine, self.faults)
        for route in ROUTES:
            handler = partial(rest.handle, route)
            if route.method == "GET":
                app.router.add_get(route.path, handler, allow_head=False)
            else:
                app.router.add_route(route.method, route.path, handler)
        app.router.add_routes(Admin(self.engine, self.faults, rest.seen, self.streams.disturb).routes())
        app.router.add_get("/settings/api-keys", page.api_keys)
        app.router.add_get("/", self._root)
        app.router.add_get("/ws", self._root)
        return app

    async def _root(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get(hdrs.UPGRADE, "").lower() != "websocket":
            raise web.HTTPNotFound
        return await self.streams.serve(request)


@web.middleware
async def _errors(request: web.Request, handler: object) -> web.StreamResponse:
    """Whatever the router or aiohttp refuses is refused in the exchange's words."""
    try:
        return await handler(request)  # type: ignore[operator,no-any-return]
    except web.HTTPException as error:
        if error.status < 400:
            raise
        code = {404: "RESOURCE_NOT_FOUND", 405: "INVALID_CLIENT_REQUEST"}.get(
            error.status, "INVALID_CLIENT_REQUEST"
        )
        answer = refusal_answer(Refused(code, error.reason, status=error.status)).response()
        if hdrs.ALLOW in error.headers:
            answer.headers[hdrs.ALLOW] = error.headers[hdrs.ALLOW]
        return answer
    except Exception:
        _log.exception("the sandbox exchange failed to answer %s", request.path)
        return refusal_answer(Refused("SERVER_ERROR", "Internal server error")).response()


async def serve(config: ExchangeConfig | None = None, host: str = "127.0.0.1", port: int = 8890) -> None:
    """Run a sandbox exchange until cancelled."""
    exchange = SandboxExchange(config)
    await exchange.start(host, port)
    try:
        await asyncio.Event().wait()
    finally:
        await exchange.stop()
