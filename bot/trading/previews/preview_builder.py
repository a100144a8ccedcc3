"""Gathers what a preview needs (account, market, book) and lets the domain build it.

One `OrderSetting` serves all statements of a message: the account is read once, each market once, and each
statement is built against what the ones before it would leave.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from bot.domain.accounts.account import AccountState, Position
from bot.domain.accounts.holdings import market_of, meant
from bot.domain.intent import (
    BareSize,
    BaseSize,
    CloseIntent,
    Intent,
    ProtectIntent,
    QuoteSize,
    TradeIntent,
    Verb,
)
from bot.domain.markets.market import (
    KNOWN_STATES,
    Book,
    Market,
    MarkPrice,
    ResolvedSymbol,
    UnknownSymbol,
    named,
)
from bot.domain.preview.build import build_orders
from bot.domain.preview.instrument_selection import (
    SIZE_COINS,
    coins_to_close,
    effective_kind,
    near_market,
    position_in,
)
from bot.domain.preview.position_exit import beside, build_exits
from bot.domain.preview.preview import Note, Preview, PreviewContext
from bot.domain.preview.projection import after
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import ZERO, MarketKind
from bot.exchange.backpack import AccountClient, BackpackError
from bot.marketdata import Catalogue, Moment
from bot.people.tables import Account, KeyState, SizeMeaning, User
from bot.trading.account_clients import AccountClients
from bot.trading.account_states import AccountStates
from bot.trading.linking import Linking

SELLS_COINS: Final = "sells-coins"
UNLISTED: Final = "unlisted"

OrderIntent = TradeIntent | CloseIntent | ProtectIntent


@dataclass(frozen=True, slots=True)
class OrderSetting:
    """Who asks, with which account, and what it holds; `moments` are the markets as they were read."""

    user: User
    account: Account
    account_id: int
    line: AccountClient
    state: AccountState
    age_ms: int = 0  # of the state
    moments: Mapping[str, Moment] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A position that a close of several does not touch; `quantity` in base, positive."""

    symbol: str
    quantity: Decimal
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Built:
    """One order with the moment it was built in."""

    preview: Preview
    context: PreviewContext
    left_out: tuple[LeftOut, ...] = ()  # of the first order of a close of several positions


