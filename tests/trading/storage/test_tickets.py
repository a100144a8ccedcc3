"""A ticket is claimed once, by its user, in time, however many tap at once."""

from __future__ import annotations

import asyncio
import contextlib
import random

import pytest

from bot.kernel.storage import Database, audit
from bot.people import accounts
from bot.people.leave import Leave
from bot.trading.storage import tickets
from bot.trading.storage.tables import Ticket, TicketState
from tests.support.rows import NOW, USER, a_ticket

TOKEN = "a-token"
HASH = tickets.hash_token(TOKEN)


async def claim(database: Database, user_id: int = USER, now_ms: int = NOW) -> bool:
    """As somebody who has read the ticket of the token does, in whatever state it was."""
    async with database.write() as session:
        ticket = await tickets.find(session, HASH)
        assert ticket is not None
        return await tickets.claim(session, ticket, user_id, now_ms, leave=Leave.EVERYBODY) is not None


async def test_fifty_taps_at_once_claim_one_ticket_once(database: Database) -> None:
    async with database.write() as session:
        await a_ticket(session, TOKEN)
    outcomes = await asyncio.gather(*(claim(database, now_ms=NOW + tap) for tap in range(50)))
    assert outcomes.count(True) == 1


async def test_two_processes_claim_one_ticket_once(database: Database, database_url: str) -> None:
    other = Database.open(database_url)
    async with database.write() as session:
        await a_ticket(session, TOKEN)
    outcomes = await asyncio.gather(*(claim(door) for _ in range(15) for door in (database, other)))
    await other.close()
    assert outcomes.count(True) == 1


async def test_claims_of_two_processes_make_one_chain_whatever_fails_between_them(
    database: Database, database_url: str
) -> None:
    """Each claim brings the end it saw; meanwhile others add to the chain, or take their row back."""
    other, dice = Database.open(database_url), random.Random(20261121)
    async with database.write() as session:
        offered = [await a_ticket(session, f"token-{number}") for number in range(24)]

    async def claim_one(door: Database, ticket: Ticket, fails: bool) -> None:
        with contextlib.suppress(ZeroDivisionError):
            async with door.write() as session:
                tail = await tickets.claim(session, ticket, USER, NOW, leave=Leave.EVERYBODY)
                assert tail is not None
                await asyncio.sleep(dice.random() / 100)
                await audit.append(session, NOW, USER, "confirm", {"ticket": ticket.id}, tail)
                if fails:
                    raise ZeroDivisionError

    doors = (database, other)
    await asyncio.gather(*(claim_one(doors[n % 2], ticket, n % 3 == 0) for n, ticket in enumerate(offered)))
    await other.close()
    async with database.read() as session:
        verdict = await audit.verify(session)
        states = [(await tickets.get(session, ticket.id) or ticket).state for ticket in offered]
    assert (verdict.rows, verdict.intact) == (16, True)
    assert states == [TicketState.OFFERED if n % 3 == 0 else TicketState.CLAIMED for n in range(24)]


async def test_a_claimed_ticket_says_so_here_and_in_the_store(database: Database) -> None:
    async with database.write() as session:
        offered = await a_ticket(session, TOKEN, message_id=7)
    async with database.write() as session:
        assert await tickets.claim(session, offered, USER, NOW + 5, leave=Leave.EVERYBODY)
    async with database.read() as session:
        stored = await tickets.find(session, HASH)
    assert stored is not None
    for ticket in (offered, stored):
        assert (ticket.state, ticket.claimed_ms, ticket.message_id) == (TicketState.CLAIMED, NOW + 5, 7)


@pytest.mark.parametrize(
    ("user_id", "now_ms"), [(USER + 1, NOW), (USER, NOW + 60_000)], ids=["another user", "expired"]
)
async def test_nobody_else_and_nothing_late_claims(database: Database, user_id: int, now_ms: int) -> None:
    async with database.write() as session:
        await a_ticket(session, TOKEN)
    assert not await claim(database, user_id, now_ms)
    assert await claim(database)


async def test_a_ticket_of_an_unlinked_account_is_not_claimed(database: Database) -> None:
    async with database.write() as session:
        ticket = await a_ticket(session, TOKEN)
        assert await accounts.unlink(session, USER, ticket.account_id or 0)
    assert not await claim(database)


async def test_a_claim_remembers_which_preview_was_tapped(database: Database) -> None:
    async with database.write() as session:
        claimed = await a_ticket(session, TOKEN, message_id=7)
        unasked = await a_ticket(session, "other", message_id=7)
        assert await tickets.claim(session, claimed, USER, NOW, 8, leave=Leave.EVERYBODY)
        assert await tickets.claim(session, unasked, USER, NOW, leave=Leave.EVERYBODY)
    assert (claimed.message_id, unasked.message_id) == (8, 7)


async def test_a_tap_finds_its_person_and_its_ticket_each_without_the_other(database: Database) -> None:
    async with database.write() as session:
        ticket = await a_ticket(session, TOKEN)
    unknown = tickets.hash_token("unknown")
    async with database.read() as session:
        pairs = [await tickets.tapped(session, *tap) for tap in ((HASH, USER), (HASH, 1), (unknown, USER))]
        assert await tickets.tapped(session, unknown, 1) == (None, None)
    assert [(user and user.id, found and found.id) for user, found in pairs] == [
        (USER, ticket.id),
        (None, ticket.id),
        (USER, None),
    ]


async def test_a_claim_that_rolls_back_leaves_the_ticket_on_offer(database: Database) -> None:
    async with database.write() as session:
        ticket = await a_ticket(session, TOKEN)

    async def claim_and_fail() -> None:
        async with database.write() as session:
            assert await tickets.claim(session, ticket, USER, NOW, leave=Leave.EVERYBODY)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await claim_and_fail()
    assert await claim(database)


async def test_a_closed_ticket_is_not_claimed_and_a_claimed_one_not_closed(database: Database) -> None:
    async with database.write() as session:
        closed = await a_ticket(session, TOKEN)
        other = await a_ticket(session, "other")
        assert await tickets.close_ticket(session, HASH, USER, TicketState.CANCELLED) is not None
        assert not await tickets.claim(session, closed, USER, NOW, leave=Leave.EVERYBODY)
        assert await tickets.claim(session, other, USER, NOW, leave=Leave.EVERYBODY)
        other_hash = tickets.hash_token("other")
        assert await tickets.close_ticket(session, other_hash, USER, TicketState.CANCELLED) is None


async def test_overdue_offers_expire_once(database: Database) -> None:
    async with database.write() as session:
        await a_ticket(session, TOKEN, message_id=7)
        await a_ticket(session, "later", expires_ms=NOW + 90_000, message_id=8)
        assert [row.token_hash for row in await tickets.expire(session, NOW + 60_000)] == [HASH]
        assert await tickets.expire(session, NOW + 60_000) == []


async def test_an_offer_whose_card_is_on_its_way_waits_for_it_to_expire(database: Database) -> None:
    """Else Telegram would show, a moment later, a button nobody ever takes back."""
    async with database.write() as session:
        slow = await a_ticket(session, TOKEN)
        assert await tickets.expire(session, NOW + 60_000) == []
        await tickets.set_message(session, slow.id, 7, "")
        assert [row.message_id for row in await tickets.expire(session, NOW + 60_000)] == [7]
        await a_ticket(session, "never shown")
        assert len(await tickets.expire(session, NOW + 60_000 + tickets.UNSHOWN_MS)) == 1
