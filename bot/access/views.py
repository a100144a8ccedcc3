"""Being let in, for the person who asks and for the operator who decides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from bot.ui.locale import Locale, Own
from bot.ui.message import Button, Message, button, keyboard, lines

_STATES: Final = {
    "new": "access-state-new",
    "asked": "access-state-asked",
    "approved": "access-state-approved",
    "denied": "access-state-denied",
    "operator": "access-state-operator",
}


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person in the operator's list; `state` is new, asked, approved, denied or operator."""

    user_id: int
    state: str
    approve_data: str
    deny_data: str


def knocked(locale: Locale, *, denied: bool, language_data: str | None = None) -> Message:
    """The answer to a stranger's /start."""
    text = lines(locale.text("start-title"), "", locale.text("access-denied" if denied else "access-waiting"))
    return Message(text, keyboard((button(locale, "button-language", language_data),)))


def not_let_in(locale: Locale, *, denied: bool) -> Message:
    """The answer to anything else a stranger sends."""
    return Message(locale.text("access-denied" if denied else "access-first"))


def let_in(locale: Locale) -> Message:
    return Message(locale.text("access-let-in"))


def let_out(locale: Locale, ended: int = 0) -> Message:
    """Access was refused or taken away; exits stay. `ended`: alerts whose plans could have opened risk."""
    also = locale.text("access-plans-ended", count=ended) if ended else None
    return Message(lines(locale.text("access-let-out"), also))


def request(locale: Locale, user_id: int, name: str, *, approve_data: str, deny_data: str) -> Message:
    """To the operator. The name is what the person calls themselves; only the id is theirs for sure."""
    text = locale.text("access-request", id=str(user_id), name=name or "—")
    return Message(text, keyboard(_choice(locale, approve_data, deny_data)))


def crowd(locale: Locale, *, list_data: str) -> Message:
    """To the operator: more people ask than are told one by one."""
    return Message(locale.text("access-crowd"), keyboard((button(locale, "button-people", list_data),)))


def decided(locale: Locale, user_id: int, *, approved: bool) -> Message:
    return Message(locale.text("access-approved" if approved else "access-refused", id=str(user_id)))


def is_operator(locale: Locale, user_id: int) -> Message:
    return Message(locale.text("access-is-operator", id=str(user_id)))


def which_id(locale: Locale) -> Message:
    return Message(locale.text("access-which-id"))


def people(
    locale: Locale,
    shown: Sequence[PersonLine],
    total: int,
    page: int,
    pages: int,
    *,
    page_data: Callable[[int], str],
) -> Message:
    """One page of everybody, with what can be changed about each."""
    rows = [locale.text("people-row", id=str(line.user_id), state=_state(locale, line)) for line in shown]
    parts = [locale.text("people-title", count=total), "", *rows]
    if pages > 1:
        parts += ["", locale.text("page-of", page=page + 1, pages=pages)]
    turn = (
        button(locale, "button-previous", page_data(page - 1) if page else None),
        button(locale, "button-next", page_data(page + 1) if page + 1 < pages else None),
    )
    return Message(lines(*parts), keyboard(*(_acts(locale, line) for line in shown), turn))


def _state(locale: Locale, line: PersonLine) -> Markup | str:
    key = _STATES.get(line.state)
    return line.state if key is None else locale.text(key)


def _acts(locale: Locale, line: PersonLine) -> tuple[Button | None, ...]:
    approve = line.approve_data if line.state not in {"approved", "operator"} else None
    deny = line.deny_data if line.state not in {"denied", "operator"} else None
    shown = str(line.user_id)
    return (
        button(locale, "button-approve-id", approve, id=shown),
        button(locale, "button-deny-id", deny, id=shown),
    )


def _choice(locale: Locale, approve_data: str, deny_data: str) -> tuple[Button | None, ...]:
    return button(locale, "button-approve", approve_data), button(locale, "button-deny", deny_data)


def dashboard(locale: Locale, url: str | None) -> Message:
    """A link to the operator's page; None when it does not listen."""
    if url is None:
        return Message(locale.text("dashboard-off"))
    public = url.startswith("https://")  # Telegram takes no other address for a button
    opens = Button(locale.plain("button-dashboard"), url=url) if public else None
    return Message(locale.text("dashboard-link", url=Own(url)), keyboard((opens,)))