class PreviewBuilder:
    """Builds previews of trades, closes and protections. Raises BackpackError and the vault's errors."""

    def __init__(
        self,
        catalogue: Catalogue,
        clients: AccountClients,
        linking: Linking,
        states: AccountStates,
        *,
        clock: Callable[[], int],
    ) -> None:
        self._catalogue = catalogue
        self._clients = clients
        self._linking = linking
        self._states = states
        self._clock = clock

    async def account(self, user: User, label: str | None) -> Account | Refusal:
        """The account a line means, if its key may trade."""
        account = await self._linking.choose(user.id, label)
        if isinstance(account, Refusal):
            return account
        if account.state is KeyState.READ_ONLY:
            return Refusal(RefusalCode.READ_ONLY_KEY)
        return account

    async def setting(
        self, user: User, label: str | None, intents: Sequence[Intent]
    ) -> OrderSetting | Refusal:
        """The account these intents mean, and what it holds now.

        What only opens is previewed with what the account's streams told; what may close something asks the
        exchange what there is.
        """
        account = await self.account(user, label)
        if isinstance(account, Refusal):
            return account
        seen = await self._states.known(account) if all(map(_opens, intents)) else None
        if seen is not None:
            line = await self._clients.ready(user.id, account.id)
        else:
            line = await self._clients.get(user.id, account.id)
            seen = await self._states.read(account, line)
        return OrderSetting(user, account, account.id, line, seen.state, seen.age_ms)

    async def build(self, setting: OrderSetting, intent: OrderIntent) -> list[Built] | Refusal:
        """The orders one statement means, at least one, or why there is none."""
        match intent:
            case TradeIntent():
                return await self._trade(setting, intent)
            case CloseIntent():
                return await self._close(setting, intent)
            case ProtectIntent():
                return await self._protect(setting, intent)

    async def _trade(self, setting: OrderSetting, intent: TradeIntent) -> list[Built] | Refusal:
        resolved = await self._market_for(setting, intent)
        if isinstance(resolved, Refusal):
            return resolved
        context = replace(await self._context(setting, resolved[0]), has_perp=resolved[1])
        intent, notes = _declared_size(intent, setting.user, context)
        made = build_orders(intent, context)
        return made if isinstance(made, Refusal) else _in_turn(made, context, notes)

    async def _market_for(
        self, setting: OrderSetting, intent: TradeIntent
    ) -> tuple[ResolvedSymbol, bool] | Refusal:
        """The market a line means, and whether its asset has a perpetual."""
        spot = await self._catalogue.resolve(intent.symbol, MarketKind.SPOT)
        perp = await self._catalogue.resolve(intent.symbol, MarketKind.PERP)
        for resolved in (spot, perp):
            if isinstance(resolved, UnknownSymbol):
                return _unknown(resolved, intent)
        perpetual = _market(perp, MarketKind.PERP)
        kind = effective_kind(intent, setting.state, _market(spot, MarketKind.SPOT), perpetual)
        chosen = perp if kind is MarketKind.PERP else spot
        if not isinstance(chosen, ResolvedSymbol):
            return Refusal(RefusalCode.MISSING_SYMBOL)
        return chosen, perpetual is not None

    async def _close(self, setting: OrderSetting, intent: CloseIntent) -> list[Built] | Refusal:
        targets = await self._targets(setting, intent)
        if isinstance(targets, Refusal):
            return targets
        contexts = await asyncio.gather(*(self._context(setting, target) for target in targets))
        built: list[Built] = []
        left_out: list[LeftOut] = []
        for fresh in contexts:
            context = replace(fresh, account=setting.state)
            counted, read = coins_to_close(intent, context)
            outcome = build_orders(counted, context)
            if isinstance(outcome, Refusal):
                held = abs(position_in(context.account, context.market.symbol))
                left_out.append(LeftOut(context.market.symbol, held, outcome))
                continue
            made = _in_turn([_warned(one) for one in outcome], context, read)
            built += made
            setting = left_by(setting, made)
        unread = setting.state.unread_positions
        if built and unread and intent.symbol is None:
            note, last = Note("unread-positions", (("count", unread),)), built[-1]
            built[-1] = replace(last, preview=replace(last.preview, notes=(*last.preview.notes, note)))
        if not built:
            return left_out[-1].refusal if left_out else Refusal(RefusalCode.NO_POSITION)
        return [replace(built[0], left_out=tuple(left_out)), *built[1:]]

    async def _targets(self, setting: OrderSetting, intent: CloseIntent) -> list[ResolvedSymbol] | Refusal:
        """The markets a close means: the named one, all of a side, or the only position there is.

        What is held decides before the list of markets does: a position's market may have left it.
        """
        held = setting.state.positions
        wanted = [position for position in held.values() if _in_scope(position, intent.scope)]
        if intent.symbol is not None:
            wanted = meant(intent.symbol, held.values())
        unread, named_coins = setting.state.unread_positions, intent.symbol and _names_coins(intent.symbol)
        if not wanted and unread and not named_coins:
            return Refusal(RefusalCode.UNREAD_POSITIONS, {"count": unread})
        if intent.symbol is not None and not wanted:
            resolved = await self._catalogue.resolve(intent.symbol, _named_kind(intent.symbol))
            return _unknown(resolved, intent) if isinstance(resolved, UnknownSymbol) else [resolved]
        if not wanted:
            return Refusal(RefusalCode.NO_POSITION)
        if len(wanted) > 1 and (intent.scope is None or intent.symbol is not None):
            names = ", ".join(sorted(position.symbol for position in wanted))
            return Refusal(RefusalCode.SEVERAL_POSITIONS, {"symbols": names})
        return [await self._market_held(position) for position in wanted]

    async def _market_held(self, position: Position) -> ResolvedSymbol:
        """The market of a position: as listed, else as last seen, else as the position itself tells."""
        with contextlib.suppress(BackpackError):
            await self._catalogue.markets()
        known = self._catalogue.known(position.symbol)
        if known is None:
            known = await self._catalogue.rules(position.symbol)
        return ResolvedSymbol(known or market_of(position))

    async def _protect(self, setting: OrderSetting, intent: ProtectIntent) -> list[Built] | Refusal:
        targets = await self._targets(setting, CloseIntent(symbol=intent.symbol))
        if isinstance(targets, Refusal):
            meant = targets.mend_intent
            mend = replace(intent, symbol=meant.symbol) if isinstance(meant, CloseIntent) else None
            return replace(targets, mend_intent=mend)
        if not targets:
            return Refusal(RefusalCode.NO_POSITION)
        context = await self._context(setting, targets[0])
        intent, read = coins_to_close(intent, context)
        previews = build_exits(intent, context)
        if isinstance(previews, Refusal):
            return previews
        told = [_forewarned(replace(preview, notes=preview.notes + read)) for preview in previews]
        resting = await setting.line.open_orders(context.market.symbol)
        return [Built(beside(preview, intent.kind, context, resting), context) for preview in told]

    async def _context(self, setting: OrderSetting, resolved: ResolvedSymbol) -> PreviewContext:
        symbol = resolved.market.symbol
        moment, market = await asyncio.gather(
            self._moment(setting, resolved.market), self._catalogue.rules(symbol)
        )
        market = market or resolved.market
        return PreviewContext(
            market=market if self._catalogue.is_listed(symbol) else replace(market, visible=False),
            book=moment.book,
            mark=moment.mark,
            last=moment.last,
            account=setting.state,
            account_age_ms=setting.age_ms,
            now_ms=self._clock(),
            default_slippage_percent=setting.user.slippage_percent,
            mapped_quote=resolved.mapped_quote,
            open_interest=moment.open_interest,
        )

    async def _moment(self, setting: OrderSetting, market: Market) -> Moment:
        """The market now; where nothing can be read of one that is held, what the position says of it."""
        known = setting.moments.get(market.symbol)
        if known is not None:
            return known
        position = setting.state.positions.get(market.symbol)
        try:
            moment = await self._catalogue.moment(market)
        except BackpackError:
            if position is None or position.mark_price <= ZERO:
                raise
            return _by_position(market, position)
        has_book = moment.book.best_bid is not None or moment.book.best_ask is not None
        gone = not self._catalogue.is_listed(market.symbol) and not has_book
        return _by_position(market, position) if position is not None and gone else moment


