"""The schedule: what runs when, and what must run exactly once."""

from bot.kernel.jobs.runs import RunContext, Runs
from bot.kernel.jobs.schedule import Schedule
from bot.kernel.jobs.series import CatchUp, RunSeries

__all__ = ["CatchUp", "RunContext", "RunSeries", "Runs", "Schedule"]
