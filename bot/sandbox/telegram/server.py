"""The sandbox as a server: Bot API, people's side and chat page on one loopback port.

It refuses any other address, and any request whose Host or Origin is not this machine (DNS rebinding).
"""

from __future__ import annotations

import asyncio
import inspect
import ipaddress
import logging
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from bot.sandbox.telegram.bot_api import BotApi
from bot.sandbox.telegram.call import Call, read_call
from bot.sandbox.telegram.config import TelegramConfig
from bot.sandbox.telegram.errors import BotApiError, Json, bad_request
from bot.sandbox.telegram.faults import ConnectionLost, Faults, OddAnswer
from bot.sandbox.telegram.methods import METHODS
from bot.sandbox.telegram.updates import Updates
from bot.sandbox.telegram.user_api import UserApi, explain

_log = logging.getLogger(__name__)
_PAGE = Path(__file__).parent / "page"
_PAGE_FILES = {file.name for file in _PAGE.iterdir()}
_LARGEST_BODY = 60 * 1024 * 1024
_PAGE_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'"


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    name = host.strip("[]").lower()
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


@web.middleware
async def guard(request: web.Request, handler: Any) -> web.StreamResponse:
    """Refuse a request addressed to another name, or made by a page from elsewhere."""
    origin = request.headers.get("Origin")
    addressed = urlsplit(f"//{request.host}").hostname or ""
    if not is_loopback(addressed) or (origin is not None and urlsplit(origin).netloc != request.host):
        raise web.HTTPForbidden(text="The sandbox answers on loopback names only.")
    answer: web.StreamResponse = await handler(request)
    return answer


class SandboxTelegram:
    """A Telegram for one bot: `url` for the bot, `page_url` for people."""

    def __init__(self, config: TelegramConfig | None = None) -> None:
        self.config = config or TelegramConfig()
        self.url = ""
        self.page_url = ""
        self._api = BotApi(self.config)
        self._faults = Faults()
        self._runner: web.AppRunner | None = None
        self._api.updates.perform = self._answered

    @property
    def updates(self) -> Updates:
        """What waits for the bot."""
        return self._api.updates

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen. Raises ValueError for an address that is not loopback, OSError for a port in use."""
        if not is_loopback(host):
            raise ValueError(f"the Telegram sandbox listens on loopback only, not on {host!r}: use 127.0.0.1")
        app = web.Application(client_max_size=_LARGEST_BODY, middlewares=[guard, explain])
        app.add_routes(UserApi(self._api, self._faults).routes())
        app.router.add_get("/", self._page)
        app.router.add_get("/{name:[a-z]+\\.[a-z]+}", self._page)
        app.router.add_get("/file/bot{token}/{path:.+}", self._download)
        app.router.add_route("*", "/bot{token}/{method}", self._call)
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.5)
        await runner.setup()
        self._runner = runner
        await web.TCPSite(runner, host, port).start()
        bound = runner.addresses[0]
        self.url = f"http://{f'[{bound[0]}]' if ':' in bound[0] else bound[0]}:{bound[1]}"
        self.page_url = f"{self.url}/"

    async def stop(self) -> None:
        """Stop listening; the state stays readable in the object."""
        await self._api.updates.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> SandboxTelegram:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def _page(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info.get("name", "index.html")
        if name not in _PAGE_FILES:
            raise web.HTTPNotFound
        headers = {
            "Content-Security-Policy": _PAGE_POLICY,
            "Cache-Control": "no-cache",
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
        }
        return web.FileResponse(_PAGE / name, headers=headers)

    async def _download(self, request: web.Request) -> web.Response:
        stored = self._api.files.at(request.match_info["path"])
        if request.match_info["token"] != self.config.token or stored is None:
            return _refused(BotApiError(404, "Not Found"))
        return web.Response(body=stored.content, content_type="application/octet-stream")

    async def _call(self, request: web.Request) -> web.Response:
        method = request.match_info["method"].lower()
        try:
            if request.match_info["token"] != self.config.token:
                raise BotApiError(401, "Unauthorized")
            if method not in METHODS:
                raise BotApiError(404, "Not Found: method not found")
            return await self._run(await read_call(method, request))
        except BotApiError as refusal:
            return _refused(refusal)
        except OddAnswer as odd:
            return web.Response(status=odd.status, text=odd.body, content_type="application/json")
        except ConnectionLost:
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        except (ValueError, TypeError, KeyError, AttributeError):
            _log.exception("the sandbox could not read a %s call", method)
            return _refused(bad_request("can't parse the request"))

    async def _answered(self, said: Json) -> None:
        """Perform the method a webhook answered with; nobody hears what came of it."""
        call = Call(
            str(said["method"]).lower(), {name: one for name, one in said.items() if name != "method"}
        )
        try:
            if call.method in METHODS:
                await self._run(call)
        except (BotApiError, OddAnswer, ConnectionLost) as refusal:
            _log.info("a %s in a webhook's answer was refused: %s", call.method, refusal)
        except (ValueError, TypeError, KeyError, AttributeError):
            _log.exception("the sandbox could not read a %s in a webhook's answer", call.method)

    async def _run(self, call: Call) -> web.Response:
        fault = self._faults.claim(call.method, call.params.get("chat_id"))
        if fault is not None:
            await fault.before()
        result = METHODS[call.method](self._api, call)
        if inspect.isawaitable(result):
            result = await result
        if fault is not None:
            await fault.after()
        return web.json_response({"ok": True, "result": result})


def _refused(refusal: BotApiError) -> web.Response:
    return web.json_response(refusal.answer(), status=refusal.code)


async def serve(config: TelegramConfig, host: str = "127.0.0.1", port: int = 0) -> None:
    """Run until cancelled, saying where; for `rucksack sandbox telegram`. Raises as `start` does."""
    sandbox = SandboxTelegram(config)
    await sandbox.start(host, port)
    print(f"Telegram sandbox: Bot API {sandbox.url}/bot<token>/, chat page {sandbox.page_url}", flush=True)  # noqa: T201
    try:
        await asyncio.Event().wait()
    finally:
        await sandbox.stop()
