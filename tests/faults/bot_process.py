"""One bot in one process that dies for real: the app's own wiring on a faster clock, its steps counted.

A step is one callback of the event loop, that is everything between two awaits. The process kills itself
with SIGKILL before the step it was told to die at.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import mmap
import os
import signal
import ssl
import struct
from asyncio.events import Handle
from dataclasses import asdict, dataclass
from functools import partial, partialmethod
from pathlib import Path
from types import ModuleType
from typing import Any

from httpx._transports import default as httpx_transport
from sqlalchemy.orm import configure_mappers

from bot.alerts.chat.plans import AlertPlans
from bot.app import lease, lifecycle, wiring
from bot.domain.values import Language
from bot.exchange.backpack import BackpackClient
from bot.intake import Arrival, Intake
from bot.language import parse
from bot.notifications import outbox_jobs
from bot.notifications.rate_limits import UNLIMITED
from bot.settings import Settings, load_settings
from bot.telegram import connection
from bot.trading import jobs
from bot.trading.previews import tickets
from bot.trading.tracking import user_streams
from bot.trading.tracking.reconciler import Reconciler
from bot.ui import Locale
from bot.vault import MasterKeys
from tests.faults.plan import JOURNEYS
from tests.faults.points import IN, OUT, Counter, task_of

BROKER_ID = 4242

# On a machine busy with other things everything here lasts longer. The fork server inherits what was found.
_LOAD = os.getloadavg()[0] / (os.cpu_count() or 1)
PACE = float(os.environ.setdefault("FAULTS_PACE", f"{min(max(_LOAD, 1.0), 4.0):.1f}"))

# The production relations on a faster clock: the client gives up after the order's window is over, absence is
# believed only after window + settling, a lease outlives a call to Telegram, a preview outlives its tap.
WINDOW_MS = int(800 * PACE)
CLIENT_TIMEOUT_S = 1.2 * PACE
SETTLE_MS = int(500 * PACE)
RECONCILE_S = 0.25 * PACE
REPAIR_S = 0.8 * PACE
TELEGRAM_TIMEOUT_S = 1.2 * PACE
LEASE_MS = int(2_500 * PACE)
OFFER_LIFE_MS = int(4_000 * PACE)
EXPIRE_S = 0.5 * PACE
STREAM_RETRY_S = 0.3 * PACE
LEASE_S = 2.5 * PACE
LIFE_S = int(150 * PACE)

CONFIRMS = ("ok:", "flat:")
_IMPORTED_LATE = ("httpcore", "anyio._backends._asyncio", "websockets.asyncio.client", "psycopg")
_COUNT = struct.Struct("<q")


@dataclass(frozen=True, slots=True)
class Job:
    """What a bot process is told; plain, for it travels as JSON."""

    rest_url: str
    ws_url: str
    telegram_url: str
    token: str
    database_url: str
    master_key: str
    steps_file: str  # the count of steps, readable after death
    log_file: str
    die_at: int | None = None  # a step
    die_on: dict[str, Any] | None = None  # a point (`points.Point`)
    trace: str | None = None  # a file for the points passed
    armed_by: str = "tap"  # steps are counted from a Confirm, any "message", the "start", a plan's "firing"
    stands_by: bool = False  # one of several: active when no other is
    life_s: int = LIFE_S  # the alarm that ends a process nobody ended

    def plain(self) -> dict[str, Any]:
        return asdict(self)


class Steps:
    """Counts callbacks of the loop into a file, and dies at one of them or at a point it was told.

    With a `trace` every point passed is a line of that file, with the number of its step.
    """

    def __init__(self, job: Job) -> None:
        with Path(job.steps_file).open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _COUNT.size)
        self._die_at = job.die_at
        aim = job.die_on
        self._target = None if aim is None else (aim["key"], aim["nth"], aim["side"])
        self._trace: int | None = None
        if job.trace is not None:
            self._trace = os.open(job.trace, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._points = Counter()
        self._count = 0
        self._armed = False

    def arm(self) -> None:
        self._armed = True

    def watch(self) -> None:
        """Count every callback this process runs from now on, once armed."""
        run = Handle._run
        looks = self._target is not None or self._trace is not None

        def counted(handle: Handle) -> None:
            if not self._armed:
                run(handle)
                return
            self._step()
            task = task_of(handle._callback) if looks else None  # type: ignore[attr-defined]
            if task is not None:
                self._pass(task, OUT)
            run(handle)
            if task is not None and not task.done():
                self._pass(task, IN)

        Handle._run = counted  # type: ignore[method-assign,assignment]

    def _step(self) -> None:
        self._count += 1
        _COUNT.pack_into(self._memory, 0, self._count)
        if self._count == self._die_at:
            _die()

    def _pass(self, task: Any, side: str) -> None:
        point = self._points.at(task, side)
        if (point.key, point.nth, point.side) == self._target:
            _die()
        if self._trace is not None:
            os.write(self._trace, json.dumps({"step": self._count, **point.plain()}).encode() + b"\n")


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def new_count(path: Path) -> Path:
    path.write_bytes(_COUNT.pack(0))
    return path


def count_in(path: Path) -> int:
    """How many steps the process behind `path` has run."""
    return int(_COUNT.unpack(path.read_bytes())[0])


def settings_of(job: Job) -> Settings:
    return load_settings(
        _env_file=None,
        telegram_bot_token=job.token,
        dashboard_port="off",
        telegram_api_url=job.telegram_url,
        telegram_webhook_url=None,
        backpack_api_url=job.rest_url,
        backpack_ws_url=job.ws_url,
        backpack_broker_id=BROKER_ID,
        backpack_broker_key=None,
        database_url=job.database_url,
        admin_user_ids=(1001,),
        order_window_ms=WINDOW_MS,
    )


def hurry() -> None:
    """Put the app's intervals on the faster clock; its wiring stays as it is."""
    _put(jobs, RECONCILE_S=RECONCILE_S, REPAIR_S=REPAIR_S, EXPIRE_S=EXPIRE_S)
    _put(connection, TELEGRAM_TIMEOUT_S=TELEGRAM_TIMEOUT_S)
    # The classes stay what they are: parts are found by them.
    _put(BackpackClient, __init__=partialmethod(BackpackClient.__init__, timeout=CLIENT_TIMEOUT_S))
    _put(Reconciler, __init__=partialmethod(Reconciler.__init__, settle_ms=SETTLE_MS))
    _put(outbox_jobs, LEASE_MS=LEASE_MS)
    _put(tickets, OFFER_LIFE_MS=OFFER_LIFE_MS)
    _put(user_streams, RETRY_S=STREAM_RETRY_S)


