"""The schedule: what runs when."""

from bot.jobs.schedule import Schedule

__all__ = ["Schedule"]
