"""Long polling by our own loop: every update is looked at alone, and confirmed when it is settled.

The library's own loop reads all updates at once: one it cannot read hides the rest, for good.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence
from typing import Any, Final

import httpx
import msgspec

from bot.intake.arrivals import KINDS, Arrival, Unusable, id_of
from bot.intake.door import Intake

_log = logging.getLogger(__name__)

HOLD_S: Final = 20  # how long Telegram keeps a question open
LIMIT: Final = 100
FIRST_PAUSE_S: Final = 0.5
LONGEST_PAUSE_S: Final = 30.0
POISON_PAUSE_S: Final = 1.0  # when all there is cannot even be confirmed
NEVER_MS: Final = 2**40  # nobody knows how old


class PollingTrouble(Exception):
    """Telegram gave no updates. `pause_s` is what it asked for."""

    def __init__(self, what: str, status: int = 0, pause_s: float = 0.0) -> None:
        super().__init__(what)
        self.status = status
        self.pause_s = pause_s


def _since_boot_s() -> float:
    """Seconds that also count while the machine sleeps or the process is stopped."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Polling:
    """One consumer of a token's updates. `url` is what the names of methods are appended to."""

    def __init__(self, url: str, intake: Intake, *, timeout_s: float) -> None:
        self._url = url
        self._intake = intake
        timeout = httpx.Timeout(timeout_s, read=HOLD_S + timeout_s)
        self._client = httpx.AsyncClient(timeout=timeout)
        self._offset: int | None = None
        self._drained_s: float | None = None  # when Telegram last had nothing left
        self._task: asyncio.Task[None] | None = None

    def start(self, unheard_ms: int | None) -> None:
        """Listen. `unheard_ms` is how long nobody did; None where that is not known."""
        if unheard_ms is not None:
            self._drained_s = _since_boot_s() - unheard_ms / 1000
        self._task = asyncio.create_task(self._run(), name="polling")

    async def stop(self) -> None:
        """Hear no more. Safe to call twice."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def close(self) -> None:
        """Confirm what is settled, as far as Telegram listens."""
        if self._offset is not None:
            with contextlib.suppress(PollingTrouble):
                await self._ask("getUpdates", offset=self._offset, limit=1, timeout=0)
        await self._client.aclose()

    async def _run(self) -> None:
        failures, hooked = 0, True
        while True:
            try:
                if hooked:  # by an earlier run, perhaps: then nobody may poll
                    await self._ask("deleteWebhook")
                    hooked = False
                await self._round()
                failures = 0
            except PollingTrouble as trouble:
                failures += 1
                hooked = hooked or trouble.status == httpx.codes.CONFLICT
                self._complain(trouble, failures)
                pause_s = min(FIRST_PAUSE_S * 2 ** min(failures - 1, 10), LONGEST_PAUSE_S)
                await asyncio.sleep(max(pause_s, trouble.pause_s))
            except Exception:
                failures += 1
                _log.exception("polling stumbled")
                await asyncio.sleep(LONGEST_PAUSE_S if failures > 5 else FIRST_PAUSE_S)

    async def _round(self) -> None:
        """One question, its answer handed over, and each update of it settled."""
        asked_s = _since_boot_s()
        silent_s = NEVER_MS / 1000 if self._drained_s is None else asked_s - self._drained_s
        # After a silence what waited is fetched first: what comes later, while Telegram holds, is fresh.
        hold_s = 0 if silent_s > HOLD_S else HOLD_S
        batch = await self._updates(hold_s)
        late_s = max(0.0, _since_boot_s() - asked_s - hold_s)  # the answer may have lain here as long
        arrivals, numbers = self._take(batch, int((silent_s + late_s) * 1000))
        if len(batch) < LIMIT:
            self._drained_s = _since_boot_s()
            self._intake.record.drained()
        await self._intake.settled(arrivals)
        if numbers:
            self._offset = max(numbers) + 1
        elif not batch:
            self._offset = None  # all is confirmed; a server may begin to count anew
        else:
            await asyncio.sleep(POISON_PAUSE_S)

    def _take(self, batch: Sequence[Any], unknown_ms: int) -> tuple[list[Arrival], list[int]]:
        arrivals, numbers = [], []
        for raw in batch:
            try:
                numbers.append(id_of(raw))
                arrival = self._intake.take(raw, unknown_ms)
            except Unusable:
                self._intake.counters["nameless"] += 1
                _log.error("Telegram brought something that is no update and cannot be confirmed")
                continue
            except Exception as error:  # one that breaks us must not come again for ever
                self._intake.counters["unusable"] += 1
                _log.error("update %d is left out: %s", numbers[-1], type(error).__name__)
                continue
            if arrival is not None:
                arrivals.append(arrival)
        return arrivals, numbers

    async def _updates(self, hold_s: int) -> Sequence[Any]:
        """Raises Trouble."""
        offset = {} if self._offset is None else {"offset": self._offset}
        found = await self._ask("getUpdates", timeout=hold_s, limit=LIMIT, allowed_updates=KINDS, **offset)
        if not isinstance(found, list):
            raise PollingTrouble("an answer that is no list of updates")
        return found

    async def _ask(self, method: str, **parameters: Any) -> Any:
        """The result of a method. Raises Trouble, which never repeats what came."""
        if not self._intake.may_act():  # to ask for the next updates is to confirm the last
            raise PollingTrouble("this process is not the active one")
        try:
            answer = await self._client.post(f"{self._url}/{method}", json=parameters)
        except httpx.HTTPError as error:
            raise PollingTrouble(type(error).__name__) from None
        try:
            body = msgspec.json.decode(answer.content)
        except (msgspec.MsgspecError, RecursionError):
            raise PollingTrouble("an answer that is no JSON", answer.status_code) from None
        if isinstance(body, dict) and body.get("ok") is True and "result" in body:
            return body["result"]
        told = body.get("parameters") if isinstance(body, dict) else None
        after = told.get("retry_after") if isinstance(told, dict) else None
        pause_s = float(min(max(after, 0), 3600)) if isinstance(after, int | float) else 0.0
        raise PollingTrouble("refused", answer.status_code, pause_s)

    def _complain(self, trouble: PollingTrouble, failures: int) -> None:
        if trouble.status == httpx.codes.CONFLICT:
            _log.error("another program polls with this bot token: stop it, one of the two must go")
        elif trouble.status in {httpx.codes.UNAUTHORIZED, httpx.codes.NOT_FOUND}:
            _log.error("Telegram does not know this bot token (any more)")
        else:
            level = logging.ERROR if failures == 10 else logging.WARNING
            _log.log(level, "polling: %s (%s)", trouble, trouble.status or "no answer")
