"""A Backpack exchange in a process: real signatures, real filters, a moving market, faults on demand.

It exists so that clients can be built and tested against the documented behaviour without an account.
"""

from bot.sandbox.exchange.config import ExchangeConfig
from bot.sandbox.exchange.server import SandboxExchange, serve

__all__ = ["ExchangeConfig", "SandboxExchange", "serve"]
