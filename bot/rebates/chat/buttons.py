"""The buttons under a month of the broker's books."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from bot.rebates.model.rebate import Month
from bot.rebates.model.summary import Breakdown
from bot.ui.callback_data import ButtonData


class Page(StrEnum):
    """What a button opens."""

    MONTH = "month"
    BREAKDOWN = "by"
    FILES = "files"
    ADVICE = "advice"


@dataclass(frozen=True, slots=True)
class BooksButton(ButtonData):
    """A page about a month; `by` and `number` say which of a breakdown."""

    prefix = "rb"

    page: Page
    month: Month
    by: Breakdown | None = None
    number: int = 0
