"""Who may begin an act, declared beside its handler.

What could open risk is not decided here but at the ticket (`trading.access`): a handler that says nothing is
for everybody with an account here, so that nobody is ever locked out of their exits by a list.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Any, Final, TypeVar


class ActClass(StrEnum):
    STRANGERS = "strangers"  # what this is, the language, being forgotten
    HOLDERS = "holders"  # looking, closing, protecting, cancelling, parting; orders are judged as tickets
    LET_IN = "let-in"  # beginning something new that no ticket judges


HandlerT = TypeVar("HandlerT", bound=Callable[..., Any])
_CLASS: Final = "act_class"


def act(of: ActClass) -> Callable[[HandlerT], HandlerT]:
    """Declare the class of a handler."""

    def declare(handler: HandlerT) -> HandlerT:
        setattr(handler, _CLASS, of)
        return handler

    return declare


def class_of(handler: Callable[..., Any]) -> ActClass:
    """The declared class of a handler."""
    found: ActClass = getattr(handler, _CLASS, ActClass.HOLDERS)
    return found
