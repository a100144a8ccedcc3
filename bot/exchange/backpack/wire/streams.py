"""Wire models of the stream payloads, whose fields are single letters. Source: Backpack OpenAPI, `Streams`.

Times are microseconds unless a field says otherwise.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from bot.exchange.backpack.wire.base import NULL, WireStruct


class WireRefusal(WireStruct):
    code: int
    message: str = ""


class Frame(WireStruct):
    """Every message: data under its stream's name, or an error. A subscription is never acknowledged."""

    stream: str | None = None
    data: msgspec.Raw = NULL
    error: WireRefusal | None = None


class OrderUpdateRow(WireStruct):
    event: str = msgspec.field(name="e")
    event_us: int = msgspec.field(name="E")
    symbol: str = msgspec.field(name="s")
    side: str = msgspec.field(name="S")
    order_id: str | int = msgspec.field(name="i")
    client_id: int | str | None = msgspec.field(name="c", default=None)
    order_type: str = msgspec.field(name="o", default="")
    time_in_force: str | None = msgspec.field(name="f", default=None)
    quantity: Decimal | None = msgspec.field(name="q", default=None)
    quote_quantity: Decimal | None = msgspec.field(name="Q", default=None)
    price: Decimal | None = msgspec.field(name="p", default=None)
    trigger_price: msgspec.Raw = msgspec.field(name="P", default=NULL)
    trigger_quantity: msgspec.Raw = msgspec.field(name="Y", default=NULL)
    status: str = msgspec.field(name="X", default="")
    reason: str | None = msgspec.field(name="R", default=None)
    executed: Decimal | None = msgspec.field(name="z", default=None)
    executed_quote: Decimal | None = msgspec.field(name="Z", default=None)
    trade_id: int | None = msgspec.field(name="t", default=None)
    fill_quantity: Decimal | None = msgspec.field(name="l", default=None)
    fill_price: Decimal | None = msgspec.field(name="L", default=None)
    is_maker: bool | None = msgspec.field(name="m", default=None)
    fee: Decimal | None = msgspec.field(name="n", default=None)
    fee_symbol: str | None = msgspec.field(name="N", default=None)
    engine_us: int | None = msgspec.field(name="T", default=None)
    origin: str | None = msgspec.field(name="O", default=None)
    related_id: str | int | None = msgspec.field(name="I", default=None)
    reduce_only: bool | None = msgspec.field(name="r", default=None)


class PositionUpdateRow(WireStruct):
    """`e` is absent in the picture sent on subscription; `l` is a zero placeholder and not read."""

    symbol: str = msgspec.field(name="s")
    quantity: Decimal = msgspec.field(name="q")
    event: str | None = msgspec.field(name="e", default=None)
    entry_price: Decimal = msgspec.field(name="B", default=Decimal(0))
    break_even_price: Decimal = msgspec.field(name="b", default=Decimal(0))
    mark_price: Decimal = msgspec.field(name="M", default=Decimal(0))
    imf: Decimal | None = msgspec.field(name="f", default=None)
    mmf: Decimal | None = msgspec.field(name="m", default=None)
    realized: Decimal = msgspec.field(name="p", default=Decimal(0))
    unrealized: Decimal = msgspec.field(name="P", default=Decimal(0))
    engine_us: int = msgspec.field(name="T", default=0)


class BalanceUpdateRow(WireStruct):
    """Absolute balances after the change, not deltas."""

    asset: str = msgspec.field(name="a")
    available: Decimal = msgspec.field(name="A")
    locked: Decimal = msgspec.field(name="L")
    staked: Decimal = msgspec.field(name="S", default=Decimal(0))
    engine_us: int = msgspec.field(name="T", default=0)


class BookTickerRow(WireStruct):
    """Null where a side is empty."""

    symbol: str = msgspec.field(name="s")
    ask: Decimal | None = msgspec.field(name="a")
    ask_quantity: Decimal | None = msgspec.field(name="A")
    bid: Decimal | None = msgspec.field(name="b")
    bid_quantity: Decimal | None = msgspec.field(name="B")
    update_id: int | str = msgspec.field(name="u")
    engine_us: int = msgspec.field(name="T", default=0)


class DepthUpdateRow(WireStruct):
    symbol: str = msgspec.field(name="s")
    asks: list[tuple[Decimal, Decimal]] = msgspec.field(name="a")
    bids: list[tuple[Decimal, Decimal]] = msgspec.field(name="b")
    first_id: int | str = msgspec.field(name="U")
    last_id: int | str = msgspec.field(name="u")
    engine_us: int = msgspec.field(name="T", default=0)


class KlineRow(WireStruct):
    symbol: str = msgspec.field(name="s")
    start: str | int = msgspec.field(name="t")
    end: str | int = msgspec.field(name="T")
    open: Decimal | None = msgspec.field(name="o", default=None)
    close: Decimal | None = msgspec.field(name="c", default=None)
    high: Decimal | None = msgspec.field(name="h", default=None)
    low: Decimal | None = msgspec.field(name="l", default=None)
    volume: Decimal = msgspec.field(name="v", default=Decimal(0))
    trades: int = msgspec.field(name="n", default=0)
    is_closed: bool = msgspec.field(name="X", default=False)
    event_us: int = msgspec.field(name="E", default=0)


class MarkPriceUpdateRow(WireStruct):
    """`n`, the next funding, is in milliseconds."""

    symbol: str = msgspec.field(name="s")
    mark: Decimal = msgspec.field(name="p")
    funding_rate: Decimal | None = msgspec.field(name="f", default=None)
    index: Decimal | None = msgspec.field(name="i", default=None)
    next_funding_ms: int | None = msgspec.field(name="n", default=None)
    engine_us: int = msgspec.field(name="T", default=0)


class TickerRow(WireStruct):
    symbol: str = msgspec.field(name="s")
    first: Decimal = msgspec.field(name="o")
    last: Decimal = msgspec.field(name="c")
    high: Decimal = msgspec.field(name="h")
    low: Decimal = msgspec.field(name="l")
    volume: Decimal = msgspec.field(name="v")
    quote_volume: Decimal = msgspec.field(name="V")
    trades: int = msgspec.field(name="n", default=0)
    event_us: int = msgspec.field(name="E", default=0)


class TradeRow(WireStruct):
    symbol: str = msgspec.field(name="s")
    price: Decimal = msgspec.field(name="p")
    quantity: Decimal = msgspec.field(name="q")
    trade_id: int = msgspec.field(name="t")
    is_buyer_maker: bool = msgspec.field(name="m")
    engine_us: int = msgspec.field(name="T", default=0)


class OpenInterestRow(WireStruct):
    symbol: str = msgspec.field(name="s")
    open_interest: Decimal = msgspec.field(name="o")
    event_us: int = msgspec.field(name="E", default=0)


class LiquidationRow(WireStruct):
    symbol: str = msgspec.field(name="s")
    side: str = msgspec.field(name="S")
    price: Decimal = msgspec.field(name="p")
    quantity: Decimal = msgspec.field(name="q")
    engine_us: int = msgspec.field(name="T", default=0)
