"""Every module with tables: migrations compare all of them, and a person is erased from all of them."""

from __future__ import annotations

from typing import Final

from bot.app.features import FEATURES
from bot.chat import tables as chat
from bot.intake import tables as intake
from bot.kernel.jobs import tables as jobs
from bot.kernel.storage import operating_tables as operating
from bot.marketdata import tables as marketdata
from bot.notifications import tables as notifications
from bot.people import tables as people
from bot.vault import tables as vault

MODULES: Final = (
    *(chat, intake, jobs, marketdata, notifications, operating, people, vault),
    *(module for feature in FEATURES for module in feature.tables),
)
