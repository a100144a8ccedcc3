"""From an intent to an offer: gather market and account, let the domain build the preview, keep a ticket.

An offer lives 60 seconds, belongs to one user, and its token is known only to the button that carries it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.backpack import AccountClient
from bot.desk.linking import Linking
from bot.desk.placing import Leg, pack_legs
from bot.desk.sessions import AccountSessions
from bot.domain.account import AccountState, Position
from bot.domain.intent import (
    BareSize,
    BaseSize,
    CloseIntent,
    Intent,
    ProtectIntent,
    QuoteSize,
    TradeIntent,
)
from bot.domain.market import Market, ResolvedSymbol, UnknownSymbol
from bot.domain.order import OrderRequest
from bot.domain.plan import build_close, build_preview, build_protect
from bot.domain.preview import Note, Preview, PreviewContext
from bot.domain.pricing import moved_beyond, taking_levels, walk_book
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.routing import effective_kind
from bot.domain.values import MarketKind, OrderType, Side
from bot.grammar import canonical
from bot.market import Catalogue
from bot.store import Database, tickets, users
from bot.store.buttons import new_token
from bot.store.tables import Account, SizeMeaning, Ticket, TicketKind, TicketState, User
from bot.store.tables import AccountState as KeyState

OFFER_LIFE_MS: Final = 60_000
SELLS_COINS: Final = "sells-coins"


@dataclass(frozen=True, slots=True)
class Offer:
    """A preview somebody may confirm. `token` goes into the button and nowhere else."""

    ticket_id: int
    token: str
    account_id: int
    account_label: str
    line: str
    previews: tuple[Preview, ...]

    def __repr__(self) -> str:
        return f"Offer(ticket_id={self.ticket_id}, line={self.line!r})"


@dataclass(frozen=True, slots=True)
class Moved:
    """The price ran away between the preview and the tap."""

    symbol: str
    was: Decimal
    now: Decimal


@dataclass(frozen=True, slots=True)
class _Setting:
    """Who asks, with which account, and what it holds."""

    user: User
    account: Account
    account_id: int
    line: AccountClient
    state: AccountState


class Offers:
    """Builds previews of trades, closes and protections and stores their tickets. Raises BackpackError."""

    def __init__(
        self,
        database: Database,
        catalogue: Catalogue,
        sessions: AccountSessions,
        linking: Linking,
        *,
        clock: Callable[[], int],
    ) -> None:
        self._database = database
        self._catalogue = catalogue
        self._sessions = sessions
        self._linking = linking
        self._clock = clock

    async def make(
        self, user: User, chat_id: int, intent: Intent, *, token: str | None = None
    ) -> Offer | Refusal:
        """The offer for a trade, a close or a protection, or the reason why there is none.

        `token` is the offer's own where the caller has one that can exist only once.
        """
        label = getattr(intent, "account", None)
        setting = await self._setting(user, label)
        if isinstance(setting, Refusal):
            return setting
        match intent:
            case TradeIntent():
                built = await self._trade(setting, intent)
                kind = TicketKind.TRADE
            case CloseIntent():
                built = await self._close(setting, intent)
                kind = TicketKind.CLOSE
            case ProtectIntent():
                built = await self._protect(setting, intent)
                kind = TicketKind.PROTECT
            case _:
                raise TypeError(f"{type(intent).__name__} is not an offer")
        if isinstance(built, Refusal):
            return _printed(built)
        intent = _naming(intent, built)
        return await self._store(setting, chat_id, kind, canonical(intent), built, token or new_token())

    async def _setting(self, user: User, label: str | None) -> _Setting | Refusal:
        account = await self._linking.choose(user.id, label)
        if isinstance(account, Refusal):
            return account
        if account.state is KeyState.READ_ONLY:
            return Refusal(RefusalCode.READ_ONLY_KEY)
        if account.id is None:
            return Refusal(RefusalCode.NO_ACCOUNT)
        line = await self._sessions.get(user.id, account.id)
        return _Setting(user, account, account.id, line, await line.state())

    # --- building ----------------------------------------------------------------------------------

    async def _trade(self, setting: _Setting, intent: TradeIntent) -> Sequence[Preview] | Refusal:
        resolved = await self._market_for(setting, intent)
        if isinstance(resolved, Refusal):
            return resolved
        intent, notes = _declared_size(intent, setting.user)
        context = await self._context(setting, resolved)
        preview = build_preview(intent, context)
        if isinstance(preview, Refusal):
            return preview
        return [replace(preview, notes=preview.notes + notes)]

    async def _market_for(self, setting: _Setting, intent: TradeIntent) -> ResolvedSymbol | Refusal:
        spot = await self._catalogue.resolve(intent.symbol, MarketKind.SPOT)
        perp = await self._catalogue.resolve(intent.symbol, MarketKind.PERP)
        for resolved in (spot, perp):
            if isinstance(resolved, UnknownSymbol):
                return _unknown(resolved, intent)
        kind = effective_kind(
            intent, setting.state, _market(spot, MarketKind.SPOT), _market(perp, MarketKind.PERP)
        )
        chosen = perp if kind is MarketKind.PERP else spot
        return chosen if isinstance(chosen, ResolvedSymbol) else Refusal(RefusalCode.MISSING_SYMBOL)

    async def _close(self, setting: _Setting, intent: CloseIntent) -> Sequence[Preview] | Refusal:
        targets = await self._targets(setting, intent)
        if isinstance(targets, Refusal):
            return targets
        contexts = await asyncio.gather(*(self._context(setting, target) for target in targets))
        built = [_warned(build_close(intent, context)) for context in contexts]
        refused = next((one for one in built if isinstance(one, Refusal)), None)
        previews = [one for one in built if isinstance(one, Preview)]
        return refused if refused is not None and len(built) == 1 else previews or refused or []

    async def _targets(self, setting: _Setting, intent: CloseIntent) -> list[ResolvedSymbol] | Refusal:
        """The markets a close means: the named one, all of a side, or the only position there is."""
        held = setting.state.positions
        if intent.symbol is not None:
            resolved = await self._catalogue.resolve(intent.symbol, _held_kind(intent.symbol, held))
            return _unknown(resolved, intent) if isinstance(resolved, UnknownSymbol) else [resolved]
        wanted = [position for position in held.values() if _in_scope(position, intent.scope)]
        if not wanted:
            return Refusal(RefusalCode.NO_POSITION)
        if intent.scope is None and len(wanted) > 1:
            names = ", ".join(sorted(position.symbol for position in wanted))
            return Refusal(RefusalCode.SEVERAL_POSITIONS, {"symbols": names})
        return await self._resolved(wanted)

    async def _resolved(self, positions: Sequence[Position]) -> list[ResolvedSymbol]:
        markets = await self._catalogue.markets()
        return [ResolvedSymbol(markets[one.symbol]) for one in positions if one.symbol in markets]

    async def _protect(self, setting: _Setting, intent: ProtectIntent) -> Sequence[Preview] | Refusal:
        close = CloseIntent(symbol=intent.symbol)
        targets = await self._targets(setting, close)
        if isinstance(targets, Refusal):
            return targets
        preview = build_protect(intent, await self._context(setting, targets[0]))
        return preview if isinstance(preview, Refusal) else [preview]

    async def _context(self, setting: _Setting, resolved: ResolvedSymbol) -> PreviewContext:
        moment = await self._catalogue.moment(resolved.market)
        return PreviewContext(
            market=resolved.market,
            book=moment.book,
            mark=moment.mark,
            last=moment.last,
            account=setting.state,
            now_ms=self._clock(),
            default_slippage_percent=setting.user.slippage_percent,
            mapped_quote=resolved.mapped_quote,
            open_interest=moment.open_interest,
        )

    # --- tickets -----------------------------------------------------------------------------------

    async def _store(
        self,
        setting: _Setting,
        chat_id: int,
        kind: TicketKind,
        line: str,
        previews: Sequence[Preview],
        token: str,
    ) -> Offer:
        now = self._clock()
        ticket = Ticket(
            token_hash=tickets.hash_token(token),
            user_id=setting.user.id,
            chat_id=chat_id,
            account_id=setting.account_id,
            kind=kind,
            line=line,
            legs=pack_legs([Leg.of(preview.request, preview.market) for preview in previews]),
            preview={"references": [_reference(preview) for preview in previews]},
            state=TicketState.OFFERED,
            created_ms=now,
            expires_ms=now + OFFER_LIFE_MS,
            reference_price=previews[0].expected_price,
        )
        async with self._database.write() as session:
            ticket = await tickets.offer(session, ticket)
        if ticket.id is None:
            raise RuntimeError("the store gave a ticket no id")
        return Offer(ticket.id, token, setting.account_id, setting.account.label, line, tuple(previews))

    async def shown(self, ticket_id: int, message_id: int, title: str) -> None:
        """Remember which message shows an offer, and in which words, so that it can say when it is over."""
        async with self._database.write() as session:
            await tickets.set_message(session, ticket_id, message_id, title)

    async def moved(self, ticket: Ticket, user: User) -> Moved | None:
        """Whether the market ran away from a market order since it was shown; None when it may go."""
        markets = await self._catalogue.markets()
        for stored in ticket.preview["references"]:
            market = markets.get(stored["symbol"])
            if market is None or not stored["immediate"]:
                continue
            side, was = Side(stored["side"]), Decimal(stored["price"])
            book = await self._catalogue.book(market)
            walk = walk_book(taking_levels(book, side), quantity=Decimal(stored["quantity"]))
            now = walk.average or was
            if not walk.complete or moved_beyond(was, now, side, user.price_tolerance_percent):
                return Moved(market.symbol, was, now)
        return None

    async def expire(self, tell: Callable[[AsyncSession, Ticket], Awaitable[None]]) -> None:
        """Close overdue offers; `tell` writes in the same transaction that their buttons are gone."""
        async with self._database.write() as session:
            for ticket in await tickets.expire(session, self._clock()):
                await tell(session, ticket)

    async def change_user(self, user: User, **settings: Any) -> User:
        """Store some of the user's settings (`store.users.SETTINGS`)."""
        async with self._database.write() as session:
            return await users.change_settings(session, user.id, **settings) or user

    async def user(self, user_id: int, language: str = "en") -> User:
        """The user's settings, made on first sight."""
        async with self._database.read() as session:
            known = await users.get(session, user_id)
        if known is not None and known.forgotten_ms is None:
            return known
        async with self._database.write() as session:
            return await users.get_or_create(session, user_id, self._clock(), language)


