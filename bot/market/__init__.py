"""Live market data for everyone who needs it: the list of markets and one market's moment."""

from bot.backpack.wire.markets import Ticker
from bot.market.catalogue import Catalogue, Moment

__all__ = ["Catalogue", "Moment", "Ticker"]
