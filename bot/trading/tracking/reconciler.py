"""Finds out what became of orders whose answer never came, and repairs what a deaf stream missed.

Looks by client id among open orders, then in the order history, then in the fills. Only when a look-up that
began after the signed request had died finds nothing is the order `not placed`; it is never sent again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Final

from bot.domain.orders.order import Fill, OrderEvent, OrderReport
from bot.exchange.backpack import AccountClient, BackpackClient, BackpackError, Unauthorised
from bot.kernel.storage import Database
from bot.kernel.tasks import each
from bot.people import accounts
from bot.people.tables import Account
from bot.trading.account_clients import AccountClients
from bot.trading.execution.submission import Submission
from bot.trading.storage import fills, orders
from bot.trading.storage.tables import Order
from bot.trading.tracking.reports import SKEW_MS, report_of_fills
from bot.trading.tracking.tracker import Tracker, Verdict
from bot.vault import SignerRevoked, VaultError

_log = logging.getLogger(__name__)

# History is written a moment after the engine decided; absence is believed only this long after the deadline.
SETTLE_MS: Final = 2_000
FEE_LATE_MS: Final = 24 * 3_600_000  # a fee missing for longer is asked for no more
SECOND_LOOK_MS: Final = 300_000  # how long a verdict of absence is still compared with the exchange
REFUSALS: Final = 2  # so many in a row, and the user is told that the key is not accepted
REFUSED_PAUSE_MS: Final = 60_000  # between two look-ups with a key that is not accepted
PAGE: Final = 100
MAX_PAGES: Final = 10


class Reconciler:
    """Runs at start, on every stream reconnect and on a timer; one pass at a time."""

    def __init__(
        self,
        database: Database,
        client: BackpackClient,
        clients: AccountClients,
        tracker: Tracker,
        submission: Submission,
        *,
        clock: Callable[[], int],
        settle_ms: int = SETTLE_MS,
    ) -> None:
        self._database = database
        self._client = client
        self._clients = clients
        self._tracker = tracker
        self._submission = submission
        self._clock = clock
        self._settle_ms = settle_ms
        self._pass = asyncio.Lock()
        self._refused: dict[int, tuple[int, int]] = {}  # order -> refusals in a row, when to ask again

    async def run_once(self) -> int:
        """Look up every order in doubt that nobody here is waiting for; returns how many remain."""
        async with self._pass:
            return await self._look_up_all(await self._doubtful())

    async def settle(self, user_id: int, account_id: int | None = None) -> int:
        """Look up what is in doubt with one key, or with all of a user's, now; returns how many remain."""
        await self._look_up_all(await self._doubtful(user_id, account_id))
        async with self._database.read() as session:
            return len(await orders.in_doubt(session, account_id, user_id))

    async def give_up(self, user_id: int, account_id: int | None = None) -> int:
        """Their key is about to go: nobody here will follow its orders any more, and each of them is told so.

        What is in doubt stays so for good; returns how many rest at the exchange.
        """
        async with self._database.read() as session:
            left = await orders.left_open(session, user_id, account_id)
        for order in left:
            await self._tracker.conclude(order.id, Verdict(OrderEvent.KEY_GONE))
        return sum(order.state.is_live for order in left)

    async def _doubtful(self, user_id: int | None = None, account_id: int | None = None) -> list[Order]:
        async with self._database.read() as session:
            found = await orders.in_doubt(session, account_id, user_id)
        return [order for order in found if order.id not in self._submission.in_flight]

    async def _look_up_all(self, doubtful: Sequence[Order]) -> int:
        settled = await each(self._try, doubtful)
        return settled.count(False)

    async def _try(self, order: Order) -> bool:
        refusals, not_before_ms = self._refused.get(order.id, (0, 0))
        if self._clock() < not_before_ms:
            return False
        try:
            settled = await self._resolve(order)
        except SignerRevoked:
            await self._tracker.conclude(order.id, Verdict(OrderEvent.KEY_GONE))
            settled = True
        except Unauthorised as error:
            await self._refuse(order, refusals + 1, error)
            return False
        except (BackpackError, VaultError) as error:
            _log.warning("order %s stays in doubt: %s", order.code, error)
            return False
        self._refused.pop(order.id, None)
        return settled

    async def _refuse(self, order: Order, refusals: int, error: Unauthorised) -> None:
        """Go on asking, for the key may be allowed again, but let its user know."""
        _log.warning("order %s stays in doubt, its key is refused: %s", order.code, error)
        pause_ms = REFUSED_PAUSE_MS if refusals >= REFUSALS else 0
        self._refused[order.id] = refusals, self._clock() + pause_ms
        if refusals >= REFUSALS:
            await self._tracker.key_refused(order.id, error.code, error.message)

    async def _resolve(self, order: Order) -> bool:
        account = await self._clients.look(order.user_id, order.account_id)
        is_dead = await self._is_dead(order)  # asked first: the look-up must begin after the request's death
        if await self._look_up(account, order):
            self._tracker.incomplete.add(order.account_id)  # what came with it was missed as well
            return True
        if not is_dead:
            return False
        # An answer that was a no, though not the engine's, was the truth after all.
        event = OrderEvent.REJECTED if order.error_code else OrderEvent.NOT_FOUND_AFTER_DEADLINE
        await self._tracker.conclude(order.id, Verdict(event, order.error_code, order.error_message))
        return True

    async def _is_dead(self, order: Order) -> bool:
        """Whether the exchange can no longer accept the signed request, by the exchange's own clock."""
        dead_ms = order.deadline_ms + self._settle_ms
        return self._client.now_ms() > dead_ms and await self._client.server_time_ms() > dead_ms

    async def _look_up(self, account: AccountClient, order: Order) -> bool:
        """Take in what the exchange knows of `order`; False when it knows nothing."""
        if order.exchange_id is not None:
            found = await account.find_order(order.symbol, order_id=order.exchange_id)
        else:
            found = await account.find_order(order.symbol, client_id=order.client_id)
        if found is not None and await self._tracker.apply(order.account_id, found):
            return True
        found = await self._in_history(account, order)
        if found is not None and await self._tracker.apply(order.account_id, found):
            return True
        recent = await account.fills(symbol=order.symbol, from_ms=order.timestamp_ms - SKEW_MS, limit=PAGE)
        ours = [fill for fill in recent if _filled_ours(order, fill)]
        await self._tracker.record_fills(order.account_id, ours)
        return bool(ours) and await self._tracker.apply(order.account_id, report_of_fills(order, ours))

    async def _in_history(self, account: AccountClient, order: Order) -> OrderReport | None:
        if order.exchange_id is None:
            if order.client_id is None:
                return None
            return await account.find_past_order(
                order.symbol, order.client_id, since_ms=order.timestamp_ms - SKEW_MS
            )
        rows = await account.order_history(order.symbol, order_id=order.exchange_id)
        return next((row for row in rows if row.exchange_id == order.exchange_id), None)

    async def repair_all(self) -> None:
        """The safety net under the streams: accounts with anything open or missing are compared."""
        now_ms = self._clock()
        async with self._database.read() as session:
            active = await accounts.active(session)
            busy = {order.account_id for order in await orders.open_orders(session)}
            loose = await orders.loose_ends(session, now_ms - FEE_LATE_MS, now_ms - SECOND_LOOK_MS)
            busy |= {order.account_id for order in loose}
        for account in active:
            if account.id not in busy | self._tracker.incomplete:
                continue
            try:
                await self.repair(account)
            except (BackpackError, VaultError) as error:
                _log.warning("account %s could not be compared: %s", account.id, error)

    async def repair(self, account: Account) -> None:
        """After the stream of `account` was deaf: bring orders, their exits and missed fills up to date."""
        line = await self._clients.look(account.user_id, account.id)
        now_ms = self._clock()
        async with self._database.read() as session:
            known = await orders.open_orders(session, account.id)
            since = await fills.latest_ms(session, account.id)
            loose = await orders.loose_ends(
                session, now_ms - FEE_LATE_MS, now_ms - SECOND_LOOK_MS, account.id
            )
        self._tracker.incomplete.discard(account.id)
        since = since or account.verified_ms  # orders of other programs are told too, from the first one on
        begun = [order.timestamp_ms for order in (*known, *loose)] + ([] if since is None else [since])
        try:
            await self._repair_orders(line, account.id, known)
            if begun:
                await self._repair_exits(line, account.id, min(begun) - SKEW_MS)
                await self._repair_fills(line, account.id, min(begun) - SKEW_MS)
        except BackpackError:
            self._tracker.incomplete.add(account.id)
            raise

    async def _repair_orders(self, line: AccountClient, account_id: int, known: Sequence[Order]) -> None:
        asked_us = self._client.now_ms() * 1000
        resting = {report.exchange_id: report for report in await line.open_orders()}
        for report in resting.values():
            await self._tracker.apply(account_id, report, sized_us=asked_us)
        for order in known:
            if order.exchange_id is None or order.exchange_id in resting:
                continue
            ended = await self._in_history(line, order)
            if ended is not None:
                await self._tracker.apply(account_id, ended)

    async def _repair_exits(self, line: AccountClient, account_id: int, since_ms: int) -> None:
        """Exits made and executed while nobody listened: they rest no longer, and nothing here knows them."""
        for report in await line.order_history(limit=PAGE):
            is_recent = report.created_ms is not None and report.created_ms >= since_ms
            if (
                is_recent
                and report.executed
                and report.client_id is None
                and report.trigger_price is not None
            ):
                await self._tracker.apply_exit(account_id, report)

    async def _repair_fills(self, line: AccountClient, account_id: int, since_ms: int) -> None:
        for page in range(MAX_PAGES):
            found = await line.fills(from_ms=since_ms, limit=PAGE, offset=page * PAGE)
            await self._tracker.record_fills(account_id, found)
            if len(found) < PAGE:
                return


def _filled_ours(order: Order, fill: Fill) -> bool:
    if order.exchange_id is not None:
        return fill.exchange_order_id == order.exchange_id
    return fill.client_id is not None and fill.client_id == order.client_id and fill.side is order.side
