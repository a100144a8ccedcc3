"""The schedule: what runs when, and what must run exactly once."""

from bot.jobs.runs import RunContext, Runs
from bot.jobs.schedule import Schedule
from bot.jobs.series import CatchUp, Series

__all__ = ["CatchUp", "RunContext", "Runs", "Schedule", "Series"]
