"""The table of markets somebody saw last."""

from __future__ import annotations

from typing import ClassVar

from sqlmodel import Field

from bot.kernel.storage.base import Table
from bot.kernel.storage.forgetting import NOBODYS, Forgetting, keeping


class KnownMarket(Table, table=True):
    """A market as it was when somebody last looked at the list; what changes meanwhile is news."""

    __tablename__ = "known_market"
    forgetting: ClassVar[Forgetting] = Forgetting(kept=keeping(NOBODYS, "symbol", "state"))

    symbol: str = Field(primary_key=True)
    state: str  # of its book, as the exchange words it
