"""The operator's page as a part of the program: it has no commands of its own but the links to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.dashboard_links import DashboardLinks
from bot.chat.feature import Feature
from bot.chat.services import Part, Services
from bot.rebates.storage import web_pass_tables, web_passes
from bot.rebates.summary import Summaries
from bot.settings import Settings
from bot.web.dashboard import Dashboard
from bot.web.login import Login

if TYPE_CHECKING:
    from bot.web.server import PageServer


def _dashboard(services: Services) -> Dashboard:
    login = Login(services.database, services.access.admins, clock=services.clock)
    public_url = services.get(Settings).dashboard_url
    return Dashboard(login, lambda: _server(services, login, public_url), public_url=public_url)


def _server(services: Services, login: Login, public_url: str | None) -> PageServer:
    from bot.web.pages import Pages
    from bot.web.render import Renderer
    from bot.web.server import PageServer

    pages = Pages(services.database, services.get(Summaries), clock=services.clock)
    return PageServer(login, pages, Renderer(), public_url=public_url)


async def _tidy(session: AsyncSession, now_ms: int) -> None:
    await web_passes.tidy(session, now_ms)


FEATURE: Final = Feature(
    "web",
    parts=(
        Part(Dashboard, _dashboard),
        Part(DashboardLinks, lambda s: DashboardLinks(s.get(Dashboard).link)),
    ),
    tidies=(_tidy,),
    tables=(web_pass_tables,),
)
