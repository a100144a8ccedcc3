"""Live market data for everyone who needs it: one feed, the list of markets, one market's moment."""

from bot.exchange.backpack.wire.markets import Ticker
from bot.marketdata.catalogue import Catalogue, Moment
from bot.marketdata.feed import Feed
from bot.marketdata.funding_history import FundingHistory
from bot.marketdata.subscriptions import Stream, Subscription

__all__ = ["Catalogue", "Feed", "FundingHistory", "Moment", "Stream", "Subscription", "Ticker"]
