"""Every module with tables: migrations compare all of them, and a person is erased from all of them."""

from bot.alerts.storage import tables as alerts
from bot.chat import tables as chat
from bot.intake import tables as intake
from bot.kernel.jobs import tables as jobs
from bot.kernel.storage import operating_tables as operating
from bot.marketdata import tables as marketdata
from bot.notifications import tables as notifications
from bot.people import tables as people
from bot.posts import tables as posts
from bot.rebates.storage import tables as rebates
from bot.rebates.storage import web_pass_tables as web_passes
from bot.trading.storage import promise_tables as promises
from bot.trading.storage import tables as trading
from bot.vault import tables as vault

MODULES = (
    *(alerts, chat, intake, jobs, marketdata, notifications, operating, people),
    *(posts, promises, rebates, trading, vault, web_passes),
)
