"""Linked API keys, without what is inside them: the sealed secret belongs to the vault."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.people.tables import Account, KeyState, User

_IS_LINKED = select(col(Account.id)).where(
    col(Account.id) == bindparam("asked"),
    col(Account.user_id) == bindparam("asker"),
    col(Account.state) != KeyState.UNLINKED,
)

USABLE = (KeyState.ACTIVE, KeyState.READ_ONLY)

_USABLE_OF = (
    select(Account, col(User.default_account_id))
    .outerjoin(User, col(User.id) == col(Account.user_id))
    .where(col(Account.user_id) == bindparam("asker"), col(Account.state).in_(USABLE))
    .order_by(col(Account.id))
)


async def of_user(session: AsyncSession, user_id: int) -> Sequence[Account]:
    """All that is linked or being linked, oldest first."""
    statement = (
        select(Account)
        .where(col(Account.user_id) == user_id, col(Account.state) != KeyState.UNLINKED)
        .order_by(col(Account.id))
    )
    return (await session.scalars(statement)).all()


async def get(session: AsyncSession, user_id: int, account_id: int) -> Account | None:
    """The account if it is this user's and not unlinked."""
    statement = select(Account).where(
        col(Account.id) == account_id,
        col(Account.user_id) == user_id,
        col(Account.state) != KeyState.UNLINKED,
    )
    return (await session.scalars(statement)).one_or_none()


async def is_linked(session: AsyncSession, user_id: int, account_id: int) -> bool:
    """Whether the key of an account may still sign: on the way from a tap to the wire, so nothing else."""
    return (await session.execute(_IS_LINKED, {"asked": account_id, "asker": user_id})).first() is not None


async def linked_among(session: AsyncSession, account_ids: Collection[int]) -> set[int]:
    """Those of `account_ids` that are not unlinked."""
    statement = select(col(Account.id)).where(
        col(Account.id).in_(account_ids), col(Account.state) != KeyState.UNLINKED
    )
    return set((await session.scalars(statement)).all())


async def is_known(session: AsyncSession, public_keys: Collection[str]) -> bool:
    """Whether one of these keys is linked, to whomever."""
    if not public_keys:
        return False
    statement = select(col(Account.id)).where(
        col(Account.public_key).in_(public_keys), col(Account.state) != KeyState.UNLINKED
    )
    return (await session.scalars(statement.limit(1))).first() is not None


async def by_label(session: AsyncSession, user_id: int, label: str) -> Account | None:
    """By label, whatever its case."""
    wanted = label.casefold()
    return next((item for item in await of_user(session, user_id) if item.label.casefold() == wanted), None)


async def default(session: AsyncSession, user_id: int) -> Account | None:
    """The account orders go to when none is named: the chosen one, else the oldest usable."""
    usable = (await session.execute(_USABLE_OF, {"asker": user_id})).all()
    oldest = usable[0][0] if usable else None
    return next((account for account, chosen in usable if account.id == chosen), oldest)


async def active(session: AsyncSession) -> Sequence[Account]:
    """Every account that can sign, of all users: what streams and the reconciler go through."""
    statement = select(Account).where(col(Account.state).in_(USABLE)).order_by(col(Account.id))
    return (await session.scalars(statement)).all()


async def verified(
    session: AsyncSession, user_id: int, account_id: int, state: KeyState, now_ms: int
) -> Account | None:
    """Record what the exchange said of the key; None if it was unlinked meanwhile."""
    if state not in USABLE:
        raise ValueError(f"verification ends in active or read_only, not {state}")
    statement = (
        update(Account)
        .where(
            col(Account.id) == account_id,
            col(Account.user_id) == user_id,
            col(Account.state) != KeyState.UNLINKED,
        )
        .values(state=state, verified_ms=now_ms)
        .returning(Account)
    )
    return (await session.scalars(statement, execution_options={"populate_existing": True})).one_or_none()


async def unlink(session: AsyncSession, user_id: int, account_id: int) -> bool:
    """Delete the sealed secret; False if there was none. Use `Vault.unlink`, which kills live signers too."""
    statement = (
        update(Account)
        .where(
            col(Account.id) == account_id,
            col(Account.user_id) == user_id,
            col(Account.state) != KeyState.UNLINKED,
        )
        .values(state=KeyState.UNLINKED, sealed=None, nonce=None)
        .returning(col(Account.id))
    )
    unlinked = (await session.execute(statement)).one_or_none() is not None
    await session.execute(
        update(User)
        .where(col(User.id) == user_id, col(User.default_account_id) == account_id)
        .values(default_account_id=None)
    )
    return unlinked
