"""The payloads of the streams: one function per event type, microseconds and one-letter names.

Source: Backpack OpenAPI, tag Streams. Prices and sizes in market streams are padded to tick and step, as
captured; a position's figures are JSON numbers, as documented.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from bot.sandbox.exchange import wire
from bot.sandbox.exchange.book import Change
from bot.sandbox.exchange.candles import INTERVALS, Candle
from bot.sandbox.exchange.model import Account, Exit, Fill, Order, Position, Trade
from bot.sandbox.exchange.state import MarketState, World
from bot.sandbox.values import ONE, OrderType, Side, plain

Payload = dict[str, object]
_WORD_START = re.compile(r"(?<=[a-z])(?=[A-Z])")


def padded(value: Decimal, grain: Decimal) -> str:
    return format(value.quantize(grain), "f")


def depth(market: MarketState, changes: Iterable[Change], first: int, last: int, now_us: int) -> Payload:
    """Absolute quantities at changed levels; zero deletes. `first` and `last` are update ids."""
    spec = market.spec
    sides: dict[Side, list[list[str]]] = {Side.BUY: [], Side.SELL: []}
    for side, price, quantity in sorted(changes, key=lambda change: change[1]):
        sides[side].append([padded(price, spec.tick), padded(quantity, spec.step)])
    return {
        "e": "depth",
        "E": now_us,
        "s": spec.symbol,
        "a": sides[Side.SELL],
        "b": sides[Side.BUY],
        "U": first,
        "u": last,
        "T": market.depth_us,
    }


def book_ticker(market: MarketState, now_us: int) -> Payload:
    """Null where a side is empty. `u` is the depth's update id, here as text."""
    spec, book = market.spec, market.book
    payload: Payload = {"e": "bookTicker", "E": now_us, "s": spec.symbol}
    for side, price_name, size_name in ((Side.SELL, "a", "A"), (Side.BUY, "b", "B")):
        best = book.best(side)
        payload[price_name] = None if best is None else padded(best, spec.tick)
        payload[size_name] = None if best is None else padded(book.quantity_at(side, best), spec.step)
    return payload | {"u": str(market.depth_id), "T": market.depth_us}


def trade(item: Trade, now_us: int) -> Payload:
    return {
        "e": "trade",
        "E": now_us,
        "s": item.symbol,
        "p": plain(item.price),
        "q": plain(item.quantity),
        "b": item.buyer_order,
        "a": item.seller_order,
        "t": item.id,
        "T": item.time_us,
        "m": item.buyer_is_maker,
    }


def liquidation(fill: Fill, now_us: int) -> Payload:
    return {
        "e": "liquidation",
        "E": now_us,
        "q": plain(fill.quantity),
        "p": plain(fill.price),
        "S": fill.side.value,
        "s": fill.symbol,
        "T": fill.time_us,
    }


def mark_price(market: MarketState, now_us: int) -> Payload:
    return {
        "e": "markPrice",
        "E": now_us,
        "s": market.spec.symbol,
        "p": plain(market.mark),
        "f": plain(market.funding_rate),
        "i": plain(market.index),
        "n": market.next_funding_ms,
        "T": now_us,
    }


def open_interest(world: World, symbol: str, now_us: int) -> Payload:
    return {"e": "openInterest", "E": now_us, "s": symbol, "o": plain(world.open_interest(symbol))}


def ticker(row: wire.Json, now_us: int) -> Payload:
    """From a row of the REST ticker."""
    return {
        "e": "ticker",
        "E": now_us,
        "s": row["symbol"],
        "o": row["firstPrice"],
        "c": row["lastPrice"],
        "h": row["high"],
        "l": row["low"],
        "v": row["volume"],
        "V": row["quoteVolume"],
        "n": int(str(row["trades"])),
    }


def kline(market: MarketState, interval: str, candle: Candle, *, closed: bool, now_us: int) -> Payload:
    tick = market.spec.tick
    return {
        "e": "kline",
        "E": now_us,
        "s": market.spec.symbol,
        "t": wire.iso_second(candle.start),
        "T": wire.iso_second(candle.start + INTERVALS[interval]),
        "o": padded(candle.open, tick),
        "c": padded(candle.close, tick),
        "h": padded(candle.high, tick),
        "l": padded(candle.low, tick),
        "v": plain(candle.volume),
        "n": candle.trades,
        "X": closed,
    }