def _put(place: ModuleType | type, **values: Any) -> None:
    for name, value in values.items():
        if not hasattr(place, name):
            raise LookupError(f"{place.__name__} has no {name} to hurry")
        setattr(place, name, value)


def warm_up() -> None:
    """Import and build what every bot imports and builds, so that its forks need not."""
    for module in _IMPORTED_LATE:
        importlib.import_module(module)
    for journey in JOURNEYS.values():
        parse(journey.line, language=Language.ENGLISH)
    for language in Language:
        Locale.of(language)
    configure_mappers()
    # Reading the system's certificates takes longer than all else a bot does; here nothing speaks TLS.
    context = ssl.create_default_context()
    httpx_transport.create_ssl_context = lambda *_, **__: context  # type: ignore[attr-defined]


def live(job: Job) -> None:
    """Be the bot until killed. Never returns to the fork server's code."""
    signal.alarm(job.life_s)
    logging.basicConfig(
        filename=job.log_file,
        level=logging.INFO,
        format="%(asctime)s.%(msecs)03d %(process)d %(levelname)s %(name)s: %(message)s",
        datefmt="%H:%M:%S",
        force=True,
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    steps = Steps(job)
    steps.watch()
    if job.armed_by == "start":
        steps.arm()
    elif job.armed_by == "firing":
        _arm_by_firing(steps)
    asyncio.run(_live(job, steps))


def _arm_by_firing(steps: Steps) -> None:
    """Count from within the transaction of the firing on."""
    fired = AlertPlans.fired

    def counted(self: AlertPlans, alert_id: int, sequence: int) -> None:
        steps.arm()
        fired(self, alert_id, sequence)

    AlertPlans.fired = counted  # type: ignore[method-assign]


def _arm_by_arrival(intake: Intake, steps: Steps, by: str) -> None:
    """Count from the moment a Confirm, or the first message, is taken from Telegram on."""
    take = intake.take

    def counted(raw: Any, unknown_ms: int = 0) -> Arrival | None:
        if by == "message" or str(raw.get("callback_query", {}).get("data", "")).startswith(CONFIRMS):
            steps.arm()
        return take(raw, unknown_ms)

    intake.take = counted  # type: ignore[method-assign]


async def _live(job: Job, steps: Steps) -> None:
    if job.stands_by:
        tickets.OFFER_LIFE_MS = 60_000  # type: ignore[misc]
        lease.LIFE_S = LEASE_S  # type: ignore[misc]
        made = partial(wiring.build, settings_of(job), MasterKeys.parse(job.master_key), rates=UNLIMITED)
        await lifecycle.serve(made, lambda owner: None, lambda bot: None)
    bot = wiring.build(settings_of(job), MasterKeys.parse(job.master_key), rates=UNLIMITED)

    _arm_by_arrival(bot.telegram.intake, steps, job.armed_by)
    async with lifecycle.running(bot):
        await asyncio.Event().wait()