def _naming(intent: Intent, previews: Sequence[Preview]) -> Intent:
    """The line says which position it meant, so that reading it again later means the same one."""
    if len(previews) != 1:
        return intent
    symbol = previews[0].market.symbol
    if isinstance(intent, CloseIntent):
        return replace(intent, symbol=symbol, scope=None)
    return replace(intent, symbol=symbol) if isinstance(intent, ProtectIntent) else intent


def _declared_size(intent: TradeIntent, user: User) -> tuple[TradeIntent, tuple[Note, ...]]:
    """A bare number means what its user declared, and the preview says so; else it stays a question."""
    if not isinstance(intent.size, BareSize) or user.size_meaning is None:
        return intent, ()
    number = intent.size.amount
    size = QuoteSize(number) if user.size_meaning is SizeMeaning.QUOTE else BaseSize(number)
    note = Note("size-default", (("meaning", user.size_meaning.value), ("size", number)))
    return replace(intent, size=size), (note,)


def _market(resolved: ResolvedSymbol | UnknownSymbol, kind: MarketKind) -> Market | None:
    if isinstance(resolved, ResolvedSymbol) and resolved.market.kind is kind:
        return resolved.market
    return None


def _held_kind(mention: str, held: dict[str, Position] | Any) -> MarketKind:
    """A close means the perp when there is a position in it, else the coins."""
    base = mention.lstrip("$#").upper().split("_")[0].split("-")[0].split("/")[0]
    return MarketKind.PERP if any(symbol.split("_")[0] == base for symbol in held) else MarketKind.SPOT


