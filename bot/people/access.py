"""Who may open risk: the setting ACCESS and the operators.

Asked where a ticket is made, where it is claimed, and in the transaction that writes an order before it
leaves. Reducing risk is recognised from the built orders (`domain.risk.order_risk`) and needs nobody's leave.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.orders.order import OrderRequest
from bot.domain.risk.order_risk import opens_risk
from bot.people.leave import Leave
from bot.people.tables import Access, User


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """Operators are always let in; by default nobody else is."""

    is_open: bool = False
    admins: tuple[int, ...] = ()

    def admits(self, user: User) -> bool:
        """Whether this person may do everything. Who was denied is out even where the door is open."""
        if user.id in self.admins or user.access is Access.APPROVED:
            return True
        return self.is_open and user.access is not Access.DENIED

    def leave(self, user_id: int, requests: Iterable[OrderRequest]) -> Leave:
        """Whose leave these orders of a user need, to be compared with what is stored."""
        if user_id in self.admins or not any(opens_risk(request) for request in requests):
            return Leave.EVERYBODY
        return Leave.NOT_DENIED if self.is_open else Leave.LET_IN
