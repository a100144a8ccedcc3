"""What trading does by the clock."""

from __future__ import annotations

from typing import Final

from bot.chat.services import Services
from bot.exchange.backpack import BackpackClient
from bot.kernel.jobs import Schedule
from bot.trading.account_snapshots import AccountSnapshots
from bot.trading.account_states import AccountStates
from bot.trading.chat.expired_previews import expire_previews
from bot.trading.execution.executor import Executor
from bot.trading.tracking.exit_monitor import ExitMonitor
from bot.trading.tracking.exit_verification import ExitVerification
from bot.trading.tracking.reconciler import Reconciler
from bot.trading.tracking.stream_pulse import AccountPulses
from bot.trading.tracking.user_streams import UserStreams

RECONCILE_S: Final = 2.0
REPAIR_S: Final = 30.0
EXITS_S: Final = 2.0
SYNC_S: Final = 5.0
PICTURES_S: Final = 1.0
STATES_S: Final = 1.0
RULES_S: Final = 1.0
PULSES_S: Final = 1.0
TURNS_AT_ONCE: Final = 12  # of what asks the exchange: it may keep a turn waiting for 11 s, and no other turn
CLOCK_S: Final = 60.0
EXPIRE_S: Final = 5.0
OPERATIONS_S: Final = 10.0


def schedule(services: Services, jobs: Schedule) -> None:
    """Put trading's work on the schedule."""
    get, reconciler = services.get, services.get(Reconciler)
    jobs.every(RECONCILE_S, "reconcile", reconciler.run_once)
    jobs.every(REPAIR_S, "repair", reconciler.repair_all)
    jobs.every(EXITS_S, "exits", get(ExitVerification).run_once)
    jobs.every(EXITS_S, "stops", get(ExitMonitor).run_once)
    jobs.every(SYNC_S, "sync-keys", get(UserStreams).sync)
    jobs.every(PICTURES_S, "pictures", get(AccountSnapshots).run_once, at_once=TURNS_AT_ONCE)
    jobs.every(STATES_S, "account-states", get(AccountStates).run_once, at_once=TURNS_AT_ONCE)
    jobs.every(RULES_S, "rules", services.catalogue.refresh_rules, at_once=TURNS_AT_ONCE)
    jobs.every(PULSES_S, "pulses", get(AccountPulses).run_once, at_once=TURNS_AT_ONCE)
    jobs.every(CLOCK_S, "clock", get(BackpackClient).refresh_clock)
    jobs.every(EXPIRE_S, "expire-previews", lambda: expire_previews(services))
    jobs.every(OPERATIONS_S, "take-up-operations", get(Executor).take_up)
