"""The operator's page: read-only, on loopback by default, entered by a link that works once."""

from bot.web.dashboard import Dashboard

__all__ = ["Dashboard"]
