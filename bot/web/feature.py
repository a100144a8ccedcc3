"""The operator's page as a part of the program: it has no commands of its own but the links to it."""

from __future__ import annotations

from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.access.dashboard_links import DashboardLinks
from bot.chat.feature import Feature
from bot.chat.services import Part, Services
from bot.rebates.storage import web_pass_tables, web_passes
from bot.rebates.summary import Summaries
from bot.settings import Settings
from bot.web.login import Login
from bot.web.pages import Pages
from bot.web.render import Renderer
from bot.web.server import Dashboard


def _dashboard(services: Services) -> Dashboard:
    database, clock = services.database, services.clock
    return Dashboard(
        Login(database, services.access.admins, clock=clock),
        Pages(database, services.get(Summaries), clock=clock),
        Renderer(),
        public_url=services.get(Settings).dashboard_url,
    )


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
