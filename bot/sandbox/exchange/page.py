"""The page a newcomer makes an API key on, like the real exchange's Settings → API Keys."""

from __future__ import annotations

from importlib.resources import files

from aiohttp import web

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'"


async def api_keys(request: web.Request) -> web.StreamResponse:
    """`GET /settings/api-keys`"""
    html = files("bot.sandbox.exchange").joinpath("page.html").read_text("utf-8")
    return web.Response(text=html, content_type="text/html", headers={"Content-Security-Policy": _POLICY})
