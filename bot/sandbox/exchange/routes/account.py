"""Routes of the tags Account, Capital and Position: what an account is, has and owes."""

from __future__ import annotations

from decimal import Decimal

from bot.sandbox.exchange import margin, wire
from bot.sandbox.exchange.errors import Refused, bad_request
from bot.sandbox.exchange.margin import Margin
from bot.sandbox.exchange.markets import ASSETS
from bot.sandbox.exchange.matching import Taker, plan
from bot.sandbox.exchange.model import Position, Status
from bot.sandbox.exchange.params import UINT16
from bot.sandbox.exchange.routes.markets import MarketType
from bot.sandbox.exchange.routing import Call, Nothing, Route
from bot.sandbox.exchange.state import MarketState
from bot.sandbox.values import ONE, ZERO, Side, floor_to, plain

MAX_LEVERAGE = Decimal(100)


def account(call: Call) -> object:
    """`AccountSummary`."""
    who, settings, rates = call.account, call.account.settings, call.account.rates
    waiting = sum(o.status is Status.TRIGGER_PENDING for o in who.open_orders.values())
    return {
        "autoBorrowSettlements": settings.auto_borrow_settlements,
        "autoLend": settings.auto_lend,
        "autoRealizePnl": True,
        "autoRepayBorrows": settings.auto_repay_borrows,
        "borrowLimit": "0",
        "futuresMakerFee": plain(rates.futures_maker),
        "futuresTakerFee": plain(rates.futures_taker),
        "leverageLimit": plain(settings.leverage_limit),
        "limitOrders": len(who.open_orders) - waiting,
        "liquidating": who.liquidating,
        "positionLimit": plain(who.position_limit),
        "spotMakerFee": plain(rates.spot_maker),
        "spotTakerFee": plain(rates.spot_taker),
        "triggerOrders": waiting,
    }


def update_account(call: Call) -> object:
    """The leverage limit is the account's own; it may not fall below what open positions need."""
    params, settings = call.params, call.account.settings
    borrow, lend = params.flag("autoBorrowSettlements"), params.flag("autoLend")
    repay, leverage = params.flag("autoRepayBorrows"), params.decimal("leverageLimit")
    if leverage is not None:
        if not ONE <= leverage <= MAX_LEVERAGE:
            raise Refused("INVALID_RANGE", f"leverageLimit must be between 1 and {MAX_LEVERAGE}")
        before, settings.leverage_limit = settings.leverage_limit, leverage
        if leverage < before and call.world.margin(call.account).available < ZERO:
            settings.leverage_limit = before
            raise Refused("MAX_LEVERAGE_REACHED", "Open positions and orders need more leverage than that")
    if borrow is not None:
        settings.auto_borrow_settlements = borrow
    if lend is not None:
        settings.auto_lend = lend
    if repay is not None:
        settings.auto_repay_borrows = repay
    return Nothing()


def convert_dust(call: Call) -> object:
    call.engine.convert_dust(call.account, call.params.text("symbol"))
    return Nothing()


def _asset(call: Call) -> str:
    symbol = call.params.need("symbol")
    if symbol not in ASSETS:
        raise Refused("INVALID_ASSET", f"Asset {symbol} does not exist")
    return symbol


def borrow_limit(call: Call) -> object:
    """The sandbox lends nothing."""
    return {"maxBorrowQuantity": "0", "symbol": _asset(call)}


def loans(_call: Call) -> object:
    """`BorrowLendPositionWithMargin`: none, as the sandbox neither lends nor borrows."""
    return []


def withdrawal_limit(call: Call) -> object:
    symbol, params = _asset(call), call.params
    borrow, redeem = params.flag("autoBorrow"), params.flag("autoLendRedeem")
    free = _free(call, symbol)
    return wire.compact(
        {
            "autoBorrow": borrow,
            "autoLendRedeem": redeem,
            "maxWithdrawalQuantity": wire.decimal(free),
            "symbol": symbol,
        }
    )


