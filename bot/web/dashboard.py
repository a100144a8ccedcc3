"""The operator's page, whether it listens or not: its server is imported only when it is to listen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from bot.web.login import Login

if TYPE_CHECKING:
    from bot.web.server import PageServer


class Dashboard:
    """`made` makes the server. Whoever may come is let in by a link."""

    def __init__(self, login: Login, made: Callable[[], PageServer], *, public_url: str | None) -> None:
        self._login = login
        self._made = made
        self._public_url = public_url
        self._server: PageServer | None = None

    @property
    def url(self) -> str | None:
        """Where people reach it, without a slash at the end; None while it does not listen."""
        return None if self._server is None else (self._public_url or self._server.address).rstrip("/")

    async def link(self, operator: int) -> str | None:
        """A fresh address that lets an operator in once; None while the page does not listen."""
        return None if self.url is None else f"{self.url}/enter?pass={await self._login.invite(operator)}"

    async def start(self, host: str, port: int) -> None:
        """Listen. Raises OSError when the port is taken."""
        server = self._made()
        await server.start(host, port)
        self._server = server

    async def stop(self) -> None:
        """Stop listening. Safe to call twice."""
        if self._server is not None:
            await self._server.stop()
        self._server = None
