"""Live market data for everyone who needs it: one feed, the list of markets, one market's moment."""

from bot.backpack.wire.markets import Ticker
from bot.market.catalogue import Catalogue, Moment
from bot.market.feed import Feed
from bot.market.funding import Funding
from bot.market.subscriptions import Stream, Subscription

__all__ = ["Catalogue", "Feed", "Funding", "Moment", "Stream", "Subscription", "Ticker"]
