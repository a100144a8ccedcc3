"""The rules of tables that need more than a word: tickets and messages. States by their stored words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Executable, Table, and_, delete, func, not_, or_, select, update

from bot.store.forgetting import other


def end_tickets(table: Table, user_id: int, now_ms: int) -> Sequence[Executable]:
    """Nothing on offer, nothing under way, and no words."""
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
        update(table).where(mine, table.c.done_ms.is_(None)).values(done_ms=now_ms),
        update(table).where(mine).values(**blank),
    ]


def end_tickets_of_account(table: Table, account_id: int, now_ms: int) -> Sequence[Executable]:
    """Previews are over, and say so as overdue ones do. A panic ends; a chain ends before its next step."""
    mine = table.c.account_id == account_id
    is_panic = table.c.kind == "panic"
    return [
        update(table)
        .where(mine, table.c.state == "offered", table.c.expires_ms > now_ms)
        .values(expires_ms=now_ms),
        update(table).where(mine, is_panic, table.c.done_ms.is_(None)).values(done_ms=now_ms),
    ]


def erase_messages(table: Table, user_id: int, _now_ms: int) -> Sequence[Executable]:
    """What was said in private, in groups by their alerts, and of them to operators.

    What still waits of their orders is their last news, such as that nobody will follow one: it is said,
    then erased (`outbox.purge`).
    """
    is_said = table.c.state.not_in(("pending", "sending"))
    of_order = func.coalesce(table.c.card_key, "").like("order:%")
    is_idle = and_(table.c.state == "pending", not_(of_order))
    firing = other(table, "firing")
    told = select(firing.c.outbox_id).where(firing.c.user_id == user_id, firing.c.outbox_id.is_not(None))
    of_them = or_(
        table.c.id.in_(told),
        table.c.dedupe_key.like(f"operator:access:{user_id}:%"),
        table.c.dedupe_key.like(f"operator:lost:{user_id}:%"),
    )
    return [
        delete(table).where(table.c.chat_id == user_id, or_(is_said, is_idle)),
        update(table).where(is_said, of_them).values(text="", keyboard=None, photo=None, document=None),
    ]
