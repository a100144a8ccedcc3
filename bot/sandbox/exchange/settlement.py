"""What a trade does to money and positions, both sides against the house.

Spot: the buyer's fee is taken from the base he receives, the seller's from the quote. Futures: fees and
realised profit are in quote (USDC).
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal

from bot.sandbox.exchange.ledger import HOUSE
from bot.sandbox.exchange.model import Account, Fill, Order, Position, Settlement, Status, Trade
from bot.sandbox.exchange.state import MarketState, World
from bot.sandbox.values import BPS, ZERO, Side

LIQUIDATION_FEE = Decimal("0.01")
_FEE_GRAIN = Decimal("0.00000001")


def trade(
    world: World,
    market: MarketState,
    taker: Order | None,
    maker: Order | None,
    *,
    taker_side: Side,
    price: Decimal,
    quantity: Decimal,
) -> None:
    """One execution between two orders; None stands for the synthetic maker."""
    market.trade_id += 1
    now = world.now_us()
    buyer, seller = (taker, maker) if taker_side is Side.BUY else (maker, taker)
    printed = Trade(
        market.trade_id,
        market.spec.symbol,
        price,
        quantity,
        now,
        taker_side is Side.SELL,
        buyer.id if buyer else world.new_id(),
        seller.id if seller else world.new_id(),
    )
    publish(world, market, printed)
    for order, is_maker in ((maker, True), (taker, False)):
        if order is not None:
            _fill(world, market, order, printed, is_maker=is_maker)


def publish(world: World, market: MarketState, printed: Trade) -> None:
    """Make a print public: tape, candles, last price."""
    market.last = printed.price
    market.trades.append(printed)
    market.candles.record(printed.time_us, printed.price, printed.quantity)
    world.touched.add(market.spec.symbol)
    world.listener.on_trade(printed)


def _fill(world: World, market: MarketState, order: Order, printed: Trade, *, is_maker: bool) -> None:
    account = world.accounts[order.account_id]
    price, quantity = printed.price, printed.quantity
    fee_rate = _fee_rate(account, market, order, is_maker=is_maker)
    if market.spec.is_perp:
        fee, fee_asset = _fee(price * quantity * fee_rate), market.spec.quote
        _settle_future(world, market, order, printed, fee)
    elif order.side is Side.BUY:
        fee, fee_asset = _fee(quantity * fee_rate), market.spec.base
        _pay(world, order, market.spec.quote, price * quantity)
        world.ledger.transfer(HOUSE, account.id, market.spec.base, quantity - fee)
    else:
        fee, fee_asset = _fee(price * quantity * fee_rate), market.spec.quote
        _pay(world, order, market.spec.base, quantity)
        world.ledger.transfer(HOUSE, account.id, market.spec.quote, price * quantity - fee)
    order.executed += quantity
    order.executed_quote += price * quantity
    order.updated_ms = world.now_ms()
    order.status = Status.PARTIAL
    if order.executed == (order.target if order.quantity is None else order.quantity):
        order.status = Status.FILLED
    fill = Fill(
        account.id,
        order.id,
        order.request.client_id,
        order.symbol,
        order.side,
        price,
        quantity,
        fee,
        fee_asset,
        is_maker,
        printed.id,
        printed.time_us,
        order.system_type,
        order.request.strategy_id,
    )
    account.fills.append(fill)
    if not order.is_open:
        account.open_orders.pop(order.id, None)
    world.listener.on_order(order, "orderFill", fill)
    if order.system_type is not None:
        world.listener.on_liquidation(fill)


def _fee_rate(account: Account, market: MarketState, order: Order, *, is_maker: bool) -> Decimal:
    if order.system_type == "LiquidatePositionOnAdl":
        return ZERO  # the account was on the winning side
    if order.system_type is not None:
        return LIQUIDATION_FEE
    rates = account.rates
    if market.spec.is_perp:
        return (rates.futures_maker if is_maker else rates.futures_taker) / BPS
    return (rates.spot_maker if is_maker else rates.spot_taker) / BPS


def _fee(amount: Decimal) -> Decimal:
    return amount.quantize(_FEE_GRAIN, ROUND_CEILING)


def _pay(world: World, order: Order, asset: str, amount: Decimal) -> None:
    """Hand `amount` to the house, out of the order's lock where it has one."""
    held = min(order.locked, amount)
    if held:
        order.locked -= held
        world.ledger.transfer(order.account_id, HOUSE, asset, held, from_locked=True)
    world.ledger.transfer(order.account_id, HOUSE, asset, amount - held)


def _settle_future(world: World, market: MarketState, order: Order, printed: Trade, fee: Decimal) -> None:
    account = world.accounts[order.account_id]
    signed = printed.quantity * order.side.sign
    position = account.positions.get(order.symbol)
    closing = ZERO
    if position is not None and (position.quantity > ZERO) != (signed > ZERO):
        closing = min(abs(signed), abs(position.quantity)) * order.side.sign
    opening = signed - closing
    world.ledger.transfer(account.id, HOUSE, market.spec.quote, fee)
    record(world, account, -fee, "TradingFees", None)
    if position is not None and closing:
        profit = position.apply(closing, printed.price)
        _charge(position, order, fee * closing / signed)
        world.ledger.transfer(HOUSE, account.id, market.spec.quote, profit)
        record(world, account, profit, "RealizePnl", position.id)
        if order.system_type is not None:
            position.liquidated += abs(closing)
        if not position.quantity:
            _archive(world, account, position)
        else:
            world.listener.on_position(account, position, "positionAdjusted")
    if opening:
        position = account.positions.get(order.symbol)
        event = "positionAdjusted" if position else "positionOpened"
        if position is None:
            position = Position(world.new_id(), order.symbol, world.now_ms())
            account.positions[order.symbol] = position
        position.apply(opening, printed.price)
        _charge(position, order, fee * opening / signed)
        world.listener.on_position(account, position, event)
    world.moved[account.id, order.symbol] = None


def _charge(position: Position, order: Order, fee: Decimal) -> None:
    if order.system_type is not None:
        position.liquidation_fees += fee
    else:
        position.fees += fee


def _archive(world: World, account: Account, position: Position) -> None:
    position.closed_ms = world.now_ms()
    del account.positions[position.symbol]
    account.closed_positions.append(position)
    world.listener.on_position(account, position, "positionClosed")


def record(world: World, account: Account, amount: Decimal, source: str, position_id: str | None) -> None:
    """Write a row of the settlement history."""
    if amount:
        account.settlements.append(Settlement(amount, source, world.now_us(), world.sequence(), position_id))