def _opens(intent: Intent) -> bool:
    """Whether a line says that something is to be opened or bought, and nothing else."""
    opening = {Verb.LONG, Verb.SHORT, Verb.BUY}
    return isinstance(intent, TradeIntent) and intent.verb in opening and not intent.reduce_only


def _by_position(market: Market, position: Position) -> Moment:
    """A market without news: everything at the mark the account itself was told."""
    mark, level = position.mark_price, [(position.mark_price, abs(position.quantity))]
    return Moment(market, Book(market.symbol, level, level), MarkPrice(market.symbol, mark), mark)


def _forewarned(preview: Preview) -> Preview:
    """Say that the exchange may refuse: the market left the list, or is in a state nobody knows."""
    market, notes = preview.market, preview.notes
    if not market.visible:
        notes = (*notes, Note(UNLISTED, (("symbol", market.symbol),)))
    if market.state not in KNOWN_STATES:
        notes = (*notes, Note("odd-state", (("state", market.state),)))
    return replace(preview, notes=notes)


def _in_turn(previews: Sequence[Preview], context: PreviewContext, notes: tuple[Note, ...]) -> list[Built]:
    """The orders of one line, each with the moment the ones before it would leave; the last has its notes."""
    built: list[Built] = []
    for number, preview in enumerate(previews, 1):
        told = replace(preview, notes=preview.notes + notes) if number == len(previews) else preview
        built.append(Built(_forewarned(told), context))
        context = after(preview, context)
    return built


