"""The one list of features: what is not in it does not exist."""

from __future__ import annotations

from typing import Final

from bot.access import feature as access
from bot.alerts import feature as alerts
from bot.funding import feature as funding
from bot.posts import feature as posts
from bot.preferences import feature as preferences
from bot.rebates import feature as rebates
from bot.trading import feature as trading
from bot.web import feature as web

FEATURES: Final = (
    trading.FEATURE,
    alerts.FEATURE,
    funding.FEATURE,
    posts.FEATURE,
    rebates.FEATURE,
    access.FEATURE,
    preferences.FEATURE,
    web.FEATURE,
)
