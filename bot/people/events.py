"""What happens to people and their accounts, for whoever keeps something of theirs.

All are written in the transaction that makes it so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.kernel.events import Ending
from bot.people.tables import Account, User

ALERTS: Final = "alerts"  # the word under which these events count alerts that end


@dataclass(frozen=True, slots=True)
class AccessEnded(Ending):
    """The operator denied a person: what could still open risk for them ends."""

    user: User


@dataclass(frozen=True, slots=True)
class AccountUnlinked(Ending):
    """The key of one account is destroyed; what rows say of it is ended by `kernel.storage.erasure`."""

    account: Account
    is_default: bool


@dataclass(frozen=True, slots=True)
class PersonForgotten(Ending):
    """Everything of a person is about to be erased, by what each table declares."""

    user_id: int
    account_ids: tuple[int, ...]
