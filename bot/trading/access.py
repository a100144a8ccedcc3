"""Whether a ticket is for its user: by the orders it holds, and whom the operator lets in."""

from __future__ import annotations

from typing import Any

import msgspec

from bot.domain.orders.order import OrderRequest
from bot.domain.risk.order_risk import opens_risk
from bot.people.access import AccessPolicy
from bot.people.tables import User
from bot.trading.storage.tables import Ticket


def stops(policy: AccessPolicy, user: User, ticket: Ticket) -> bool:
    """Whether what a ticket holds is not for its user, as far as is known of them."""
    return not policy.admits(user) and any(opens_risk(request) for request in requests_of(ticket))


def requests_of(ticket: Ticket) -> list[OrderRequest]:
    """Every order of a ticket, whatever its kind."""
    stored: list[dict[str, Any]] = []
    for one in ticket.legs:
        stored.extend(one.get("legs", [one]))
    return [msgspec.convert(leg["request"], OrderRequest) for leg in stored]
