"""The exchange client: signing, REST, streams, limits and errors of Backpack Exchange.

It speaks `bot.domain` outwards and nothing but HTTP and WebSocket inwards; it knows no store and no secret.
"""

from bot.exchange.backpack.account import AccountClient, PreparedBatch, PreparedOrder, StrategyRequest
from bot.exchange.backpack.client import BackpackClient, DepthSnapshot
from bot.exchange.backpack.errors import (
    API_ERROR_CODES,
    BackpackError,
    ClockRefused,
    Maintenance,
    NoEffect,
    NotSent,
    RateLimited,
    Rejected,
    Unauthorised,
    UnknownOutcome,
)
from bot.exchange.backpack.events import (
    BalanceUpdate,
    BookTicker,
    Connected,
    DepthUpdate,
    Disconnected,
    MarkPriceUpdate,
    OrderUpdate,
    PositionUpdate,
    Reconnected,
    StreamRefused,
    StreamRow,
    Unrecognised,
)
from bot.exchange.backpack.requests import BrokerTag
from bot.exchange.backpack.session import RetryPolicy
from bot.exchange.backpack.signing import Signer, signing_text
from bot.exchange.backpack.streams import PublicStream, UserStream

__all__ = [
    "API_ERROR_CODES",
    "AccountClient",
    "BackpackClient",
    "BackpackError",
    "BalanceUpdate",
    "BookTicker",
    "BrokerTag",
    "ClockRefused",
    "Connected",
    "DepthSnapshot",
    "DepthUpdate",
    "Disconnected",
    "Maintenance",
    "MarkPriceUpdate",
    "NoEffect",
    "NotSent",
    "OrderUpdate",
    "PositionUpdate",
    "PreparedBatch",
    "PreparedOrder",
    "PublicStream",
    "RateLimited",
    "Reconnected",
    "Rejected",
    "RetryPolicy",
    "Signer",
    "StrategyRequest",
    "StreamRefused",
    "StreamRow",
    "Unauthorised",
    "UnknownOutcome",
    "Unrecognised",
    "UserStream",
    "signing_text",
]
