"""The right to act: of all processes on one database one is active, the others stand by.

It is a lease on the database's clock. Its owner renews it every second and counts its own time, sleep of the
machine included, from before it asked: what was frozen past the end knows so before it acts. Whatever it has
under way in the database is refused there, by the epoch its transactions prove.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import time
from collections.abc import Callable
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from bot.kernel.storage import Database, leases
from bot.kernel.storage.database import Fence

_log = logging.getLogger(__name__)

NAME: Final = "bot"
LIFE_S: Final = 5.0  # from one renewal: so long after a process was killed another takes over
MARGIN_S: Final = 1.0  # before the end its owner acts no more
RENEW_S: Final = 1.0
LOOK_S: Final = 0.4  # how often a standby tries
FROZEN_MS: Final = (
    2_000  # past the end of a lease, and silent for as long: a transaction that is ended by force
)

_CLOCK: Final[int] = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def since_boot() -> float:
    """Seconds, those in which the machine slept included where the system counts them."""
    return time.clock_gettime(_CLOCK)


class ActiveLease:
    """One process's claim to be the active one. Good for one life: once lost, a new one is needed."""

    def __init__(
        self,
        database: Database,
        *,
        owner: str = "",
        life_s: float | None = None,
        clock: Callable[[], float] = since_boot,
    ) -> None:
        self._database = database
        self._owner = owner or f"{socket.gethostname()}, process {os.getpid()}"
        self._life_s = LIFE_S if life_s is None else life_s
        self._clock = clock
        self._epoch: int | None = None
        self._ends_s = 0.0
        self.lost = asyncio.Event()  # another process is active

    def holds(self) -> bool:
        """Whether this process may act now."""
        return self._clock() < self._ends_s - MARGIN_S * self._life_s / LIFE_S

    async def wait(self, told: Callable[[str], object] = lambda owner: None) -> None:
        """Stand by until this process is the active one. `told` hears each owner that is waited for."""
        seen = ""
        while not await self._taken():
            await asyncio.sleep(LOOK_S)
            with contextlib.suppress(SQLAlchemyError, OSError):  # a server that restarts is waited for
                while (found := await self._found()) is not None and found.left_ms > 0:
                    if found.owner != seen:
                        seen = found.owner
                        told(seen)
                    await asyncio.sleep(LOOK_S)
                if found is not None and found.left_ms < -FROZEN_MS:
                    await self._end_frozen()

    async def _taken(self) -> bool:
        """Whether it is ours now. What the database does not answer is asked again."""
        try:
            return await self._take()
        except (SQLAlchemyError, OSError) as error:
            _log.warning("the lease is not taken: %s", type(error).__name__)
            return False

    async def _end_frozen(self) -> None:
        async with self._database.aside() as session:
            ended = await leases.end_frozen(session, FROZEN_MS)
        if ended:
            _log.warning("%d transactions of a process that is frozen were ended", ended)

    async def keep(self) -> None:
        """Renew it until another process has it. What the database does not answer is asked again."""
        while not self.lost.is_set():
            await asyncio.sleep(RENEW_S * self._life_s / LIFE_S)
            try:
                await self._renew()
            except (SQLAlchemyError, OSError) as error:
                _log.warning("the lease is not renewed: %s", type(error).__name__)

    async def hand_back(self) -> None:
        """Let a standby take over at once. Nothing acts from now on."""
        epoch, self._epoch, self._ends_s = self._epoch, None, 0.0
        if epoch is None:
            return
        try:
            async with self._database.aside() as session:
                await leases.hand_back(session, NAME, epoch)
        except (SQLAlchemyError, OSError) as error:
            _log.warning("the lease runs out by itself: %s", type(error).__name__)

    async def _found(self) -> leases.LeaseHeld | None:
        async with self._database.read() as session:
            return await leases.held(session, NAME)

    async def _take(self) -> bool:
        asked_s = self._clock()
        async with self._database.aside() as session:
            epoch = await leases.take(session, NAME, self._owner, int(self._life_s * 1000))
        if epoch is None:
            return False
        self._epoch = epoch
        self._ends_s = asked_s + self._life_s
        self._database.prove(Fence(NAME, epoch))
        return True

    async def _renew(self) -> None:
        if self._epoch is None:
            return
        asked_s = self._clock()
        async with self._database.aside() as session:
            renewed = await leases.renew(session, NAME, self._epoch, int(self._life_s * 1000))
        if renewed:
            self._ends_s = asked_s + self._life_s
        else:
            self._epoch, self._ends_s = None, 0.0
            self.lost.set()
