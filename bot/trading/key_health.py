"""Which keys the exchange refuses: trouble is told when it begins, not each time it is met."""

from __future__ import annotations

from enum import StrEnum

from bot.kernel.events import Events
from bot.people.tables import Account
from bot.trading.events import KeyRefused


class KeyTrouble(StrEnum):
    KEY = "key"  # a signed request is not accepted
    STREAM = "stream"  # a subscription to the account's events is not


class KeyHealth:
    """Tells `KeyRefused` when the first trouble of an account begins."""

    def __init__(self, events: Events) -> None:
        self._events = events
        self._met: dict[int, set[KeyTrouble]] = {}

    def met(self, account: Account, trouble: KeyTrouble) -> None:
        known = self._met.setdefault(account.id, set())
        if not known:
            self._events.tell(KeyRefused(account.id, account.label, trouble))
        known.add(trouble)

    def over(self, account: Account, trouble: KeyTrouble) -> None:
        """What was refused is accepted."""
        self._met.get(account.id, set()).discard(trouble)

    def forget(self, account_id: int) -> None:
        """The account was unlinked, or linked anew."""
        self._met.pop(account_id, None)