def _free(call: Call, asset: str) -> Decimal:
    """What of an asset may be spent without leaving positions short of margin."""
    wallet = call.world.ledger.wallet(call.account.id, asset)
    now = call.world.margin(call.account)
    free = max(wallet.available, ZERO)
    if now.initial:
        value = call.world.paths[asset].value * ASSETS[asset].collateral_weight
        free = min(free, max(now.available, ZERO) / value)
    return free


def order_limit(call: Call) -> object:
    """`MaxOrderQuantity`: the largest quantity the engine would accept."""
    params = call.params
    market = call.engine.refresh(params.need("symbol"))
    side, price = params.need_choice("side", Side), params.decimal("price")
    if price is not None and price <= ZERO:
        raise Refused("INVALID_PRICE", "Price must be positive")
    flags = {name: params.flag(name) for name in ("autoBorrow", "autoBorrowRepay", "autoLendRedeem")}
    reduce_only = params.flag("reduceOnly")
    if reduce_only:
        quantity = _reducible(call, market, side)
    elif market.spec.is_perp:
        quantity = _most_on_margin(call, market, side)
    elif side is Side.SELL:
        quantity = _free(call, market.spec.base)
    else:
        quantity = _most_for(call, market, _free(call, market.spec.quote), price)
    return wire.compact(
        {
            **flags,
            "maxOrderQuantity": plain(floor_to(quantity, market.spec.step)),
            "price": wire.optional(price),
            "side": side.value,
            "symbol": market.spec.symbol,
            "reduceOnly": reduce_only,
        }
    )


def _reducible(call: Call, market: MarketState, side: Side) -> Decimal:
    position = call.account.positions.get(market.spec.symbol)
    if position is None or (position.quantity > ZERO) == (side is Side.BUY):
        return ZERO
    return abs(position.quantity)


def _most_for(call: Call, market: MarketState, quote: Decimal, price: Decimal | None) -> Decimal:
    if price is not None:
        return quote / price
    if quote <= ZERO:
        return ZERO
    return plan(market.book, Taker(call.account.id, Side.BUY, market.spec.step, quote=quote)).quantity


def _most_on_margin(call: Call, market: MarketState, side: Side) -> Decimal:
    """Bisection over the margin check: the initial fraction grows with size."""
    low, high = ZERO, Decimal(1)
    while _fits(call, market, side, high) and high < Decimal(10) ** 9:
        low, high = high, high * 2
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if _fits(call, market, side, middle) else (low, middle)
    return low


def _fits(call: Call, market: MarketState, side: Side, quantity: Decimal) -> bool:
    after = call.world.margin(call.account, (market.spec.symbol, side, quantity))
    fee = quantity * market.mark * call.account.rates.futures_taker / 10_000
    return after.equity - fee >= after.locked


def balances(call: Call) -> object:
    """`GET /api/v1/capital`: assets by name; lent funds would not be among them."""
    return {
        asset: {
            "available": wire.decimal(wallet.available),
            "locked": wire.decimal(wallet.locked),
            "staked": "0",
        }
        for asset, wallet in call.world.ledger.wallets(call.account.id).items()
    }


def collateral(call: Call) -> object:
    """`MarginAccountSummary`. Fractions are of the exposure; none without one."""
    call.params.integer("subaccountId", 0, UINT16)
    total = call.world.margin(call.account)
    exposure = total.exposure
    return wire.compact(
        {
            "assetsValue": wire.decimal(total.assets),
            "borrowLiability": wire.decimal(total.liabilities),
            "collateral": [_collateral(call, asset) for asset in call.world.ledger.wallets(call.account.id)],
            "imf": wire.decimal(total.initial / exposure if exposure else ZERO),
            "unsettledEquity": "0",
            "liabilitiesValue": wire.decimal(total.liabilities),
            "marginFraction": wire.decimal(total.equity / exposure) if exposure else None,
            "mmf": wire.decimal(total.maintenance / exposure if exposure else ZERO),
            "netEquity": wire.decimal(total.equity),
            "netEquityAvailable": wire.decimal(max(total.available, ZERO)),
            "netEquityLocked": wire.decimal(total.locked),
            "netExposureFutures": wire.decimal(exposure),
            "pnlUnrealized": wire.decimal(total.unrealized),
        }
    )


