"""What stands on the card of an alert: how far it is away, and what it would have done, with a picture."""

from __future__ import annotations

import asyncio
import logging
from bisect import bisect_left
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from bot.alerts.backtest import Backtest
from bot.alerts.chat.plans import limit_of
from bot.alerts.service import Alerts
from bot.alerts.storage.tables import Alert
from bot.alerts.views import cards as alert_view
from bot.chat.request import Request
from bot.domain.alerts.alert import Condition, PriceLevel, PriceTrail, Source
from bot.domain.intent import AlertIntent, CloseIntent
from bot.domain.refusal import Refusal
from bot.domain.values import HUNDRED, plain
from bot.exchange.backpack import BackpackError
from bot.language import canonical
from bot.marketdata import Moment
from bot.trading.queries import Queries
from bot.ui import Keyboard, charts
from bot.ui.words import symbol_name

_log = logging.getLogger(__name__)

DAYS: Final = 30


async def card(request: Request, intent: AlertIntent, condition: Condition) -> alert_view.AlertCard:
    """The card of an alert whose market is known by the exchange's own symbol."""
    now = await _now(request, condition)
    distance = None
    if now and isinstance(condition, PriceLevel):
        distance = (condition.level - now) / now * HUNDRED
    plan = canonical(intent.plan) if intent.plan is not None else None
    closes = isinstance(intent.plan, CloseIntent) and intent.cap_usd is None
    return alert_view.AlertCard(
        condition=condition,
        options=intent.options,
        line=canonical(intent),
        now=now,
        distance=distance,
        plan=plan,
        armed_plan=intent.armed,
        limit=None if closes else limit_of(intent, request.user),
    )


async def _now(request: Request, condition: Condition) -> Decimal | None:
    """The price a level is compared with; a card without it is better than none."""
    if not isinstance(condition, PriceLevel):
        return None
    try:
        moment = await request.service(Queries).moment(condition.symbol)
    except BackpackError:
        return None
    return None if isinstance(moment, Refusal) else _price(moment, condition.source)


def _price(moment: Moment, source: Source) -> Decimal | None:
    if source is Source.INDEX:
        return moment.mark.index
    return moment.mark.mark if source is Source.MARK else moment.last


async def with_history(
    request: Request, intent: AlertIntent, shown: alert_view.AlertCard
) -> tuple[alert_view.AlertCard, bytes | None]:
    """The card with its replay, and the picture of it where there is one."""
    full, past = await _replayed(request, intent, shown)
    return full, await picture(request, intent, past) if past is not None else None


async def _replayed(
    request: Request, intent: AlertIntent, shown: alert_view.AlertCard
) -> tuple[alert_view.AlertCard, Backtest | None]:
    try:
        past = await request.service(Alerts).replay(intent, DAYS)
    except BackpackError:
        return shown, None
    if isinstance(past, Refusal):
        return replace(shown, replay_days=DAYS), None
    return replace(shown, replay_days=past.days, replays=len(past.hits)), past


def _bars(past: Backtest) -> list[charts.Bar]:
    opens = [past.candles[0].close, *(candle.close for candle in past.candles)]
    return [
        charts.Bar(candle.start_ms, open_, candle.high, candle.low, candle.close)
        for candle, open_ in zip(past.candles, opens, strict=False)
    ]


async def picture(request: Request, intent: AlertIntent, past: Backtest) -> bytes | None:
    """The market over those days with the level and the moments it would have fired."""
    if not past.candles:
        return None
    levels = []
    if isinstance(intent.condition, PriceLevel):
        levels.append(charts.Level(intent.condition.level, plain(intent.condition.level)))
    return await charts.draw(
        charts.candles,
        _bars(past),
        title=symbol_name(past.symbol),
        corner=f"{past.days}d · {past.interval}",
        levels=levels,
        marks=[charts.Point(at_ms, value) for at_ms, value in _on_prices(intent, past)],
        time_zone=request.user.time_zone,
    )


def _on_prices(intent: AlertIntent, past: Backtest) -> Iterator[tuple[int, Decimal]]:
    """Where the hits stand on a picture of prices: what is measured in per cent, at the price of then."""
    is_price = isinstance(intent.condition, PriceLevel | PriceTrail)
    starts = [candle.start_ms for candle in past.candles]
    for at_ms, value in past.hits:
        candle = past.candles[max(0, bisect_left(starts, at_ms) - 1)]
        yield at_ms, value if is_price else candle.close


async def add_history(
    request: Request,
    alert: Alert,
    message_id: int,
    intent: AlertIntent,
    shown: alert_view.AlertCard,
    buttons: Keyboard,
) -> None:
    """Complete the card of an alert that was set at once: the words, then the picture.

    Not if it was changed or taken back meanwhile, or fired: then the card speaks of something else.
    """
    full, past = await _replayed(request, intent, shown)
    message = alert_view.made(request.here, full, buttons)
    if await _is_unchanged(request, alert):
        await request.services.outbox.edit(request.sender.chat_id, message_id, message)
    drawn = await picture(request, intent, past) if past is not None else None
    if drawn is not None and await _is_unchanged(request, alert):
        await request.services.outbox.edit(request.sender.chat_id, message_id, message, photo=drawn)


async def _is_unchanged(request: Request, alert: Alert) -> bool:
    now = await request.service(Alerts).get(alert.id)
    return now is not None and now.version == alert.version


async def warm_up() -> None:
    """Load what pictures need, while somebody is still choosing: the first one takes seconds."""
    await charts.draw(charts.candles, (), title="")


def aside(request: Request, work: Coroutine[Any, Any, None]) -> None:
    """Do it while its person reads on; a failure is ours alone to know."""

    async def guarded() -> None:
        try:
            await work
        except Exception:
            _log.exception("the history of an alert could not be shown")

    task = asyncio.create_task(guarded())
    request.services.background.add(task)
    task.add_done_callback(request.services.background.discard)