def _in_scope(position: Position, scope: str | None) -> bool:
    return scope in {None, "all"} or (scope == "longs") == position.is_long


def _unknown(unknown: UnknownSymbol, intent: TradeIntent | CloseIntent) -> Refusal:
    """A mistyped symbol is never corrected; where only one can be meant, its line is offered."""
    params = {"symbol": unknown.mention, "suggestions": ", ".join(unknown.suggestions)}
    likely = replace(intent, symbol=unknown.suggestions[0]) if len(unknown.suggestions) == 1 else None
    return Refusal(RefusalCode.UNKNOWN_SYMBOL, params, mend_intent=likely)


def _warned(built: Preview | Refusal) -> Preview | Refusal:
    """Who says `close` may think of a position: that it sells coins is said."""
    if isinstance(built, Refusal) or built.market.is_perp:
        return built
    return replace(built, notes=(*built.notes, Note(SELLS_COINS, (("symbol", built.market.base),))))


def _printed(refusal: Refusal) -> Refusal:
    """The refusal with its mend as a line people can send."""
    if refusal.mend is not None or refusal.mend_intent is None:
        return refusal
    return replace(refusal, mend=canonical(refusal.mend_intent))


def _reference(preview: Preview) -> dict[str, Any]:
    request: OrderRequest = preview.request
    return {
        "symbol": request.symbol,
        "side": request.side.value,
        "price": str(preview.expected_price),
        "quantity": str(preview.quantity),
        "immediate": request.order_type is OrderType.MARKET and request.trigger_price is None,
    }
