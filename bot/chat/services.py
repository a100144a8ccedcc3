"""What every conversation needs, and a typed way to what the branches made for themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from telegram import Bot

from bot.chat.prompts import Prompts
from bot.kernel.events import Events
from bot.kernel.storage import Database
from bot.marketdata import Catalogue
from bot.notifications.sender import Outbox
from bot.people.access import AccessPolicy
from bot.people.directory import UserDirectory

if TYPE_CHECKING:
    from bot.chat.feature import Features

PartT = TypeVar("PartT")


class PartError(LookupError):
    """A part nobody declares, one that two declare, or one that needs itself to be made."""


@dataclass(frozen=True, slots=True)
class Part(Generic[PartT]):
    """How the one part of a class is made. It may ask for other parts, whoever declares them."""

    kind: type[PartT]
    make: Callable[[Services], PartT]


def given(*parts: object) -> list[Part[Any]]:
    """Parts that are there already, each under its own class."""
    return [Part(type(part), partial(_itself, part)) for part in parts]


def _itself(part: object, _: Services) -> object:
    return part


class Parts:
    """One part of each class, made when it is first asked for. Raises PartError."""

    def __init__(self, declared: Iterable[Part[Any]]) -> None:
        self._declared: dict[type, Part[Any]] = {}
        for part in declared:
            if part.kind in self._declared:
                raise PartError(f"{part.kind.__name__} is declared twice")
            self._declared[part.kind] = part
        self._made: dict[type, object] = {}
        self._making: list[type] = []

    def __contains__(self, kind: type) -> bool:
        return kind in self._declared

    def get(self, kind: type[PartT], services: Services) -> PartT:
        """The part of that class."""
        if kind not in self._made:
            self._made[kind] = self._make(kind, services)
        return cast(PartT, self._made[kind])

    def _make(self, kind: type, services: Services) -> object:
        if kind not in self._declared:
            raise PartError(f"nobody declares {kind.__name__}")
        if kind in self._making:
            raise PartError(f"{kind.__name__} needs itself")
        self._making.append(kind)
        try:
            return self._declared[kind].make(services)
        finally:
            self._making.pop()

    def make_all(self, services: Services) -> None:
        """Make what nobody asked for yet: what cannot be made is found before anything begins."""
        for kind in self._declared:
            self.get(kind, services)


@dataclass(slots=True)
class Services:
    """Made once, by `bot.app.wiring`."""

    bot: Bot
    features: Features  # what the branches do, and by which commands and buttons
    database: Database
    outbox: Outbox
    events: Events
    catalogue: Catalogue
    users: UserDirectory
    prompts: Prompts
    access: AccessPolicy
    clock: Callable[[], int]
    parts: Parts
    background: set[asyncio.Task[None]] = field(default_factory=set)

    def get(self, kind: type[PartT]) -> PartT:
        """The part of that class. Raises PartError where no feature of this program declares it."""
        return self.parts.get(kind, self)

    def find(self, kind: type[PartT]) -> PartT | None:
        """The part of that class; None where no feature of this program declares it."""
        return self.parts.get(kind, self) if kind in self.parts else None

    @property
    def bot_username(self) -> str:
        """Known once Telegram has been asked who this bot is."""
        return self.bot.username
