"""What becomes of the trade that comes with an alert, after the alert has spoken.

The firing never waits for it: its message is out, or on its way, when the plan is priced. A plan then stands
under that message with one Confirm. An armed plan is sent once, within its limit and soon after the firing;
whatever speaks against that turns it into a question. What was done is remembered by the outbox's dedupe key.
"""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from hashlib import sha256
from typing import Final

from markupsafe import Markup, escape
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from bot.alerts.chat.announcer import intent_of, news, told
from bot.alerts.events import Fired
from bot.alerts.storage.tables import Alert, AlertState, Firing
from bot.alerts.views import cards as alert_view
from bot.chat import buttons
from bot.chat.request import LINE_LIFE_MS
from bot.chat.services import Services
from bot.domain.intent import AlertIntent, CloseIntent, QuoteSize, TradeIntent
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import ZERO
from bot.exchange.backpack import BackpackError
from bot.kernel.tasks import each
from bot.language import canonical
from bot.notifications.notify import notify
from bot.notifications.sender import LANE_URGENT
from bot.notifications.tables import OutboxKind, OutboxState
from bot.notifications.tables import OutboxMessage as Row
from bot.people.tables import ConfirmMode, User
from bot.trading.chat.ticket_cards import card_of
from bot.trading.execution.submission import Submission
from bot.trading.linking import Linking
from bot.trading.previews.offer import Offer
from bot.trading.previews.tickets import Tickets
from bot.trading.storage.tables import TicketState
from bot.trading.views import preview as preview_view
from bot.ui import Button, Locale, Message
from bot.ui import refusals as refusal_view
from bot.ui.message import MAX_DATA, lines
from bot.vault import VaultError

_log = logging.getLogger(__name__)

FRESH_MS: Final = 60_000  # an armed plan older than this is asked about
KEEP_MS: Final = 600_000  # a plan not shown by then is news of yesterday: its alert said the line
PATIENCE_MS: Final = 15_000  # by then what an armed plan did is told, even if its alert is still on the way
POLL_S: Final = 0.2
SLACK: Final = Decimal("1.02")  # `$200` of a market order may cost a little more than $200

Key = tuple[int, int]  # alert, sequence


@dataclass(frozen=True, slots=True)
class _Case:
    """One firing with a plan, and the message that told of it."""

    fired: Fired
    user: User
    row: Row | None
    alone: bool  # the message tells of nothing else
    intent: AlertIntent
    plan: TradeIntent | CloseIntent

    @property
    def in_place(self) -> bool:
        """Whether the plan may stand under the message: in private, alone."""
        row = self.row
        return row is not None and row.message_id is not None and self.alone and row.chat_id == self.user.id


_Tell = Callable[[_Case], Awaitable[None]]


