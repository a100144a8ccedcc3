"""From intents to an offer: statements become one preview somebody may confirm, kept as a ticket.

An offer lives 60 seconds, belongs to one user, and its token is known only to the button that carries it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.buttons import new_token
from bot.domain.execution.operation import Leg
from bot.domain.execution.order_list import PlannedStatement
from bot.domain.intent import CancelIntent, CloseIntent, Intent, ProtectIntent, TradeIntent
from bot.domain.orders.order import OrderRequest
from bot.domain.orders.roles import OrderRole
from bot.domain.orders.stop_replacement import as_choice, is_beside, may_replace, standing, stands_already
from bot.domain.preview.instrument_selection import WHOLE
from bot.domain.preview.preview import Preview
from bot.domain.preview.pricing import moved_beyond, taking_levels, walk_book
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.risk.order_risk import opens_risk
from bot.domain.values import ZERO, OrderType, Side
from bot.kernel.storage import Database
from bot.language import canonical
from bot.marketdata import Catalogue
from bot.people import leave
from bot.people.access import AccessPolicy
from bot.people.tables import User
from bot.trading.execution.cancellation import Cancellation
from bot.trading.execution.order_list import pack_statements
from bot.trading.execution.submission import pack_legs
from bot.trading.previews.offer import Moved, Offer, OfferStep, Refused
from bot.trading.previews.preview_builder import (
    Built,
    OrderIntent,
    OrderSetting,
    PreviewBuilder,
    left_by,
    naming,
)
from bot.trading.storage import tickets
from bot.trading.storage.tables import Ticket, TicketKind, TicketState

OFFER_LIFE_MS: Final = 60_000

_KINDS: Final = {
    TradeIntent: TicketKind.TRADE,
    CloseIntent: TicketKind.CLOSE,
    ProtectIntent: TicketKind.PROTECT,
}


@dataclass(frozen=True, slots=True)
class _Where:
    """The chat of the preview, and the group it was asked for in."""

    chat_id: int
    group_id: int | None


class Tickets:
    """Builds previews and stores their tickets. Raises BackpackError."""

    def __init__(
        self,
        database: Database,
        catalogue: Catalogue,
        preview_builder: PreviewBuilder,
        cancellation: Cancellation,
        *,
        access: AccessPolicy,
        clock: Callable[[], int],
    ) -> None:
        self._database = database
        self._catalogue = catalogue
        self._preview_builder = preview_builder
        self._cancellation = cancellation
        self._access = access
        self._clock = clock

    async def make(
        self,
        user: User,
        chat_id: int,
        intent: Intent,
        *,
        token: str | None = None,
        group_id: int | None = None,
    ) -> Offer | Refusal:
        """The offer for a trade, a close or a protection, or the reason why there is none.

        `token` is the offer's own where the caller has one that can exist only once; `group_id` is where it
        was asked for.
        """
        if not isinstance(intent, TradeIntent | CloseIntent | ProtectIntent):
            raise TypeError(f"{type(intent).__name__} is not an offer")
        setting = await self._preview_builder.setting(user, intent.account, (intent,))
        if isinstance(setting, Refusal):
            return setting
        built = await self._preview_builder.build(setting, intent)
        if isinstance(built, Refusal):
            return _printed(built)
        step = _step(intent, built)
        legs = pack_legs([_leg(preview, intent) for preview in step.previews])
        where = _Where(chat_id, group_id)
        if isinstance(intent, ProtectIntent) and is_beside(step.previews[0].notes):
            return await self._beside(setting, where, intent, built, legs)
        return await self._store(setting, where, _KINDS[type(intent)], (step,), legs, token)

    async def _beside(
        self,
        setting: OrderSetting,
        where: _Where,
        intent: ProtectIntent,
        built: Sequence[Built],
        legs: list[dict[str, Any]],
    ) -> Offer | Refusal:
        """An exit where others of its kind stand: beside them or in their place, never the same again."""
        context, sizes = built[0].context, (one.preview.quantity for one in built)
        preview = replace(built[0].preview, quantity=sum(sizes, ZERO))
        now = context.mark.mark if context.market.is_perp else context.last
        everything = CancelIntent(scope="all", account=setting.account.label)
        resting = await self._cancellation.resting(setting.user, everything)
        found = [] if isinstance(resting, Refusal) else standing(preview, intent.kind, resting, now)
        same = stands_already(preview, intent.kind, found, now)
        if same is not None:
            return same
        if not may_replace(preview, found, now):
            return await self._store(setting, where, TicketKind.PROTECT, (_step(intent, built),), legs, None)
        step = _step(intent, [replace(one, preview=as_choice(one.preview)) for one in built])
        added = await self._store(setting, where, TicketKind.PROTECT, (step,), legs, None)
        if isinstance(added, Refusal):
            return added
        cancel = "; ".join(f"cancel {order.code or order.exchange_id}" for order in found)
        stored = pack_statements(
            [
                PlannedStatement(step.line, tuple(_leg(one.preview, intent) for one in built)),
                PlannedStatement(cancel, cancels=tuple(found), is_replacement=True),
            ]
        )
        instead = await self._store(setting, where, TicketKind.CHAIN, (step,), stored, None)
        if isinstance(instead, Refusal):
            return instead
        await self._one_of(added, instead)
        return replace(added, replaces=tuple(found), replace_token=instead.token)

    async def _one_of(self, *made: Offer) -> None:
        """Of these offers one may be taken."""
        async with self._database.write() as session:
            for offer in made:
                others = [other.ticket.id for other in made if other is not offer]
                offer.ticket.preview = {**offer.ticket.preview, "instead_of": others}
                await tickets.remember(session, offer.ticket.id, offer.ticket.preview)

    async def choose(self, ticket: Ticket, user_id: int) -> Refusal | None:
        """Close the offers that `ticket` was an alternative to; a refusal when one of them was taken."""
        others = ticket.preview.get("instead_of", ())
        if not others:
            return None
        async with self._database.write() as session:
            for other in [await tickets.get(session, int(one)) for one in others]:
                if other is None or other.state is TicketState.CLAIMED:
                    return Refusal(RefusalCode.USED)
                await tickets.close_ticket(session, other.token_hash, user_id, TicketState.SUPERSEDED)
        return None

    async def make_chain(
        self,
        user: User,
        chat_id: int,
        intents: Sequence[OrderIntent | CancelIntent],
        *,
        token: str | None = None,
        group_id: int | None = None,
    ) -> Offer | Refused:
        """One offer for several statements, each built against what the ones before it would leave."""
        setting = await self._preview_builder.setting(user, intents[0].account, intents)
        if isinstance(setting, Refusal):
            return Refused(0, setting)
        steps: list[OfferStep] = []
        for number, intent in enumerate(intents):
            other = await self._preview_builder.account(user, intent.account)
            if isinstance(other, Refusal):
                return Refused(number, other)
            if other.id != setting.account_id:
                return Refused(number, Refusal(RefusalCode.UNSUPPORTED, {"feature": "chain-accounts"}))
            done = await self._next(setting, user, intent)
            if isinstance(done, Refusal):
                return Refused(number, _printed(done))
            step, setting = done
            steps.append(step)
        stored = [
            PlannedStatement(
                step.line, tuple(_leg(preview, intent) for preview in step.previews), step.cancels
            )
            for step, intent in zip(steps, intents, strict=True)
        ]
        where = _Where(chat_id, group_id)
        made = await self._store(
            setting, where, TicketKind.CHAIN, tuple(steps), pack_statements(stored), token
        )
        return Refused(None, made) if isinstance(made, Refusal) else made

    async def _next(
        self, setting: OrderSetting, user: User, intent: OrderIntent | CancelIntent
    ) -> tuple[OfferStep, OrderSetting] | Refusal:
        """One statement of a chain, and what it leaves to the next."""
        if isinstance(intent, CancelIntent):
            resting = await self._cancellation.resting(user, intent)
            if isinstance(resting, Refusal):
                if resting.code is not RefusalCode.NO_ORDER or intent.order_id is not None:
                    return resting
                resting = []  # nothing to cancel is no reason to hold up the rest
            if any(order.account_label != setting.account.label for order in resting):
                return Refusal(RefusalCode.UNSUPPORTED, {"feature": "chain-accounts"})
            return OfferStep(canonical(intent), cancels=tuple(resting)), setting
        built = await self._preview_builder.build(setting, intent)
        if isinstance(built, Refusal):
            return built
        return _step(intent, built), left_by(setting, built)

    # --- tickets -----------------------------------------------------------------------------------

    async def _store(
        self,
        setting: OrderSetting,
        where: _Where,
        kind: TicketKind,
        steps: tuple[OfferStep, ...],
        legs: list[dict[str, Any]],
        token: str | None,
    ) -> Offer | Refusal:
        """The offer, or that its user has no leave for it: what only reduces stays as the mend."""
        now, token = self._clock(), token or new_token()
        line = "; ".join(step.line for step in steps)
        previews = [preview for step in steps for preview in step.previews]
        needed = self._access.leave(setting.user.id, (preview.request for preview in previews))
        ticket = Ticket(
            token_hash=tickets.hash_token(token),
            user_id=setting.user.id,
            chat_id=where.chat_id,
            group_id=where.group_id,
            account_id=setting.account_id,
            kind=kind,
            line=line,
            legs=legs,
            preview={
                "references": [_reference(preview) for preview in previews],
                "account_age_ms": setting.age_ms,
            },
            state=TicketState.OFFERED,
            created_ms=now,
            expires_ms=now + OFFER_LIFE_MS,
            reference_price=previews[0].expected_price if previews else None,
        )
        async with self._database.write() as session:
            if not await leave.has(session, setting.user.id, setting.account_id, needed):
                return Refusal(RefusalCode.CLOSING_ONLY, mend=_reducing(steps))
            ticket = await tickets.offer(session, ticket)
        return Offer(ticket, token, setting.account.label, line, steps)

    async def shown(self, ticket_id: int, message_id: int, title: str) -> None:
        """Remember which message shows an offer, and in which words, so that it can say when it is over."""
        async with self._database.write() as session:
            await tickets.set_message(session, ticket_id, message_id, title)

    async def withdraw(self, ticket_id: int, user_id: int) -> Ticket | Refusal:
        """End an offer nobody has confirmed, or say that it is over; twice is no harm."""
        async with self._database.write() as session:
            ticket = await tickets.get(session, ticket_id)
            if ticket is None or ticket.user_id != user_id:
                return Refusal(RefusalCode.NOT_YOUR_CARD)
            closed = await tickets.close_ticket(session, ticket.token_hash, user_id, TicketState.CANCELLED)
            if closed is not None or ticket.state is TicketState.CANCELLED:
                return closed or ticket
            return Refusal(RefusalCode.USED if ticket.state is TicketState.CLAIMED else RefusalCode.EXPIRED)

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


def _step(intent: OrderIntent, built: Sequence[Built]) -> OfferStep:
    previews = tuple(one.preview for one in built)
    named = intent if built[0].left_out else naming(intent, previews)
    return OfferStep(canonical(named), previews, left_out=built[0].left_out)


def _reducing(steps: Sequence[OfferStep]) -> str | None:
    """The line of the statements that open nothing."""
    kept = [step.line for step in steps if not any(opens_risk(one.request) for one in step.previews)]
    return "; ".join(kept) or None


def _leg(preview: Preview, intent: Intent) -> Leg:
    if isinstance(intent, ProtectIntent):
        leg = Leg.of(preview.request, preview.market, OrderRole.of_exit(intent.kind))
        return replace(leg, is_whole=intent.size in {None, WHOLE})
    closes = isinstance(intent, CloseIntent) or preview.request.reduce_only
    return Leg.of(preview.request, preview.market, OrderRole.CLOSE if closes else OrderRole.ENTRY)


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
