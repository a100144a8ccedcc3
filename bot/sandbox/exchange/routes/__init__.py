"""Every route the sandbox serves, in one table. There is none that withdraws."""

from bot.sandbox.exchange.routes import account, history, markets, orders, strategies, system
from bot.sandbox.exchange.routing import Route

ROUTES: tuple[Route, ...] = (
    *system.ROUTES,
    *markets.ROUTES,
    *account.ROUTES,
    *orders.ROUTES,
    *strategies.ROUTES,
    *history.ROUTES,
)