class AlertPlans:
    """Works from `start` to `stop`."""

    def __init__(self, services: Services, *, clock: Callable[[], int]) -> None:
        self._services = services
        self._clock = clock
        self._waiting: dict[Key, int] = {}  # since when
        self._decided: dict[Key, _Tell] = {}  # armed plans that went, or may not, and are not told yet
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def fired(self, alert_id: int, sequence: int) -> None:
        """A firing with a plan is being written."""
        self._waiting.setdefault((alert_id, sequence), self._clock())
        self._wake.set()

    async def start(self) -> None:
        """Take up what a crash left undone."""
        since = self._clock() - KEEP_MS
        async with self._services.database.read() as session:
            statement = (
                select(col(Firing.alert_id), col(Firing.sequence))
                .join(Alert, col(Alert.id) == col(Firing.alert_id))
                .where(col(Alert.plan).is_not(None), col(Firing.noticed_ms) > since)
            )
            for alert_id, sequence in (await session.execute(statement)).all():
                self.fired(alert_id, sequence)
        self._task = asyncio.create_task(self._run(), name="alert-plans")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                await each(self._try, list(self._waiting))
                await asyncio.sleep(POLL_S)

    async def _try(self, key: Key) -> None:
        """One step for one plan; what is not finished is tried again."""
        try:
            if await self._step(key):
                self._waiting.pop(key, None)
        except Exception:
            _log.exception("a plan could not be shown")
        if key in self._waiting and self._clock() - self._waiting[key] > KEEP_MS:
            del self._waiting[key]
            self._decided.pop(key, None)

    async def _step(self, key: Key) -> bool:
        """Whether nothing is left to do."""
        case = await self._case(key)
        if case is None:
            return False  # not committed yet, or never
        if await self._is_told(case):
            return True
        if case.fired.alert.armed_plan and key not in self._decided:
            self._decided[key] = await self._execute(case)
        waits = case.row is not None and case.row.state in {OutboxState.PENDING, OutboxState.SENDING}
        if waits and self._clock() - self._waiting[key] < PATIENCE_MS:
            return False  # the alert itself goes first; this stands under it
        await self._decided.pop(key, self._offer)(case)
        return True

    async def _case(self, key: Key) -> _Case | None:
        async with self._services.database.read() as session:
            found = (
                await session.scalars(
                    select(Firing).where(col(Firing.alert_id) == key[0], col(Firing.sequence) == key[1])
                )
            ).one_or_none()
            if found is None:
                return None
            alert = await session.get_one(Alert, found.alert_id)
            user = await session.get_one(User, alert.user_id)
            row = await session.get(Row, found.outbox_id) if found.outbox_id is not None else None
            told_together = select(col(Firing.id)).where(col(Firing.outbox_id) == found.outbox_id)
            alone = len((await session.scalars(told_together)).all()) == 1
        intent = intent_of(alert)
        if intent.plan is None:
            raise ValueError(f"alert {alert.id} has a plan its line does not have")
        return _Case(Fired(alert, found), user, row, alone, intent, intent.plan)

    async def _is_told(self, case: _Case) -> bool:
        async with self._services.database.read() as session:
            key = select(col(Row.id)).where(col(Row.dedupe_key) == _key(case))
            return (await session.scalars(key)).first() is not None

    # --- a question --------------------------------------------------------------------------------

    async def _offer(self, case: _Case, why: Markup | None = None, made: Offer | None = None) -> None:
        """The preview with its Confirm under the alert, or the reason why there is none."""
        locale = Locale.of_reader(case.user)
        offer = made or await self._priced(case)
        if isinstance(offer, Message):
            again = Button(locale.plain("button-again"), await self._again(case))
            refused = alert_view.plan_refused(locale, canonical(case.plan), offer.text)
            await self._say(case, Message(lines(why, refused), ((again,),)))
            return
        card = card_of(locale, offer)
        message_id = await self._say(case, Message(lines(why, card.text), card.keyboard))
        if message_id is not None:
            what = preview_view.offer_line(locale, offer.previews)
            title = Markup("{} · {}").format(what, alert_view.headline(locale, news(case.fired)))
            await self._services.get(Tickets).shown(offer.ticket_id, message_id, str(title))

    async def _priced(self, case: _Case, token: str | None = None) -> Offer | Message:
        """The offer of the plan as the market is now, or why there is none."""
        locale = Locale.of_reader(case.user)
        try:
            chat_id = case.fired.alert.chat_id
            made = await self._services.get(Tickets).make(
                case.user,
                case.user.id,
                case.plan,
                token=token,
                group_id=None if chat_id == case.user.id else chat_id,
            )
        except BackpackError as error:
            return (
                refusal_view.exchange_error(locale, error.code, error.message)
                if error.code
                else (refusal_view.unreachable(locale))
            )
        except VaultError:
            return refusal_view.refusal(locale, Refusal(RefusalCode.NO_ACCOUNT))
        if isinstance(made, Refusal):
            return Message(refusal_view.refusal(locale, made).text)
        return made

    async def _again(self, case: _Case) -> str:
        """Data of a button that previews the plan once more."""
        line = canonical(case.plan)
        if len(f"go:{line}".encode()) <= MAX_DATA:
            return f"go:{line}"
        async with self._services.database.write() as session:
            return "go:~" + await buttons.create(
                session,
                case.user.id,
                case.user.id,
                "line",
                {"line": line},
                now_ms=self._clock(),
                life_ms=LINE_LIFE_MS,
            )

    # --- without asking ----------------------------------------------------------------------------

    async def _execute(self, case: _Case) -> _Tell:
        """Send an armed plan once, or turn it into a question; how to tell of it."""
        locale, token = Locale.of_reader(case.user), _token(case)
        known = await self._services.get(Submission).past(token, case.user.id)
        if known is not None and known.state is TicketState.CLAIMED:
            order = Markup(known.title) if known.title else escape(known.line)  # noqa: S704
            account = await self._services.get(Linking).get(case.user.id, known.account_id)
            return partial(self._done, order=order, account_label=account.label if account else "")
        late_ms = self._clock() - case.fired.firing.happened_ms
        if known is not None or late_ms > FRESH_MS:  # cut short by a crash, or noticed late
            return partial(self._offer, why=alert_view.plan_asks(locale, "too-late", late_s=late_ms // 1000))
        offer = await self._priced(case, token)
        if isinstance(offer, Message):
            return self._offer
        why = self._objection(case, offer)
        if why is not None:
            return partial(self._offer, why=why, made=offer)
        sent = await self._services.get(Submission).claim_and_send(
            offer.ticket, case.user.id, begin=partial(_still_wanted, case=case)
        )
        if isinstance(sent, Refusal):
            return partial(self._offer, why=refusal_view.refusal_sentence(locale, sent))
        order = preview_view.offer_line(locale, offer.previews)
        return partial(self._done, order=order, account_label=offer.account_label)

    def _objection(self, case: _Case, offer: Offer) -> Markup | None:
        """Why an armed plan is not sent without asking."""
        locale = Locale.of_reader(case.user)
        if needs_no_limit(case.plan, offer):
            return None
        limit = limit_of(case.intent, case.user)
        notional = sum((preview.notional for preview in offer.previews), ZERO)
        if limit is None:
            return alert_view.plan_asks(locale, "no-limit")
        if notional > limit * SLACK:
            return alert_view.plan_asks(locale, "above-limit", notional=notional, limit=limit)
        return None

    async def _done(self, case: _Case, order: Markup, account_label: str) -> None:
        text = alert_view.plan_done(Locale.of_reader(case.user), order, account_label)
        await self._say(case, Message(text))

    # --- saying it ---------------------------------------------------------------------------------

    async def _say(self, case: _Case, plan: Message) -> int | None:
        """Under the message of the alert where that is the user's own, else in the private chat.

        Returns the message that shows it, where it is known by now.
        """
        one = replace(news(case.fired), plan=None)
        locale = Locale.of_reader(case.user)
        buttons_of_alert = told(locale, [case.fired]).keyboard if case.in_place else ()
        head = alert_view.fired(locale, [one], buttons_of_alert)
        message = Message(lines(head.text, "", plan.text), (*plan.keyboard, *head.keyboard))
        message_id = case.row.message_id if case.in_place and case.row is not None else None
        async with self._services.database.write() as session:
            if await session.get(Alert, case.fired.alert.id, populate_existing=True) is None:
                return None  # its user was forgotten
            queued = await notify(
                session,
                case.user.id,
                message,
                LANE_URGENT,
                self._clock(),
                kind=OutboxKind.EDIT if case.in_place else OutboxKind.SEND,
                message_id=message_id,
                dedupe_key=_key(case),
            )
        self._services.outbox.kick()
        return message_id if queued else None


def limit_of(intent: AlertIntent, user: User) -> Decimal | None:
    """Up to how much an armed plan goes without asking, in USD: what was said with it, else the setting."""
    if intent.cap_usd is not None:
        return intent.cap_usd
    if isinstance(intent.plan, TradeIntent) and isinstance(intent.plan.size, QuoteSize):
        return intent.plan.size.amount
    return user.confirm_below_usd if user.confirm_mode is ConfirmMode.BELOW else None


def needs_no_limit(plan: TradeIntent | CloseIntent, offer: Offer) -> bool:
    """Whether it can only make a position smaller."""
    only_closes = all(preview.request.reduce_only for preview in offer.previews)
    return isinstance(plan, CloseIntent) and only_closes


async def _still_wanted(session: AsyncSession, case: _Case) -> bool:
    """Whether nobody has ended the alert since it fired: its user, the operator, or a key that went."""
    alert = await session.get(Alert, case.fired.alert.id, populate_existing=True)
    return alert is not None and alert.state is not AlertState.DELETED


def _key(case: _Case) -> str:
    return f"plan:{case.fired.firing.id}"


def _token(case: _Case) -> str:
    """The one token of a firing's order: a firing that is taken up twice sends no second order.

    It is no secret: only its user can claim it.
    """
    name = f"firing:{case.fired.alert.id}:{case.fired.firing.sequence}"
    return base64.urlsafe_b64encode(sha256(name.encode()).digest()[:16]).decode().rstrip("=")
