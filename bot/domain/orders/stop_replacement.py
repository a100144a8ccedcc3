"""A second stop, or a second target: whether it may take the place of those that stand already. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TypeVar

from bot.domain.orders.stops import Exposure, StopTrigger, closes, covered, kind_of
from bot.domain.preview.preview import Note, Preview
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import Side

TriggerT = TypeVar("TriggerT", bound=StopTrigger)

STANDS = "exit-stands"  # the note of a preview beside others of its kind
CHOICE = "exit-choice"


def standing(preview: Preview, kind: str, resting: Iterable[TriggerT], price: Decimal) -> list[TriggerT]:
    """The exits of `kind` that stand where `preview` would place another; `price` is the market's."""
    exposure = _exposure(preview, price)
    return [order for order in resting if closes(order, exposure) and kind_of(order, exposure) == kind]


def stands_already(
    preview: Preview, kind: str, found: Sequence[StopTrigger], price: Decimal
) -> Refusal | None:
    """Said when exits at the very price close as much already."""
    same = [order for order in found if order.trigger_price == preview.request.trigger_price]
    if not same or covered(_exposure(preview, price), same) < preview.quantity:
        return None
    stop = preview.request.trigger_price or price
    return Refusal(RefusalCode.EXIT_STANDS, {"kind": kind, "symbol": preview.market.symbol, "price": stop})


def may_replace(preview: Preview, found: Sequence[StopTrigger], price: Decimal) -> bool:
    """Whether the new exit closes all that those it would replace close together."""
    return bool(found) and preview.quantity >= covered(_exposure(preview, price), found)


def as_choice(preview: Preview) -> Preview:
    """The preview whose note says that there are two ways."""
    notes = tuple(replace(note, code=CHOICE) if note.code == STANDS else note for note in preview.notes)
    return replace(preview, notes=notes)


def is_beside(notes: Iterable[Note]) -> bool:
    """Whether a preview knows of exits of its kind."""
    return any(note.code == STANDS for note in notes)


def _exposure(preview: Preview, price: Decimal) -> Exposure:
    """What the exit closes, which on spot is the coins it sells."""
    market, closing = preview.market, preview.request.side
    held = preview.position_before
    if not market.is_perp:
        held = preview.quantity if closing is Side.SELL else -preview.quantity
    return Exposure(market.symbol, held, price, market.is_perp)
