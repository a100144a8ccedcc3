"""One builder per row, with everything a test does not care about filled in."""

from __future__ import annotations

from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.orders import order as domain
from bot.domain.values import OrderType, Side
from bot.people import users
from bot.people.tables import Account, AccountOrigin, KeyState, User
from bot.trading.storage import tickets
from bot.trading.storage.tables import Order, Ticket, TicketKind

NOW = 1_760_000_000_000
USER = 5_000_000_001  # beyond 32 bits, as Telegram's are
CHAT = -1_001_234_567_890
_numbers = count(1)


async def a_user(session: AsyncSession, user_id: int = USER) -> User:
    return await users.get_or_create(session, user_id, NOW)


async def an_account(session: AsyncSession, user_id: int = USER, **values: Any) -> Account:
    await a_user(session, user_id)
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "label": f"account-{number}",
        "public_key": f"key-{number}",
        "sealed": b"sealed",
        "nonce": b"nonce",
        "state": KeyState.ACTIVE,
        "origin": AccountOrigin.GENERATED,
        "created_ms": NOW,
    }
    account = Account(user_id=user_id, **(defaults | values))
    session.add(account)
    await session.flush()
    return account


async def a_ticket(session: AsyncSession, token: str, user_id: int = USER, **values: Any) -> Ticket:
    defaults: dict[str, Any] = {
        "account_id": (await an_account(session, user_id)).id,
        "chat_id": CHAT,
        "kind": TicketKind.TRADE,
        "line": "long sol $200",
        "legs": [{"symbol": "SOL_USDC_PERP", "quantity": "1.4"}],
        "preview": {},
        "created_ms": NOW,
        "expires_ms": NOW + 60_000,
    }
    ticket = Ticket(user_id=user_id, token_hash=tickets.hash_token(token), **(defaults | values))
    return await tickets.offer(session, ticket)


def an_attempt(account: Account, **values: Any) -> dict[str, Any]:
    """The columns of an order that is about to be written; its code is the store's to choose."""
    defaults: dict[str, Any] = {
        "user_id": account.user_id,
        "account_id": account.id,
        "symbol": "SOL_USDC_PERP",
        "base": "SOL",
        "quote": "USDC",
        "side": Side.BUY,
        "order_type": OrderType.MARKET,
        "client_id": next(_numbers),
        "broker_id": 1_234,
        "request": {"symbol": "SOL_USDC_PERP", "side": "Bid", "orderType": "Market", "quantity": "1.40"},
        "timestamp_ms": NOW,
        "window_ms": 5_000,
        "deadline_ms": NOW + 5_000,
        "chat_id": CHAT,
        "created_ms": NOW,
        "updated_ms": NOW,
    }
    return defaults | values


def an_order(account: Account, **values: Any) -> Order:
    return Order(**an_attempt(account, **values))


def a_fill(**values: Any) -> domain.Fill:
    defaults: dict[str, Any] = {
        "symbol": "SOL_USDC_PERP",
        "side": Side.BUY,
        "price": Decimal("142.35"),
        "quantity": Decimal("1.4"),
        "fee": Decimal("0.0853"),
        "fee_symbol": "USDC",
        "is_maker": False,
        "exchange_order_id": "111",
        "trade_id": 77,
        "client_id": 9,
        "timestamp_ms": NOW,
    }
    return domain.Fill(**(defaults | values))
