"""The moment as an order would leave it: what the next line of a chain is previewed against.

Where it cannot be known it is taken to be worse than it may turn out: what rests locks its margin and fills
nothing, a fill better than the mark brings nothing, and levels of the book that were taken do not come back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from bot.domain.accounts.account import AccountState, Balance, Position
from bot.domain.accounts.margin import margin_fraction
from bot.domain.markets.market import Book
from bot.domain.preview.instrument_selection import usable
from bot.domain.preview.preview import Preview, PreviewContext
from bot.domain.preview.pricing import Level, Walk, taking_levels, walk_book
from bot.domain.values import BPS, ONE, ZERO, Side, exact


def after(preview: Preview, context: PreviewContext) -> PreviewContext:
    """`context`, in which `preview` was made, once its order was sent and has done all it can do at once."""
    with exact():
        context = usable(context)
        walk = _taken(preview, context)
        account = _perp(preview, context, walk) if context.market.is_perp else _spot(preview, context, walk)
        return replace(
            context,
            account=account,
            book=_without(preview, context, walk),
            open_interest=_interest(preview, context, walk),
        )


def bought_coins(preview: Preview, filled: Decimal) -> Decimal:
    """What arrives of `filled` base bought on spot: the fee is taken from the coins."""
    return filled * (ONE - max(ZERO, preview.fee_bps) / BPS)


def _taken(preview: Preview, context: PreviewContext) -> Walk:
    """What the order takes from the book as it is sent; nothing while it sleeps or only rests."""
    request = preview.request
    if request.trigger_price is not None or request.post_only:
        return walk_book((), quantity=preview.quantity)
    levels = taking_levels(context.book, request.side, request.price)
    return walk_book(levels, quantity=preview.quantity)


def _perp(preview: Preview, context: PreviewContext, walk: Walk) -> AccountState:
    account, mark = context.account, context.mark.mark
    positions = {
        symbol: held for symbol, held in account.positions.items() if symbol != preview.market.symbol
    }
    before = account.positions.get(preview.market.symbol)
    position = _grown(preview, before, walk, mark)
    if position is not None:
        positions[position.symbol] = position
    if not walk.filled:
        free = min(account.net_equity_available, preview.available_after)
        return replace(account, net_equity_available=free)
    loss = max(ZERO, (walk.cost - walk.filled * mark) * preview.request.side.sign)
    return replace(
        account,
        net_equity=account.net_equity - preview.fee - loss,
        net_equity_available=preview.available_after,
        positions=positions,
    )


def _grown(preview: Preview, before: Position | None, walk: Walk, mark: Decimal) -> Position | None:
    """The position with what was taken; its entry is the average of what is held."""
    held = before.quantity if before is not None else ZERO
    quantity = held + preview.request.side.sign * walk.filled
    if not walk.filled or not quantity:
        return before if not walk.filled else None
    price = walk.cost / walk.filled
    entry = before.entry_price if before is not None else price
    if held * quantity <= ZERO:
        entry = price
    elif abs(quantity) > abs(held):
        entry = (abs(held) * entry + walk.cost) / abs(quantity)
    notional = abs(quantity) * mark
    return Position(
        symbol=preview.market.symbol,
        quantity=quantity,
        entry_price=entry,
        mark_price=mark,
        break_even_price=entry,
        liquidation_price=preview.liquidation_price,
        unrealized_pnl=(mark - entry) * quantity,
        realized_pnl=before.realized_pnl if before is not None else ZERO,
        funding_paid=before.funding_paid if before is not None else ZERO,
        imf=margin_fraction(preview.market.imf, notional),
        mmf=margin_fraction(preview.market.mmf, notional),
    )


def _spot(preview: Preview, context: PreviewContext, walk: Walk) -> AccountState:
    """Coins and money change hands; money spent is no collateral any more, coins bought are none yet."""
    account, market = context.account, preview.market
    balances = dict(account.balances)
    if preview.request.side is Side.BUY:
        spent = _spendable(account, market.quote) - preview.available_after
        balances[market.quote] = _left(account, market.quote, preview.available_after)
        balances[market.base] = _more(account, market.base, bought_coins(preview, walk.filled))
        return replace(
            account,
            balances=balances,
            net_equity=account.net_equity - spent,
            net_equity_available=account.net_equity_available - spent,
        )
    left = min(preview.available_after, _spendable(account, market.base))
    balances[market.base] = _left(account, market.base, left)
    if walk.filled:
        balances[market.quote] = _more(account, market.quote, walk.cost - max(ZERO, preview.fee))
    return replace(account, balances=balances)


def _spendable(account: AccountState, asset: str) -> Decimal:
    balance = account.balances.get(asset)
    return balance.spendable if balance is not None else ZERO


def _left(account: AccountState, asset: str, spendable: Decimal) -> Balance:
    """The balance with `spendable` left: what is free goes first, then what is lent out."""
    balance = account.balances.get(asset, Balance(asset, ZERO))
    lent = max(ZERO, min(balance.lent, spendable))
    return replace(balance, available=max(ZERO, spendable - lent), lent=lent, usd_value=None)


def _more(account: AccountState, asset: str, amount: Decimal) -> Balance:
    balance = account.balances.get(asset, Balance(asset, ZERO))
    return replace(balance, available=balance.available + amount, usd_value=None)


def _without(preview: Preview, context: PreviewContext, walk: Walk) -> Book:
    side, book = preview.request.side, context.book
    levels = book.asks if side is Side.BUY else book.bids
    left = _rest(levels, walk.filled)
    return replace(book, asks=left) if side is Side.BUY else replace(book, bids=left)


def _rest(levels: Sequence[Level], taken: Decimal) -> list[Level]:
    left: list[Level] = []
    for price, quantity in levels:
        part = min(quantity, taken)
        taken -= part
        if quantity > part:
            left.append((price, quantity - part))
    return left


def _interest(preview: Preview, context: PreviewContext, walk: Walk) -> Decimal | None:
    if context.open_interest is None:
        return None
    moved = preview.position_before + preview.request.side.sign * walk.filled
    return context.open_interest + max(ZERO, abs(moved) - abs(preview.position_before))
