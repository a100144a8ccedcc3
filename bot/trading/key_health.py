"""Which keys the exchange refuses: trouble is told when it begins, not each time it is met."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from bot.people.tables import Account


class KeyTrouble(StrEnum):
    KEY = "key"  # a signed request is not accepted
    STREAM = "stream"  # a subscription to the account's events is not


class KeyHealth:
    """`begun` is called with an account's id and label when its first trouble begins."""

    def __init__(self) -> None:
        self._met: dict[int, set[KeyTrouble]] = {}
        self.begun: Callable[[int, str, KeyTrouble], None] = lambda account_id, label, trouble: None

    def met(self, account: Account, trouble: KeyTrouble) -> None:
        known = self._met.setdefault(account.id, set())
        if not known:
            self.begun(account.id, account.label, trouble)
        known.add(trouble)

    def over(self, account: Account, trouble: KeyTrouble) -> None:
        """What was refused is accepted."""
        self._met.get(account.id, set()).discard(trouble)

    def forget(self, account_id: int) -> None:
        """The account was unlinked, or linked anew."""
        self._met.pop(account_id, None)
