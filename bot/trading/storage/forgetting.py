"""What becomes of tickets when a person is forgotten, or an account unlinked; states by their words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Executable, Table, update


def end_tickets(table: Table, user_id: int, now_ms: int) -> Sequence[Executable]:
    """Nothing on offer, and no words."""
    mine = table.c.user_id == user_id
    blank: dict[str, Any] = {
        "line": "",
        "title": "",
        "legs": [],
        "preview": {},
        "reference_price": None,
        "message_id": None,
    }
    return [
        update(table).where(mine, table.c.state == "offered").values(state="cancelled"),
        update(table).where(mine).values(**blank),
    ]


def end_tickets_of_account(table: Table, account_id: int, now_ms: int) -> Sequence[Executable]:
    """Previews are over, and say so as overdue ones do."""
    mine = table.c.account_id == account_id
    return [
        update(table)
        .where(mine, table.c.state == "offered", table.c.expires_ms > now_ms)
        .values(expires_ms=now_ms),
    ]
