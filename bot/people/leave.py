"""Whether somebody has leave to send an order: the operator's word and the key, as they are stored now."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Boolean, and_, bindparam, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.people.tables import Access, Account, KeyState, User


class Leave(StrEnum):
    """Who may: everybody, everybody who was not denied, or who was let in."""

    EVERYBODY = "everybody"
    NOT_DENIED = "not-denied"
    LET_IN = "let-in"

    @property
    def binds(self) -> dict[str, bool]:
        """Values of the parameters of `granted`."""
        return {
            "leave_to_all": self is Leave.EVERYBODY,
            "leave_to_new": self is Leave.NOT_DENIED,
        }


_USER: Final[Any] = User.__table__  # type: ignore[attr-defined]
_ACCOUNT: Final[Any] = Account.__table__  # type: ignore[attr-defined]


def granted(user_id: Any, account_id: Any) -> Any:
    """The condition of a statement that has the parameters of `Leave.binds`: the account is linked to the
    user, and the user has leave."""
    let_in = exists().where(
        _USER.c.id == user_id,
        or_(
            _USER.c.access == Access.APPROVED,
            and_(bindparam("leave_to_new", type_=Boolean), _USER.c.access != Access.DENIED),
        ),
    )
    linked = exists().where(
        _ACCOUNT.c.id == account_id,
        _ACCOUNT.c.user_id == user_id,
        _ACCOUNT.c.state != KeyState.UNLINKED,
    )
    return and_(linked, or_(bindparam("leave_to_all", type_=Boolean), let_in))


_GRANTED = select(granted(bindparam("leave_of"), bindparam("leave_on")))


async def has(session: AsyncSession, user_id: int, account_id: int, leave: Leave) -> bool:
    """Whether this user may send an order with this account now."""
    asked = {"leave_of": user_id, "leave_on": account_id, **leave.binds}
    return bool(await session.scalar(_GRANTED, asked))
