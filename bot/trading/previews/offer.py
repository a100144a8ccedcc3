"""What is offered for a Confirm, and why something is not."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bot.domain.orders.order import OrderSnapshot
from bot.domain.preview.preview import Preview
from bot.domain.refusal import Refusal
from bot.trading.previews.preview_builder import LeftOut
from bot.trading.storage.tables import Ticket


@dataclass(frozen=True, slots=True)
class OfferStep:
    """What one statement would do: send orders, or cancel some that rest (perhaps none are there)."""

    line: str
    previews: tuple[Preview, ...] = ()
    cancels: tuple[OrderSnapshot, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """A preview somebody may confirm. `token` goes into the button and nowhere else."""

    ticket: Ticket
    token: str
    account_label: str
    line: str
    steps: tuple[OfferStep, ...]
    replaces: tuple[OrderSnapshot, ...] = ()  # exits of its kind that it may take the place of
    replace_token: str = ""  # of the offer that does so

    @property
    def ticket_id(self) -> int:
        return self.ticket.id

    @property
    def previews(self) -> tuple[Preview, ...]:
        """Every order of the offer, in sending order."""
        return tuple(preview for step in self.steps for preview in step.previews)

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """Positions that its closes do not touch."""
        return tuple(one for step in self.steps for one in step.left_out)

    def __repr__(self) -> str:
        return f"Offer(ticket_id={self.ticket_id}, line={self.line!r})"


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a chain is not offered, and which statement is the reason; None: its mend is the whole line."""

    statement: int | None
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Moved:
    """The price ran away between the preview and the tap."""

    symbol: str
    was: Decimal
    now: Decimal
