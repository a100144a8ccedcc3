"""The one door to alerts: made, listed, paused, edited, deleted; replayed; and told late."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.alerts.account_values import Accounts
from bot.alerts.arming import Arming, Made
from bot.alerts.backfill import AlertBackfill
from bot.alerts.backtest import Backtest, Backtests
from bot.alerts.database_input import LOOKED, DatabaseInput
from bot.alerts.decisions import Watched
from bot.alerts.engine import Engine
from bot.alerts.evaluator import Evaluator
from bot.alerts.events import AlertAnnouncer, Fired
from bot.alerts.firing_share import FiringShares
from bot.alerts.firing_writer import FiringWriter
from bot.alerts.gone import Gone
from bot.alerts.loading import load
from bot.alerts.market_input import MarketInput
from bot.alerts.reference_data import ReferenceData
from bot.alerts.resolution import AlertPlace, resolve, watched_of
from bot.alerts.storage import alerts as rows
from bot.alerts.storage.tables import Alert, AlertState
from bot.alerts.trigger import MARK
from bot.domain.accounts.account_snapshot import AccountSnapshot
from bot.domain.alerts.alert import Condition, WhenTrue
from bot.domain.alerts.limits import LIMITS, AlertLimits
from bot.domain.intent import AlertIntent
from bot.domain.markets.market_events import Delisted, IntervalChanged, Listed, MarketEvent, StateChanged
from bot.domain.refusal import Refusal
from bot.exchange.backpack import BackpackClient, BackpackError
from bot.kernel.events import Events
from bot.kernel.storage import Database
from bot.marketdata import Catalogue, Feed
from bot.people.tables import User
from bot.trading.events import AccountMoved, SnapshotWanted
from bot.trading.storage.tables import FillRow

_log = logging.getLogger(__name__)

PREPARE_S: Final = 3_600.0  # extremes of funding move with every settlement
SWEEP_S: Final = 1.0  # deliveries and expiries are looked at this often
FILLS_S: Final = 2.0  # executions another process wrote are looked for this often


class Alerts:
    """Made once by the app. Before `start` nothing is watched."""

    def __init__(
        self,
        database: Database,
        client: BackpackClient,
        feed: Feed,
        catalogue: Catalogue,
        announcer: AlertAnnouncer,
        events: Events,
        *,
        clock: Callable[[], int],
        admits: Callable[[User], bool] = lambda _: True,
        limits: AlertLimits = LIMITS,
    ) -> None:
        self._database = database
        self._feed = feed
        self._unlisten: Callable[[], None] = lambda: None
        self._catalogue = catalogue
        self._clock = clock
        self._now_ms = client.now_ms
        self.evaluator = Evaluator()
        self._shares = FiringShares(limits)
        self._ledger = FiringWriter(database, announcer, self._shares, clock=clock, now_ms=client.now_ms)
        repair = AlertBackfill(client, now_ms=client.now_ms)
        self._events = events
        self.account_states = Accounts(self.evaluator.observe, lambda id_: events.tell(AccountMoved(id_)))
        market_input = MarketInput(self.evaluator, self.account_states, feed.interval)
        self.engine = Engine(
            self.evaluator, market_input, self._ledger, repair, feed, stale=self._reload_soon
        )
        background = partial(
            ReferenceData, client=client, catalogue=catalogue, repair=repair, now_ms=client.now_ms
        )
        self._background = background(self.evaluator)
        self._database_input = DatabaseInput(database, self.evaluator, now_ms=client.now_ms)
        self._gone = Gone(database, announcer)
        self._fills_came = asyncio.Event()
        self._fills_wait = False  # executions were written that an alert may wait for
        self._making = Arming(
            database,
            client,
            feed,
            catalogue,
            self.engine,
            self._background,
            self.account_states,
            look=self._picture,
            clock=clock,
            admits=admits,
            limits=limits,
        )
        self._replays = Backtests(client, catalogue, background, now_ms=client.now_ms)
        self._tasks: set[asyncio.Task[None]] = set()

    # --- life --------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Load what is armed, look up what happened meanwhile, and watch. The feed has been started."""
        await self.engine.start()
        await self._database_input.load()
        kinds = frozenset({Listed, Delisted, StateChanged, IntervalChanged})
        self._unlisten = self._feed.listen(self._on_markets, kinds)
        try:
            markets = await self._catalogue.markets()
        except BackpackError:
            markets = {}
        perps = [market.symbol for market in markets.values() if market.is_perp]
        async with self.engine.turn:  # what people change meanwhile waits until it is known
            found = await load(self._database, self.evaluator, perps)
        for name, seen_ms in found.items():
            self.engine.follow(name, seen_ms)
        self.look_at_markets()  # what leaves in the first second is news as well
        self._spawn(self._prepare())
        self._spawn(self._fill_volumes())
        self._spawn(self._sweep())
        self._spawn(self._judge_fills())

    async def stop(self) -> None:
        """Write what is decided, and end."""
        self._unlisten()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.engine.stop()

    # --- for people --------------------------------------------------------------------------------

    async def create(
        self,
        user: User,
        chat_id: int,
        thread_id: int | None,
        intent: AlertIntent,
        line: str,
        account_id: int | None = None,
        source: str | None = None,
        when: WhenTrue = WhenTrue.ASK,
    ) -> Alert | Refusal:
        """Arm an alert; `line` is the canonical text of `intent`. Raises BackpackError.

        Refused: an unknown market, a condition that holds already, one alert too many, a user who is not let
        in. `account_id` is needed
        by conditions of an account only. `source` names the message or tap that asks for it: the same one
        twice is one alert, the first, in whatever state it is by now.
        """
        return await self._armed(
            await self._making.create(
                user, AlertPlace(chat_id, thread_id), intent, line, account_id, source, when
            )
        )

    async def resolve(self, intent: AlertIntent) -> Condition | Refusal:
        """What would be watched, with the exchange's own symbol. Raises BackpackError."""
        return await resolve(intent.condition, self._catalogue)

    async def edit(
        self,
        alert_id: int,
        user_id: int,
        intent: AlertIntent,
        line: str,
        when: WhenTrue = WhenTrue.ASK,
    ) -> Alert | Refusal | None:
        """Put another condition, other options or another plan into a live alert, armed from now on.

        It stays where it speaks. None: there is no such alert of this user. Raises BackpackError.
        """
        return await self._armed(await self._making.edit(alert_id, user_id, intent, line, when))

    async def list(self, *, user_id: int | None = None, chat_id: int | None = None) -> Sequence[Alert]:
        """Armed and paused alerts of a user, of a chat, or of a user in a chat; oldest first."""
        async with self._database.read() as session:
            return await rows.live(session, user_id=user_id, chat_id=chat_id)

    async def get(self, alert_id: int) -> Alert | None:
        """An alert in whatever state."""
        async with self._database.read() as session:
            return await rows.get(session, alert_id)

    async def pause(self, alert_id: int, user_id: int) -> Alert | None:
        """Stop watching, keep the alert. None: there is no armed alert of this user."""
        return await self._change(alert_id, user_id, {AlertState.ARMED}, state=AlertState.PAUSED)

    async def resume(
        self, alert_id: int, user_id: int, when: WhenTrue = WhenTrue.ASK
    ) -> Alert | Refusal | None:
        """Watch again from now on, as if new: whoever must be asked is refused. Raises BackpackError."""
        return await self._armed(await self._making.resume(alert_id, user_id, when))

    async def delete(self, alert_id: int, user_id: int) -> Alert | None:
        """Forget an alert. None: there is no live alert of this user."""
        return await self._change(alert_id, user_id, set(rows.LIVE), state=AlertState.DELETED)

    async def replay(self, intent: AlertIntent, days: int = 30) -> Backtest | Refusal:
        """When it would have fired in the last `days`. Raises BackpackError."""
        return await self._replays.run(intent, days)

    async def missed(self, user_id: int, since_ms: int) -> Sequence[Fired]:
        """What a user was told late since then, oldest first."""
        async with self._database.read() as session:
            return [Fired(*pair) for pair in await rows.late_firings(session, user_id, since_ms)]

    async def gone(self, ended: Iterable[Alert], account_ids: Iterable[int] = ()) -> None:
        """Somebody ended the rows of these alerts, and unlinked these accounts: memory follows."""
        for account_id in account_ids:
            self.account_states.forget(account_id)
        async with self.engine.turn:
            for alert in ended:
                self.evaluator.remove(watched_of(alert))

    # --- for trading -------------------------------------------------------------------------------

    def account_changed(self, account_id: int, picture: AccountSnapshot) -> None:
        """The desk has read an account anew; until the next time only the marks of its positions move."""
        self.account_states.changed(account_id, picture)
        for symbol in self.account_states.symbols:
            self.engine.follow(f"{MARK}:{symbol}", picture.at_ms)
        self.engine.decided()

    @property
    def accounts(self) -> set[int]:
        """Ids of the accounts somebody has an alert on: of these `account_changed` wants to hear."""
        return self.evaluator.accounts

    async def fill_written(self, session: AsyncSession, fill: FillRow) -> None:
        """An execution is being written: one that no alert waits for is judged in the same transaction."""
        if not await self._database_input.passes_over(session, fill):
            self._fills_wait = True

    def fills_came(self) -> None:
        """Executions are in the database. They are found without this call too, a little later."""
        if self._fills_wait:
            self._fills_wait = False
            self._fills_came.set()

    def key_trouble(self, account_id: int, label: str, reason: str) -> None:
        """The exchange began to refuse the account's key (`reason` is `key`) or its stream (`stream`)."""
        self._database_input.key_trouble(account_id, label, reason)
        self.engine.decided()

    # --- inside ------------------------------------------------------------------------------------

    async def _picture(self, account_id: int) -> None:
        """Read how an account stands."""
        await self._events.publish(SnapshotWanted(account_id))

    async def _armed(self, made: Made) -> Made:
        """What is on an account hears at once how that stands."""
        if isinstance(made, Alert) and made.account_id is not None:
            await self._events.publish(SnapshotWanted(made.account_id))
        return made

    async def _change(
        self, alert_id: int, user_id: int, allowed: set[AlertState], **values: Any
    ) -> Alert | None:
        async with self.engine.turn:
            async with self._database.write() as session:
                alert = (await rows.locked(session, [alert_id])).get(alert_id)
                if alert is None or alert.user_id != user_id or alert.state not in allowed:
                    return None
                before = watched_of(alert)
                await rows.change(session, alert, **values)
            self.evaluator.remove(before)
        return alert

    def _on_markets(self, event: MarketEvent) -> None:
        if isinstance(event, IntervalChanged):
            self.evaluator.placement.learn_interval(event.symbol, event.interval_ms)
            return
        self.look_at_markets()
        # A new perp is among those that conditions on any market watch.
        watches_all = self.evaluator.placement.is_everywhere("funding") or self.evaluator.flips.is_everywhere
        if isinstance(event, Listed) and event.market.is_perp and watches_all:
            self.engine.follow(f"{MARK}:{event.symbol}", event.received_ms)

    def look_at_markets(self) -> None:
        """What the feed's list of markets has become since the last look."""
        if self._database_input.look_at_markets(self._feed.markets):
            self.engine.saw(LOOKED, self._now_ms())
            self.engine.decided()
            gone = self._gone.missing(self._feed.markets, self.engine.followed)
            if gone:
                self._spawn(self._pause_on(gone))

    async def _pause_on(self, symbols: Iterable[str]) -> None:
        """A failure is tried again with the next reading of the list."""
        try:
            async with self.engine.turn:
                for alert in await self._gone.pause(symbols):
                    self.evaluator.remove(watched_of(alert))
        except Exception:
            _log.exception("alerts on markets that are gone could not be paused")

    async def _judge_fills(self) -> None:
        while True:
            self._fills_came.clear()
            try:
                await self._database_input.look_at_fills()
                self.engine.decided()
            except Exception:
                _log.exception("executions could not be judged")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FILLS_S):
                    await self._fills_came.wait()

    def _reload_soon(self, ids: set[int]) -> None:
        self._spawn(self._reload(ids))

    async def _reload(self, ids: set[int]) -> None:
        """Bring memory to what the rows say: another process changed them, or they ended."""
        async with self.engine.turn:
            async with self._database.read() as session:
                found = [await rows.get(session, alert_id) for alert_id in sorted(ids)]
            for alert in found:
                if alert is not None:
                    self._renew(watched_of(alert), alert.state is AlertState.ARMED)

    def _renew(self, watched: Watched, armed: bool) -> None:
        self.evaluator.remove(watched)
        if armed:
            self.evaluator.add(watched)

    async def _prepare(self) -> None:
        """Give loaded conditions what they need beside the feed, and again each day."""
        while True:
            for condition in [*self.evaluator.placement.conditions(), *self.evaluator.flips.conditions()]:
                try:
                    await self._background.prepare(condition)
                except Exception:  # one condition that cannot be prepared leaves the others
                    _log.exception("no background for %s", type(condition).__name__)
            self.engine.decided()
            await asyncio.sleep(PREPARE_S)

    async def _fill_volumes(self) -> None:
        while True:
            try:
                await self._background.fill_volumes()
            except Exception:
                _log.exception("volumes could not be filled")
            self.engine.decided()
            await asyncio.sleep(SWEEP_S)

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_S)
            try:
                self.look_at_markets()
                self.account_states.keep(self.accounts)
                await self._ledger.tell_held()
                await self._sweep_once()
            except Exception:
                _log.exception("a sweep over the alerts failed")

    async def _sweep_once(self) -> None:
        """Deliveries are noted; what expired is ended, unless a gap may still hold its crossing."""
        async with self._database.read() as session:
            if not await rows.has_work(session, self._clock()):
                return
        async with self.engine.turn:
            async with self._database.write() as session:
                await rows.settle_delivered(session)
                ended = await rows.expire(session, self._clock()) if self.engine.is_whole else []
                alerts = await rows.locked(session, ended)
            for alert in alerts.values():
                self.evaluator.remove(watched_of(alert))

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
