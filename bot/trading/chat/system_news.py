"""What the exchange closed by itself, as one message however many executions it took."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.notifications.preferences import Event
from bot.domain.orders.executions import Closed, closed
from bot.domain.orders.order import OrderEvent, OrderReport
from bot.trading.events import NoticeKind
from bot.trading.storage import endings
from bot.trading.storage.tables import FillRow, Order
from bot.trading.views import notices as notice_view
from bot.ui import Locale, Message

_VIEWS: Final[dict[NoticeKind, Callable[..., Message]]] = {
    NoticeKind.LIQUIDATION: notice_view.liquidation_notice,
    NoticeKind.ADL: notice_view.adl_notice,
    NoticeKind.SYSTEM_FILL: notice_view.system_notice,
}
POSITIONS: Final = "new:positions"


@dataclass(frozen=True, slots=True)
class SystemNews:
    """`key` names what happened; `ended` are the orders that ended with it."""

    key: str
    message: Message
    event: Event
    ended: Sequence[Order]


async def around(
    session: AsyncSession, locale: Locale, account_id: int, label: str, at_ms: int
) -> SystemNews | None:
    """What the exchange did around `at_ms`: a liquidation across markets, else the last thing it did."""
    found = await endings.by_system(session, account_id, at_ms)
    if not found:
        return None
    kind, latest, same = _kind(found[-1]), found[-1], _of_one_kind(found)
    first, *also = closed(same)
    symbols = {fill.symbol for fill in same}
    ended = await endings.of_liquidation(session, account_id, symbols, latest.timestamp_ms)
    if kind is not NoticeKind.LIQUIDATION:
        ended = [one for one in ended if endings.went_with_position(one)]
    report = _report(first, latest.system_type or "")
    message = _VIEWS[kind](
        locale, report, account_label=label, positions_data=POSITIONS, also=also, ended=len(ended)
    )
    event = Event.FILL if kind is NoticeKind.SYSTEM_FILL else Event.LIQUIDATION
    return SystemNews(f"{kind}:{account_id}:{same[0].id}", message, event, ended)


def _of_one_kind(found: Sequence[FillRow]) -> list[FillRow]:
    """What belongs to the last of them: a liquidation goes across markets."""
    latest = found[-1]
    same = [fill for fill in found if _kind(fill) is _kind(latest)]
    is_across = _kind(latest) is NoticeKind.LIQUIDATION
    return same if is_across else [fill for fill in same if fill.symbol == latest.symbol]


def _report(sums: Closed, origin: str) -> OrderReport:
    return OrderReport(
        sums.symbol,
        sums.side,
        OrderEvent.PARTIAL_FILL,
        None,
        None,
        executed=sums.quantity,
        executed_quote=sums.quantity * sums.price,
        origin=origin,
    )


def _kind(fill: FillRow) -> NoticeKind:
    """What it was, by the words of the stream (`ADL_AUTOCLOSE`) or of the history."""
    words = (fill.system_type or "").upper()
    if "ADL" in words:
        return NoticeKind.ADL
    return NoticeKind.LIQUIDATION if "LIQUID" in words else NoticeKind.SYSTEM_FILL
