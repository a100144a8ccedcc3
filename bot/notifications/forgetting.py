"""What becomes of messages when a person is forgotten. States by their stored words."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Executable, Table, and_, delete, func, not_, or_, select, update

from bot.kernel.storage.forgetting import other


def erase_messages(table: Table, user_id: int, _now_ms: int) -> Sequence[Executable]:
    """What was said in private, in groups by their alerts, and of them to operators.

    What still waits of their orders is their last news, such as that nobody will follow one: it is said,
    then erased (`notifications.outbox_rows.purge`).
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
