"""The buttons under alerts and lists of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.ui.callback_data import ButtonData


class AlertAct(StrEnum):
    """What a button does. Lists are of everything, the others of one alert."""

    LIST = "list"
    MISSED = "missed"
    OPEN = "open"
    PAUSE = "pause"
    RESUME = "resume"
    DELETE = "delete"
    UNDO = "undo"
    AGAIN = "again"
    REPLAY = "replay"
    EDIT = "edit"
    BY = "by"


@dataclass(frozen=True, slots=True)
class AlertButton(ButtonData):
    """An act on the alert `number`, or the page `number` of a list; `more` is a step of `by`."""

    prefix = "al"

    act: AlertAct
    number: int = 0
    more: str = ""


LIST: Final = AlertButton(AlertAct.LIST).pack()
_SHOWS: Final = {AlertAct.LIST, AlertAct.MISSED, AlertAct.OPEN, AlertAct.REPLAY, AlertAct.EDIT}


def only_shows(button: AlertButton) -> bool:
    """Whether a tap leaves things as they are."""
    return button.act in _SHOWS


def of(act: str, alert_id: int) -> str:
    """The data of a button of one alert."""
    return AlertButton(AlertAct(act), alert_id).pack()
