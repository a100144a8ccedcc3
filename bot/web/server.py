"""The page's little server: which hosts it answers to, what a browser may do with it, and its routes."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import parse_qs, urlsplit

from aiohttp import web
from sqlalchemy.exc import SQLAlchemyError

from bot.kernel.http_server import HttpDoor, body_of
from bot.web.login import COOKIE, SESSION_MS, Login
from bot.web.pages import Pages
from bot.web.render import Page, Renderer

_log = logging.getLogger(__name__)

MAX_BODY: Final = 4 * 1024
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_OWN_FORMS: Final = frozenset({"same-origin", "none"})  # as a browser says where a form was sent from

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class PageServer:
    """Serves the pages to operators; everybody else sees how to get in, and nothing more."""

    def __init__(self, login: Login, pages: Pages, renderer: Renderer, *, public_url: str | None) -> None:
        self.login = login
        self._pages = pages
        self._renderer = renderer
        self._public_url = public_url
        self._hosts = _LOOPBACK | {_name_in(public_url)} if public_url else _LOOPBACK
        self._server: HttpDoor | None = None
        self.address = ""  # on this machine, once it listens

    @property
    def sockets(self) -> int:
        """Connections that are open."""
        return 0 if self._server is None else self._server.sockets

    async def start(self, host: str, port: int) -> None:
        """Listen. Raises OSError when the port is taken."""
        app = web.Application(client_max_size=MAX_BODY, middlewares=[self._guard])
        app.router.add_get("/style.css", self._style)
        app.router.add_get("/favicon.ico", self._nothing)
        app.router.add_get("/enter", self._door)
        app.router.add_post("/enter", self._enter)
        app.router.add_post("/leave", self._leave)
        for path, page in self._pages.routes.items():
            app.router.add_get(path, self._shown(page))
        server = HttpDoor(app)
        await server.open(host, port)
        self._server = server
        self.address = f"http://{f'[{host}]' if ':' in host else host}:{server.port}"

    async def stop(self) -> None:
        """Stop listening. Safe to call twice."""
        if self._server is not None:
            await self._server.close()
        self._server = None

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Whatever is asked, the answer is one of ours, with our headers."""
        try:
            response = await self._answer(request, handler)
        except SQLAlchemyError:
            _log.exception("the dashboard could not read the database")
            response = self._html("trouble.html", Page(await self._pages.locale_of(None)), status=503)
        response.headers.update(_HEADERS)
        return response

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Other names are refused: a page elsewhere must not point its own name at loopback.

        So are its forms: they could take an operator out, or into the session of another.
        """
        if _name_in(f"//{request.host}") not in self._hosts:
            return web.Response(status=421, text="Not served under this name: see DASHBOARD_URL.")
        if request.method == "POST" and request.headers.get("Sec-Fetch-Site", "none") not in _OWN_FORMS:
            return self._html("outside.html", Page(await self._pages.locale_of(None)), status=403)
        try:
            return await handler(request)
        except web.HTTPClientError as error:
            locale = await self._pages.locale_of(await self.login.operator(request))
            return self._html("missing.html", Page(locale), status=error.status)

    def _shown(self, page: Callable[[web.Request, Page], Awaitable[None]]) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            operator = await self.login.operator(request)
            shown = Page(await self._pages.locale_of(operator), path=request.path)
            if operator is None:
                return self._html("outside.html", shown, status=401)
            await page(request, shown)
            return self._html(shown.template, shown)

        return handle

    async def _door(self, request: web.Request) -> web.Response:
        page = Page(await self._pages.locale_of(None), values={"link": request.query.get("pass", "")})
        return self._html("door.html", page)

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        form = parse_qs((await body_of(request)).decode("ascii", "replace"))
        token = await self.login.enter(form.get("pass", [""])[0])
        if token is None:
            return self._html("outside.html", Page(await self._pages.locale_of(None)), status=403)
        response = web.Response(status=303, headers={"Location": "/"})
        response.set_cookie(
            COOKIE,
            token,
            max_age=SESSION_MS // 1000,
            httponly=True,
            samesite="Strict",
            secure=(self._public_url or "").startswith("https://"),
        )
        return response

    async def _leave(self, request: web.Request) -> web.StreamResponse:
        await self.login.leave(request)
        response = self._html("outside.html", Page(await self._pages.locale_of(None)))
        response.del_cookie(COOKIE)
        return response

    async def _nothing(self, _request: web.Request) -> web.Response:
        """Browsers ask for an icon by themselves."""
        return web.Response(status=204)

    async def _style(self, _request: web.Request) -> web.Response:
        return web.Response(text=self._renderer.style, content_type="text/css")

    def _html(self, template: str, page: Page, *, status: int = 200) -> web.Response:
        shown = self._renderer.render(template, page).encode(errors="replace")  # a request may be illegible
        return web.Response(body=shown, content_type="text/html", charset="utf-8", status=status)


def _name_in(url: str) -> str | None:
    """The host a URL names; None when it names none."""
    try:
        return urlsplit(url).hostname or None
    except ValueError:
        return None