def order_update(order: Order, event: str, fill: Fill | None, now_us: int) -> Payload:
    """`account.orderUpdate`; a field that does not apply is absent."""
    request = order.request
    trigger = request.trigger_price
    expired = event == "orderExpired" and order.expiry_reason is not None
    return wire.compact(
        {
            "e": event,
            "E": now_us,
            "s": order.symbol,
            "c": request.client_id,
            "S": order.side.value,
            "o": "LIMIT" if request.order_type is OrderType.LIMIT else "MARKET",
            "f": request.time_in_force.value,
            "q": wire.optional(order.quantity),
            "Q": wire.optional(request.quote_quantity),
            "p": wire.optional(request.price),
            "P": wire.optional(trigger),
            "B": None if trigger is None else request.trigger_by.value,
            "Y": request.trigger_quantity,
            **_exit(request.take_profit, "a", "j", "d"),
            **_exit(request.stop_loss, "b", "k", "g"),
            "X": order.status.value,
            "R": _shout(order.expiry_reason) if expired else None,
            "i": order.id,
            "z": wire.decimal(order.executed),
            "Z": wire.decimal(order.executed_quote),
            **_fill(fill),
            "V": request.self_trade.value,
            "T": now_us if fill is None else fill.time_us,
            "O": order.origin,
            "I": order.related_id,
            "H": None if request.strategy_id is None else int(request.strategy_id),
            "y": request.post_only,
            "r": request.reduce_only or None,
        }
    )


def _exit(attached: Exit | None, trigger: str, limit: str, by: str) -> Payload:
    if attached is None:
        return {}
    return {
        trigger: wire.decimal(attached.trigger),
        limit: wire.optional(attached.limit),
        by: attached.by.value,
    }


def _fill(fill: Fill | None) -> Payload:
    if fill is None:
        return {}
    return {
        "t": fill.trade_id,
        "l": wire.decimal(fill.quantity),
        "L": wire.decimal(fill.price),
        "m": fill.is_maker,
        "n": wire.decimal(fill.fee),
        "N": fill.fee_symbol,
    }


def _shout(reason: str | None) -> str:
    """`ImmediateOrCancel` as the stream writes it: `IMMEDIATE_OR_CANCEL`."""
    return _WORD_START.sub("_", reason or "").upper()


def position_update(
    world: World, account: Account, position: Position, event: str | None, now_us: int
) -> Payload:
    """`account.positionUpdate`; `event` None is the snapshot on subscription."""
    exposure = next((e for e in world.exposures(account) if e.spec.symbol == position.symbol), None)
    mark = world.markets[position.symbol].mark
    spec = world.markets[position.symbol].spec
    return wire.compact(
        {
            "e": event,
            "E": now_us,
            "s": position.symbol,
            "b": _number(wire.break_even(position)),
            "B": _number(position.entry),
            "f": _number(exposure.initial_fraction(account.settings.leverage_limit))
            if exposure
            else max(spec.initial.base, _number(ONE / account.settings.leverage_limit)),
            "M": mark,
            "m": _number(exposure.maintenance_fraction if exposure else spec.maintenance.base),
            "q": _number(position.quantity),
            "Q": _number(abs(exposure.worst) if exposure else position.quantity),
            "n": _number(exposure.notional if exposure else position.quantity),
            "i": position.id,
            "l": "0",
            "p": wire.decimal(position.realized),
            "P": wire.decimal(position.unrealized(mark)),
            "T": now_us,
        }
    )


def _number(value: Decimal) -> Decimal:
    """A decimal that is written as a JSON number without an exponent."""
    return Decimal(wire.decimal(value))


def balance_update(world: World, account_id: int, asset: str, now_us: int) -> Payload:
    """`account.balanceUpdate`: absolute balances after the change."""
    wallet = world.ledger.wallet(account_id, asset)
    return {
        "e": "balanceUpdate",
        "E": now_us,
        "a": asset,
        "A": wire.decimal(wallet.available),
        "L": wire.decimal(wallet.locked),
        "S": "0",
        "T": now_us,
    }
