"""The parts of trading, how each is made of others, and which events they hear."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from functools import partial
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.services import Part, Services
from bot.exchange.backpack import BackpackClient
from bot.exchange.backpack.streams import UserStream
from bot.marketdata import Feed
from bot.notifications.events import ChatMigrated
from bot.people.events import AccessEnded, AccountUnlinked, PersonForgotten
from bot.trading.access import stops
from bot.trading.account_clients import AccountClients
from bot.trading.account_snapshots import AccountSnapshots
from bot.trading.account_states import AccountStates
from bot.trading.chat.announcer import ChatAnnouncer
from bot.trading.chat.flatten import panic_teller
from bot.trading.chat.order_list import teller
from bot.trading.events import (
    AccountDisturbed,
    AccountMoved,
    AccountProven,
    OrderAnswered,
    OrderSent,
    OrdersHeard,
    RulesRefused,
    SnapshotWanted,
    StopPromised,
    UserStreamHeard,
    UserStreamSpoke,
)
from bot.trading.execution.cancellation import Cancellation
from bot.trading.execution.executor import Executor
from bot.trading.execution.flatten import Flatten
from bot.trading.execution.order_list import OrderLists
from bot.trading.execution.submission import Submission
from bot.trading.key_health import KeyHealth
from bot.trading.linking import Linking
from bot.trading.message_context import MessageContexts
from bot.trading.previews.cancel_preview import Cancels
from bot.trading.previews.panic import Panics
from bot.trading.previews.preview_builder import PreviewBuilder
from bot.trading.previews.tickets import Tickets
from bot.trading.queries import Queries
from bot.trading.storage import orders, tickets
from bot.trading.terms import TradingTerms
from bot.trading.tracking.exit_monitor import ExitMonitor
from bot.trading.tracking.exit_verification import ExitVerification
from bot.trading.tracking.reconciler import Reconciler
from bot.trading.tracking.stream_pulse import AccountPulses
from bot.trading.tracking.tracker import Tracker
from bot.trading.tracking.user_streams import UserStreams
from bot.trading.watched_accounts import WatchedAccounts
from bot.vault import Vault


def random_client_id() -> int:
    """A uint32 that no order of ours carries; uniqueness is checked when the attempt is written."""
    return secrets.randbelow(2**32 - 2) + 1


def _submission(services: Services) -> Submission:
    terms = services.get(TradingTerms)
    return Submission(
        services.database,
        services.get(BackpackClient),
        services.get(AccountClients),
        services.get(Tracker),
        services.get(ChatAnnouncer),
        services.events,
        clock=services.clock,
        new_client_id=random_client_id,
        window_ms=terms.window_ms,
        broker_id=terms.broker_id,
        access=services.access,
    )


def _reconciler(services: Services) -> Reconciler:
    return Reconciler(
        services.database,
        services.get(BackpackClient),
        services.get(AccountClients),
        services.get(Tracker),
        services.get(Submission),
        clock=services.clock,
    )


def _user_streams(services: Services) -> UserStreams:
    client, url = services.get(BackpackClient), services.get(TradingTerms).stream_url
    return UserStreams(
        services.database,
        services.get(Vault),
        services.get(Tracker),
        services.get(Reconciler),
        services.get(KeyHealth),
        services.events,
        open_stream=lambda signer, opening: UserStream(url, signer, now_ms=client.now_ms, opening=opening),
        clock_was_off=client.clock_was_off,
    )


def _linking(services: Services) -> Linking:
    return Linking(
        services.database,
        services.get(Vault),
        services.get(AccountClients),
        services.get(Reconciler),
        services.events,
        clock=services.clock,
    )


def _snapshots(services: Services) -> AccountSnapshots:
    return AccountSnapshots(
        services.database,
        services.get(AccountClients),
        services.get(KeyHealth),
        services.events,
        wanted=services.get(WatchedAccounts),
        now_ms=services.get(BackpackClient).now_ms,
    )


def _pulses(services: Services) -> AccountPulses:
    return AccountPulses(
        services.database,
        services.get(AccountClients),
        services.get(Reconciler),
        services.events,
        wanted=services.get(WatchedAccounts),
        renew=services.get(UserStreams).renew,
    )


def _account_states(services: Services) -> AccountStates:
    streams = services.get(UserStreams)
    return AccountStates(
        services.get(AccountClients),
        services.catalogue,
        services.get(Feed),
        is_live=lambda account_id: account_id in streams.connected,
        now_ms=services.get(BackpackClient).now_ms,
    )


def _exit_verification(services: Services) -> ExitVerification:
    return ExitVerification(
        services.database,
        services.get(AccountClients),
        services.get(Tracker),
        services.get(ChatAnnouncer),
        clock=services.clock,
    )


def _exit_monitor(services: Services) -> ExitMonitor:
    announcer = services.get(ChatAnnouncer)
    return ExitMonitor(services.database, services.get(AccountClients), announcer, clock=services.clock)


def _queries(services: Services) -> Queries:
    clients, linking = services.get(AccountClients), services.get(Linking)
    return Queries(services.database, services.catalogue, clients, linking)


def _cancellation(services: Services) -> Cancellation:
    return Cancellation(
        services.database,
        services.catalogue,
        services.get(AccountClients),
        services.get(Queries),
        services.get(Tracker),
    )


def _cancels(services: Services) -> Cancels:
    linking, clients = services.get(Linking), services.get(AccountClients)
    return Cancels(services.get(Cancellation), linking, clients, services.catalogue)


def _tickets(services: Services) -> Tickets:
    clients, linking = services.get(AccountClients), services.get(Linking)
    states = services.get(AccountStates)
    return Tickets(
        services.database,
        services.catalogue,
        PreviewBuilder(services.catalogue, clients, linking, states, clock=services.clock),
        services.get(Cancellation),
        access=services.access,
        clock=services.clock,
    )


def _flatten(services: Services) -> Flatten:
    return Flatten(
        services.catalogue,
        services.get(AccountClients),
        services.get(Tracker),
        panic_teller(services),
        clock=services.clock,
    )


def _panics(services: Services) -> Panics:
    clients, linking = services.get(AccountClients), services.get(Linking)
    return Panics(services.database, clients, linking, clock=services.clock)


PARTS: Final = (
    Part(AccountClients, lambda s: AccountClients(s.get(Vault), s.get(BackpackClient))),
    Part(AccountPulses, _pulses),
    Part(AccountSnapshots, _snapshots),
    Part(AccountStates, _account_states),
    Part(Cancellation, _cancellation),
    Part(Cancels, _cancels),
    Part(ChatAnnouncer, lambda s: ChatAnnouncer(s.events, clock=s.clock)),
    Part(Executor, lambda s: Executor(s.database, s.get(Submission), s.events, clock=s.clock)),
    Part(ExitMonitor, _exit_monitor),
    Part(ExitVerification, _exit_verification),
    Part(Flatten, _flatten),
    Part(KeyHealth, lambda s: KeyHealth(s.events)),
    Part(Linking, _linking),
    Part(MessageContexts, lambda s: MessageContexts(s.database)),
    Part(OrderLists, lambda s: OrderLists(s.get(Cancellation), teller(s))),
    Part(Panics, _panics),
    Part(Queries, _queries),
    Part(Reconciler, _reconciler),
    Part(Submission, _submission),
    Part(Tickets, _tickets),
    Part(Tracker, lambda s: Tracker(s.database, s.get(ChatAnnouncer), s.events, clock=s.clock)),
    Part(UserStreams, _user_streams),
    Part(WatchedAccounts, lambda _: WatchedAccounts()),
)


def subscribe(services: Services) -> None:
    """What the parts of trading hear of each other, and of people; and which operations they carry out."""
    executor = services.get(Executor)
    executor.register(services.get(OrderLists))
    executor.register(services.get(Flatten))
    events, streams = services.events, services.get(UserStreams)
    pulses, monitor = services.get(AccountPulses), services.get(ExitMonitor)
    snapshots, states = services.get(AccountSnapshots), services.get(AccountStates)
    events.on_told(RulesRefused, lambda event: services.catalogue.doubt(event.symbol))
    events.on_told(AccountProven, lambda event: streams.watch(event.account))
    events.on_told(OrdersHeard, lambda event: pulses.heard(event.account_id))
    events.on_told(AccountMoved, lambda event: snapshots.moved(event.account_id))
    events.on_told(UserStreamHeard, states.heard)
    events.on_told(OrderSent, states.sent)
    events.on_told(OrderAnswered, states.answered)
    events.on_told(AccountDisturbed, states.disturbed)
    events.on_told(StopPromised, lambda event: monitor.promised(event.account_id, event.symbol))
    events.on_published(UserStreamSpoke, lambda event: monitor.heard(event.account_id, event.event))
    events.on_published(SnapshotWanted, lambda event: snapshots.look(event.account_id))

    async def end_offers(session: AsyncSession, event: AccessEnded) -> None:
        now_ms = services.clock()
        offered = await tickets.on_offer(session, event.user.id, now_ms)
        opening = [ticket.id for ticket in offered if stops(services.access, event.user, ticket)]
        await tickets.end_offers(session, opening, now_ms)

    async def account_unlinked(_: AsyncSession, event: AccountUnlinked) -> None:
        event.afterwards(partial(_part, services, event.account.user_id, [event.account.id]))

    async def person_forgotten(_: AsyncSession, event: PersonForgotten) -> None:
        event.afterwards(partial(_part, services, event.user_id, event.account_ids))

    events.on_written(ChatMigrated, tickets.follow_group)
    events.on_written(ChatMigrated, orders.follow_group)
    events.on_written(AccessEnded, end_offers)
    events.on_written(AccountUnlinked, account_unlinked)
    events.on_written(PersonForgotten, person_forgotten)


async def _part(services: Services, user_id: int, account_ids: Iterable[int]) -> None:
    """What memory still holds of accounts that are gone."""
    services.prompts.drop(user_id)
    for account_id in account_ids:
        await services.get(UserStreams).unwatch(account_id)
