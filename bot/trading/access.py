"""Who may open risk: the setting ACCESS, the operators, and the orders a ticket holds.

Asked where a ticket is made, where it is claimed, and in the transaction that writes an order before it
leaves. Reducing risk is recognised from the built orders (`domain.risk.order_risk`) and needs nobody's leave.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

from bot.domain.orders.order import OrderRequest
from bot.domain.risk.order_risk import opens_risk
from bot.people.leave import Leave
from bot.people.tables import Access, User
from bot.trading.storage.tables import Ticket


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

    def stops(self, user: User, ticket: Ticket) -> bool:
        """Whether what a ticket holds is not for its user, as far as is known of them."""
        return not self.admits(user) and any(opens_risk(request) for request in requests_of(ticket))


def requests_of(ticket: Ticket) -> list[OrderRequest]:
    """Every order of a ticket, whatever its kind."""
    stored: list[dict[str, Any]] = []
    for one in ticket.legs:
        stored.extend(one.get("legs", [one]))
    return [msgspec.convert(leg["request"], OrderRequest) for leg in stored]