def left_by(setting: OrderSetting, built: Sequence[Built]) -> OrderSetting:
    """The setting of the next statement: as these orders, sent in turn, would leave it."""
    for one in built:
        left = after(one.preview, one.context)
        moment = Moment(left.market, left.book, left.mark, left.last, left.open_interest)
        moments = {**setting.moments, left.market.symbol: moment}
        setting = replace(setting, state=left.account, moments=moments)
    return setting


def naming(intent: Intent, previews: Sequence[Preview]) -> Intent:
    """The line says which position was meant, and how much of it: reading it again later means the same."""
    symbols = {preview.market.symbol for preview in previews}
    if len(symbols) != 1:
        return intent
    (symbol,) = symbols
    if isinstance(intent, TradeIntent | CloseIntent | ProtectIntent) and isinstance(intent.size, BareSize):
        counts_coins = any(note.code == SIZE_COINS for note in previews[-1].notes)
        intent = replace(intent, size=BaseSize(intent.size.amount)) if counts_coins else intent
    if isinstance(intent, CloseIntent):
        return replace(intent, symbol=symbol, scope=None)
    return replace(intent, symbol=symbol) if isinstance(intent, ProtectIntent) else intent


def declared(intent: TradeIntent, meaning: SizeMeaning | None) -> TradeIntent:
    """The intent with a bare number of an opening order read as its user declared."""
    if intent.reduce_only or meaning is None or not isinstance(intent.size, BareSize):
        return intent
    number = intent.size.amount
    return replace(intent, size=QuoteSize(number) if meaning is SizeMeaning.QUOTE else BaseSize(number))


def _declared_size(
    intent: TradeIntent, user: User, context: PreviewContext
) -> tuple[TradeIntent, tuple[Note, ...]]:
    """A bare number of an opening order means what its user declared, and the preview says so; else it stays
    a question. What reduces is no matter of that default (`instrument_selection.coins_to_close`).

    Near the market it may be a price, and stays a question whatever was declared (docs/grammar.md, *Size*).
    """
    if intent.reduce_only:
        return coins_to_close(intent, context)
    if not isinstance(intent.size, BareSize) or user.size_meaning is None:
        return intent, ()
    number = intent.size.amount
    if intent.price is None and near_market(number, context.last):
        return intent, ()
    note = Note("size-default", (("meaning", user.size_meaning.value), ("size", number)))
    return declared(intent, user.size_meaning), (note,)


def _market(resolved: ResolvedSymbol | UnknownSymbol, kind: MarketKind) -> Market | None:
    if isinstance(resolved, ResolvedSymbol) and resolved.market.kind is kind:
        return resolved.market
    return None


def _named_kind(mention: str) -> MarketKind:
    """Without a position a close means the coins, unless the word says otherwise."""
    return MarketKind.PERP if named(mention).is_perp else MarketKind.SPOT


def _names_coins(mention: str) -> bool:
    """Whether a word can mean no position: `SOL_USDC`."""
    own = named(mention)
    return own.quote is not None and own.is_separate and not own.is_perp


def _in_scope(position: Position, scope: str | None) -> bool:
    return scope in {None, "all"} or (scope == "longs") == position.is_long


def _unknown(unknown: UnknownSymbol, intent: TradeIntent | CloseIntent) -> Refusal:
    """A mistyped symbol is never corrected; where only one can be meant, its line is offered."""
    params = {"symbol": unknown.mention, "suggestions": ", ".join(unknown.suggestions)}
    likely = replace(intent, symbol=unknown.suggestions[0]) if len(unknown.suggestions) == 1 else None
    return Refusal(RefusalCode.UNKNOWN_SYMBOL, params, mend_intent=likely)


def _warned(built: Preview) -> Preview:
    """Who says `close` may think of a position: that it sells coins is said."""
    if built.market.is_perp:
        return built
    return replace(built, notes=(*built.notes, Note(SELLS_COINS, (("symbol", built.market.base),))))