def _collateral(call: Call, asset: str) -> object:
    wallet = call.world.ledger.wallet(call.account.id, asset)
    price, weight = call.world.paths[asset].value, ASSETS[asset].collateral_weight
    return {
        "symbol": asset,
        "assetMarkPrice": wire.decimal(price),
        "totalQuantity": wire.decimal(wallet.total),
        "balanceNotional": wire.decimal(wallet.total * price),
        "collateralWeight": plain(weight),
        "collateralValue": wire.decimal(wallet.total * price * weight),
        "openOrderQuantity": wire.decimal(wallet.locked),
        "lendQuantity": "0",
        "availableQuantity": wire.decimal(wallet.available),
    }


def positions(call: Call) -> object:
    """With a symbol, one position or 404; without, all of them."""
    symbol = call.params.text("symbol")
    kind = call.params.choice("marketType", MarketType)
    who = call.account
    if symbol is not None:
        call.engine.refresh(symbol)
        if symbol not in who.positions:
            raise Refused("RESOURCE_NOT_FOUND", "Not Found")
    for each in list(who.positions):
        call.engine.refresh(each)
    total = call.world.margin(who)
    exposures = {item.spec.symbol: item for item in call.world.exposures(who)}
    return [
        _position(call, position, exposures[position.symbol], total)
        for position in who.positions.values()
        if symbol in {None, position.symbol} and kind in {None, MarketType.PERP}
    ]


def _position(call: Call, position: Position, exposure: margin.Exposure, total: Margin) -> object:
    """`FuturePositionWithMargin`."""
    leverage, mark = call.account.settings.leverage_limit, exposure.mark
    return {
        "breakEvenPrice": wire.decimal(wire.break_even(position)),
        "entryPrice": wire.decimal(position.entry),
        "estLiquidationPrice": wire.decimal(margin.liquidation_price(exposure, total)),
        "imf": wire.decimal(exposure.initial_fraction(leverage)),
        "imfFunction": wire.curve(exposure.spec.initial),
        "markPrice": wire.decimal(mark),
        "mmf": wire.decimal(exposure.maintenance_fraction),
        "mmfFunction": wire.curve(exposure.spec.maintenance),
        "netCost": wire.decimal(position.cost),
        "netQuantity": wire.decimal(position.quantity),
        "netExposureQuantity": wire.decimal(abs(exposure.worst)),
        "netExposureNotional": wire.decimal(exposure.notional),
        "pnlRealized": wire.decimal(position.realized),
        "pnlUnrealized": wire.decimal(position.unrealized(mark)),
        "cumulativeFundingPayment": wire.decimal(position.funding),
        "symbol": position.symbol,
        "userId": call.account.id,
        "positionId": position.id,
        "cumulativeInterest": "0",
    }


def deposit_address(call: Call) -> object:
    """The sandbox takes no deposits; the address says so."""
    chain = call.params.need("blockchain")
    if chain not in {asset.blockchain for asset in ASSETS.values()}:
        raise bad_request(f"No deposits from {chain}")
    return {"address": f"sandbox-{chain.lower()}-{call.account.id}"}


ROUTES = (
    Route("GET", "/api/v1/account", account, "accountQuery"),
    Route("PATCH", "/api/v1/account", update_account, "accountUpdate", trades=True),
    Route("POST", "/api/v1/account/convertDust", convert_dust, "convertDust", trades=True),
    Route("GET", "/api/v1/account/limits/borrow", borrow_limit, "maxBorrowQuantity"),
    Route("GET", "/api/v1/account/limits/order", order_limit, "maxOrderQuantity"),
    Route("GET", "/api/v1/account/limits/withdrawal", withdrawal_limit, "maxWithdrawalQuantity"),
    Route("GET", "/api/v1/borrowLend/positions", loans, "borrowLendPositionQuery"),
    Route("GET", "/api/v1/capital", balances, "balanceQuery"),
    Route("GET", "/api/v1/capital/collateral", collateral, "collateralQuery"),
    Route("GET", "/wapi/v1/capital/deposit/address", deposit_address, "depositAddressQuery"),
    Route("GET", "/api/v1/position", positions, "positionQuery"),
)
