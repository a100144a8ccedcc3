"""Buttons of orders and positions: a line and where or how it is meant, a page, everything that rests."""

from __future__ import annotations

from dataclasses import dataclass

from bot.people.tables import SizeMeaning
from bot.ui.callback_data import ButtonData


@dataclass(frozen=True, slots=True)
class AccountLineButton(ButtonData):
    """A line that acts on one account, whatever the default."""

    prefix = "on"

    account: int
    line: str


@dataclass(frozen=True, slots=True)
class AlwaysButton(ButtonData):
    """What a bare number means from now on, and the line it stood in, or its token."""

    prefix = "always"

    meaning: SizeMeaning
    line: str


@dataclass(frozen=True, slots=True)
class PositionsButton(ButtonData):
    """A page of the positions of one account; None: of the default."""

    prefix = "pos"

    page: int = 0
    account: int | None = None


@dataclass(frozen=True, slots=True)
class CancelAllButton(ButtonData):
    """Ask about everything that rests on one account; None: on the default."""

    prefix = "cancelall"

    step: str = "ask"
    account: int | None = None
