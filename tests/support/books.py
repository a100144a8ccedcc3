"""Trading in a world and reading what its ledger made of it."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from bot.exchange.backpack import AccountClient, BackpackClient, BrokerTag
from bot.rebates.storage.tables import LedgerFill
from bot.trading.storage.tables import FillRow
from tests.exchange.backpack.support import SeedSigner
from tests.support.world import Person, World


async def rows(world: World, count: int, **where: Any) -> list[LedgerFill]:
    """The ledger, once it has `count` rows."""
    async with asyncio.timeout(10):
        while True:
            async with world.bot.database.read() as session:
                found = list((await session.scalars(select(LedgerFill).order_by(col(LedgerFill.id)))).all())
            if len(found) >= count:
                assert len(found) == count
                return [row for row in found if all(getattr(row, name) == one for name, one in where.items())]
            await asyncio.sleep(0.05)


async def fills(world: World, count: int) -> list[FillRow]:
    """The fills known, once there are so many."""
    async with asyncio.timeout(10):
        while True:
            async with world.bot.database.read() as session:
                found = list((await session.scalars(select(FillRow).order_by(col(FillRow.id)))).all())
            if len(found) >= count:
                return found
            await asyncio.sleep(0.05)


async def places(person: Person, line: str, expect: str = "Filled") -> None:
    preview = await person.says(line, "Account")
    await person.taps("✅", expect, on=preview.id)


async def another_program(world: World, label: str = "Carol") -> AccountClient:
    """A key of somebody else's program for the same account at the exchange."""
    signer = SeedSigner(bytes(31) + b"7")
    body = {"label": label, "publicKey": signer.public_key}
    (await world.admin.post("/sandbox/keys", json=body)).raise_for_status()
    client = BackpackClient(world.exchange.rest_url, BrokerTag(7), clock=world.clock)
    return client.account(signer)


def like(fill: FillRow, trade_id: int) -> FillRow:
    """Another execution like `fill`, not booked."""
    return FillRow(**fill.model_dump(exclude={"id", "trade_id", "booked_ms"}), trade_id=trade_id)
