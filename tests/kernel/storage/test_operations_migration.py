"""What panics and chains kept on their tickets becomes operations and steps; a downgrade brings it back."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.kernel.storage import Database, migrate
from bot.kernel.storage.columns import dump_json, load_json
from bot.kernel.storage.migrations import downgrade
from tests.support.rows import NOW, an_account

_LEG = {"request": {"symbol": "SOL_USDC_PERP", "side": "Bid", "orderType": "Market"}}
_SEND = {"line": "long sol 1", "legs": [_LEG, _LEG], "cancels": [], "is_replacement": False}
_CANCEL = {"line": "cancel all", "legs": [], "cancels": [], "is_replacement": False}
_LEGS = [_SEND, _CANCEL, _SEND]
_SEEN: dict[str, Any] = {"references": []}

# Kind, legs, preview, whether it was done; then state, data, and each step's word, plan, result and legs.
_FAILED = {"failures": [{"order": {"code": "8F2K"}, "code": None, "message": None}]}
_CASES: list[tuple[tuple[str, list[Any], dict[str, Any], bool], tuple[str, dict[str, Any], list[Any]]]] = [
    (("chain", _LEGS, _SEEN, False), ("running", {}, [])),
    (
        ("chain", _LEGS, _SEEN | {"begun": 1}, False),
        ("running", {}, [("send", {"statement": 0}, {}, [0, 1]), ("cancel", {"statement": 1}, {}, [])]),
    ),
    (
        ("chain", _LEGS, _SEEN | {"begun": 2, "cancelled": {"1": _FAILED["failures"]}}, True),
        (
            "done",
            {},
            [
                ("send", {"statement": 0}, {}, [0, 1]),
                ("cancel", {"statement": 1}, _FAILED, []),
                ("send", {"statement": 2}, {}, [2, 3]),
            ],
        ),
    ),
    (("panic", [], _SEEN, False), ("running", {}, [])),
    (
        ("panic", [], _SEEN | {"found": {"11": "SOL_USDC"}, "held": {"SOL_USDC_PERP": "1.5"}}, False),
        (
            "running",
            {},
            [
                ("withdraw", {"found": {"11": "SOL_USDC"}, "strategies": []}, {}, []),
                ("close", {"held": {"SOL_USDC_PERP": "1.5"}, "rests": {}}, {}, [0, 1, 2, 3]),
            ],
        ),
    ),
    (("panic", [], _SEEN | {"doubts": [7]}, True), ("done", {"doubts": [7]}, [])),
    (("panic", [], {}, True), ("done", {}, [])),  # of somebody forgotten
]
_TICKET = text(
    "INSERT INTO ticket (token_hash, user_id, chat_id, account_id, kind, line, title, legs, preview, state"
    ", created_ms, expires_ms, claimed_ms, done_ms) VALUES (:hash, :user, 1, :account, :kind, '', '', :legs"
    ", :preview, :state, :now, :now, :claimed, :done) RETURNING id"
)
_ORDER = text(
    "INSERT INTO desk_order (code, ticket_id, leg, user_id, account_id, symbol, base, quote, side, order_type"
    ", role, contingency, client_id, request, state, timestamp_ms, window_ms, deadline_ms, executed"
    ", executed_quote, origin, exits_misses, chat_id, version, created_ms, updated_ms)"
    " VALUES (:code, :ticket, :leg, :user, :account, 'SOL_USDC_PERP', 'SOL', 'USDC', 'Bid', 'Market'"
    ", 'entry', 'none', :client, '{}', 'filled', 1, 1, 1, 0, 0, 'USER', 0, 1, 1, 1, 1)"
)


async def _before(session: AsyncSession) -> list[int]:
    """Tickets of before, four orders each; the last one was never confirmed."""
    account = await an_account(session)
    made = []
    for number, ((kind, legs, preview, is_done), _) in enumerate([*_CASES, (("chain", [], {}, False), None)]):
        is_claimed = number < len(_CASES)
        row = {"hash": bytes([number]), "user": account.user_id, "account": account.id, "kind": kind}
        row |= {"legs": dump_json(legs), "preview": dump_json(preview), "now": NOW}
        row |= {"state": "claimed" if is_claimed else "offered", "claimed": NOW if is_claimed else None}
        ticket = (await session.execute(_TICKET, row | {"done": NOW + 9 if is_done else None})).scalar_one()
        made.append(ticket)
        for leg in range(4 * is_claimed):
            order = {"code": f"C{number}{leg}", "ticket": ticket, "leg": leg, "client": 10 * number + leg + 1}
            await session.execute(_ORDER, order | {"user": account.user_id, "account": account.id})
    return made


def _json(value: Any) -> Any:
    return load_json(value) if isinstance(value, str) else value


async def _operations(session: AsyncSession) -> list[tuple[str, dict[str, Any], list[Any]]]:
    found = []
    for row in (await session.execute(text("SELECT * FROM operation ORDER BY ticket_id"))).mappings().all():
        assert (row["key"], row["created_ms"]) == (f"ticket:{row['ticket_id']}", NOW)
        assert (row["done_ms"] is None) == (row["state"] == "running")
        of = {"id": row["id"]}
        rows = await session.execute(text("SELECT * FROM step WHERE operation_id = :id ORDER BY number"), of)
        steps = []
        for step in rows.mappings().all():
            legs = text("SELECT leg FROM desk_order WHERE step_id = :id ORDER BY leg")
            sent = (await session.execute(legs, {"id": step["id"]})).scalars().all()
            steps.append((step["what"], _json(step["plan"]), _json(step["result"]), list(sent)))
        assert row["steps"] == len(steps)
        found.append((row["state"], _json(row["data"]), steps))
    return found


async def test_what_was_under_way_or_done_is_found_again(empty_database_url: str) -> None:
    await asyncio.to_thread(migrate, empty_database_url, "0011")
    database = Database.open(empty_database_url)
    async with database.write() as session:
        tickets = await _before(session)
    for _ in range(2):
        await asyncio.to_thread(migrate, empty_database_url)
        async with database.read() as session:
            assert await _operations(session) == [wanted for _, wanted in _CASES]
            previews = await session.scalars(text("SELECT preview FROM ticket ORDER BY id"))
            assert all(set(_json(one)) <= {"references"} for one in previews.all())
        await asyncio.to_thread(downgrade, empty_database_url, "0011")
        async with database.read() as session:
            rows = await session.execute(text("SELECT id, preview, done_ms FROM ticket ORDER BY id"))
            known = {row.id: (_json(row.preview), row.done_ms) for row in rows.all()}
        wanted = [(given[2], NOW + 9 if given[3] else None) for given, _ in _CASES]
        assert [known[ticket] for ticket in tickets] == [*wanted, ({}, None)]
    await database.close()
