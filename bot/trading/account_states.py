"""What each account in use holds, kept by its private streams, so that a preview asks the exchange nothing.

A state is read from REST when it is first wanted, after every gap of the stream, and in the background while
its person trades. What the stream tells since is reckoned (`domain.accounts.kept_account`), or else read.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from bot.domain.accounts.account import AccountState, Position
from bot.domain.accounts.kept_account import BalanceTold, Told, as_marked, as_told
from bot.domain.markets.market import Market
from bot.domain.values import ZERO
from bot.exchange.backpack import AccountClient, BackpackError, Unauthorised
from bot.exchange.backpack.events import BalanceUpdate, OrderUpdate, PositionUpdate
from bot.kernel.tasks import each
from bot.marketdata import Catalogue, Feed
from bot.people.tables import Account
from bot.trading.account_clients import AccountClients
from bot.trading.events import AccountDisturbed, OrderAnswered, OrderSent, UserStreamHeard
from bot.vault import VaultError

_log = logging.getLogger(__name__)

BELIEVED_S: Final = 60.0  # so long after it was read a state is used, whatever the stream says
REFRESH_S: Final = 15.0  # it is read again by then while its person trades: what no stream tells
QUIET_S: Final = 1.0  # after news: they come several at once
IN_USE_S: Final = 300.0  # after the last preview
AT_ONCE: Final = 10  # accounts read in the background at the same time
LONGEST_READ_S: Final = 10.0
DEATH_MS: Final = 10_000  # so long after its deadline what became of an order is certain at the exchange


@dataclass(frozen=True, slots=True)
class SeenAccount:
    """`age_ms`: how long ago the exchange was asked; what its streams told since is in it."""

    state: AccountState
    age_ms: int = 0


@dataclass(slots=True)
class _Kept:
    """Of one account, in monotonic seconds."""

    account: Account
    used: float
    state: AccountState | None = None
    told: Told = field(default_factory=Told)
    read: float = float("-inf")  # when the state was asked for
    asked: float = float("-inf")  # when it last was, whatever came of it
    heard: float = float("-inf")  # when something of the account was last heard
    news: int = 0  # how often
    is_reading: bool = False
    is_distrusted: bool = False  # its stream kept something to itself, and has said nothing since


class AccountStates:
    """`is_live`: whether the stream of an account is open and has been compared since."""

    def __init__(
        self,
        clients: AccountClients,
        catalogue: Catalogue,
        feed: Feed,
        *,
        is_live: Callable[[int], bool],
        now_ms: Callable[[], int],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clients = clients
        self._catalogue = catalogue
        self._feed = feed
        self._is_live = is_live
        self._now_ms = now_ms
        self._monotonic = monotonic
        self._kept: dict[int, _Kept] = {}
        self._sending: Counter[int] = Counter()  # orders under way, by account
        self._doubt_ms: dict[int, int] = {}  # until when an order without an answer may execute

    async def known(self, account: Account) -> SeenAccount | None:
        """What the account holds, as its streams have it; None where that is not certain."""
        kept = self._in_use(account)
        state = self._now(kept)
        if state is None:
            return None
        return SeenAccount(state, round((self._monotonic() - kept.read) * 1000))

    async def read(self, account: Account, line: AccountClient) -> SeenAccount:
        """What the account holds, asked for now. Raises BackpackError."""
        return SeenAccount(await self._read(self._in_use(account), line))

    # --- what happens ------------------------------------------------------------------------------

    def heard(self, heard: UserStreamHeard) -> None:
        """The private stream of an account told something, or was lost or found."""
        kept = self._kept.get(heard.account_id)
        if kept is None:
            return
        self._disturb(kept)
        kept.is_distrusted = False
        match heard.event:
            case OrderUpdate(report=report):
                kept.told.order(report)
            case PositionUpdate() as update:
                position = _position(update)
                kept.told.is_certain = kept.told.is_certain and position is not None
                if position is not None:
                    kept.told.positions[update.symbol] = position
            case BalanceUpdate(asset, available, locked, _, engine_us):
                kept.told.balances.append(BalanceTold(asset, available, locked, engine_us))
            case _:
                kept.state = None

    def sent(self, sent: OrderSent) -> None:
        """An order is under way: what it does to the account nobody knows."""
        self._sending[sent.account_id] += 1

    def answered(self, answered: OrderAnswered) -> None:
        account_id = answered.account_id
        self._sending[account_id] -= 1
        kept = self._kept.get(account_id)
        if answered.doubt_ms:
            until_ms = answered.doubt_ms + DEATH_MS
            self._doubt_ms[account_id] = max(until_ms, self._doubt_ms.get(account_id, 0))
        if kept is not None:
            self._disturb(kept)
            if answered.report is not None:
                kept.told.answer(answered.report)

    def disturbed(self, disturbed: AccountDisturbed) -> None:
        kept = self._kept.get(disturbed.account_id)
        if kept is not None:
            self._disturb(kept)
            kept.told.is_certain = False

    def _disturb(self, kept: _Kept) -> None:
        """Something happened; of more than can be reckoned nothing is kept."""
        kept.news += 1
        kept.heard = self._monotonic()
        if kept.told.is_long:
            kept.told = Told(is_certain=False)

    # --- in the background -------------------------------------------------------------------------

    async def run_once(self) -> None:
        """Read again what is due of the accounts in use; to be called every second or so."""
        now = self._monotonic()
        self._kept = {
            account_id: kept for account_id, kept in self._kept.items() if now - kept.used <= IN_USE_S
        }
        due = [kept for kept in self._kept.values() if self._is_due(kept, now)]
        room = AT_ONCE - sum(kept.is_reading for kept in self._kept.values())
        await each(self._refresh, sorted(due, key=lambda kept: kept.asked)[: max(0, room)])

    def _is_due(self, kept: _Kept, now: float) -> bool:
        if kept.is_reading or not self._is_live(kept.account.id) or now - kept.heard < QUIET_S:
            return False
        return now - kept.asked > REFRESH_S or kept.heard > kept.asked

    async def _refresh(self, kept: _Kept) -> None:
        """A look that fails is taken again in its time."""
        believed = kept.state if kept.told.is_empty else None
        kept.is_reading = True
        try:
            async with asyncio.timeout(LONGEST_READ_S):
                line = await self._clients.look(kept.account.user_id, kept.account.id)
                news = kept.news
                state = await self._read(kept, line)
        except (BackpackError, VaultError, TimeoutError) as error:
            _log.info("account %s could not be read: %s", kept.account.id, type(error).__name__)
            if isinstance(error, Unauthorised | VaultError):
                kept.state = None
        else:
            if believed is not None and news == kept.news and _quantities(believed) != _quantities(state):
                _log.warning("the stream of account %s is silent about its positions", kept.account.id)
                kept.is_distrusted = True
        finally:
            kept.is_reading = False

    # --- what is kept ------------------------------------------------------------------------------

    def _in_use(self, account: Account) -> _Kept:
        now = self._monotonic()
        kept = self._kept.setdefault(account.id, _Kept(account, now))
        kept.account, kept.used = account, now
        return kept

    def _now(self, kept: _Kept) -> AccountState | None:
        account_id = kept.account.id
        is_sure = (
            kept.state is not None
            and not kept.is_distrusted
            and self._is_live(account_id)
            and self._monotonic() - kept.read <= BELIEVED_S
            and not self._sending[account_id]
            and self._doubt_ms.get(account_id, 0) < self._now_ms()
        )
        if kept.state is None or not is_sure:
            return None
        markets, marks = self._markets(kept)
        state = as_told(kept.state, kept.told, markets)
        return None if state is None else as_marked(state, marks, markets)

    def _markets(self, kept: _Kept) -> tuple[dict[str, Market], dict[str, Decimal]]:
        """Rules and live marks of what is held or was traded."""
        held = kept.state.positions.keys() if kept.state is not None else set()
        symbols = held | kept.told.positions.keys() | {fill.symbol for fill in kept.told.fills}
        rules = {symbol: self._catalogue.known(symbol) for symbol in symbols}
        marks = {symbol: self._feed.mark(symbol) for symbol in symbols}
        return (
            {symbol: market for symbol, market in rules.items() if market is not None},
            {symbol: mark.mark for symbol, mark in marks.items() if mark is not None},
        )

    async def _read(self, kept: _Kept, line: AccountClient) -> AccountState:
        """Kept if nothing was heard meanwhile: what is told while it is read may be in it or not."""
        account_id, begun, news = kept.account.id, self._monotonic(), kept.news
        is_quiet = self._is_live(account_id) and not self._sending[account_id]
        kept.asked = begun
        state = await line.state()
        if is_quiet and news == kept.news and state.is_whole and self._is_live(account_id):
            kept.state, kept.read, kept.told = state, begun, Told()
        return state


def _position(update: PositionUpdate) -> Position | None:
    """As the stream tells it: no liquidation price. None where a part of it is missing."""
    if update.imf is None or update.mmf is None:
        return None
    return Position(
        symbol=update.symbol,
        quantity=update.quantity,
        entry_price=update.entry_price,
        mark_price=update.mark_price,
        break_even_price=update.break_even_price,
        liquidation_price=None,
        unrealized_pnl=update.unrealized_pnl,
        realized_pnl=update.realized_pnl,
        funding_paid=ZERO,
        imf=update.imf,
        mmf=update.mmf,
    )


def _quantities(state: AccountState) -> dict[str, Decimal]:
    return {symbol: position.quantity for symbol, position in state.positions.items()}
