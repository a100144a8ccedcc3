"""The schedule: what runs when, and what must run exactly once."""

from bot.kernel.jobs.runs import RunContext, Runs
from bot.kernel.jobs.schedule import Schedule
from bot.kernel.jobs.series import CatchUp, Series

__all__ = ["CatchUp", "RunContext", "Runs", "Schedule", "Series"]
