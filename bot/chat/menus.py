"""The first minute and the way around: the start page, the language, the menus, the command list."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from bot.domain.values import Language
from bot.ui.locale import Locale
from bot.ui.message import Button, Message, button, keyboard, lines

EXAMPLE: Final = "long sol $200 5x sl 3%"

MAIN: Final = "main"
Sections = Mapping[str, tuple[tuple[str, ...], ...]]  # the rows of entries of each menu
_TITLES: Final = {MAIN: "menu-title", "manage": "menu-orders-title"}


@dataclass(frozen=True, slots=True)
class MenuPart:
    """Some entries of a menu, beside each other: commands, or other menus.

    The tens of `at` are the row, its ones the place there. A row has three entries or of long labels two: no
    label may break on a phone. An entry `x` has the label `menu-x` and the data `menu:x`.
    """

    section: str
    at: int
    entries: str  # with spaces between


def sections_of(parts: Iterable[MenuPart]) -> Sections:
    """Every menu there is; each but the first leads back to that."""
    rows: defaultdict[str, defaultdict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for part in sorted(parts, key=lambda one: one.at):
        rows[part.section][part.at // 10] += part.entries.split()
    return {
        section: (*map(tuple, found.values()), *(() if section == MAIN else ((MAIN,),)))
        for section, found in rows.items()
    }


def start(
    locale: Locale,
    demo: bool,
    linked: bool,
    *,
    link_data: str = "menu:link",
    try_data: str | None = None,
    help_data: str = "menu:help",
    menu_data: str = "menu:main",
    language_data: str | None = None,
) -> Message:
    """What this is, the risk in one line, and the one next step."""
    text = lines(
        locale.text("start-title"),
        locale.text("start-demo") if demo else None,
        "",
        locale.text("start-linked" if linked else "start-unlinked"),
        "",
        locale.text("start-custody"),
        locale.text("start-risk"),
    )
    first = (
        button(locale, "button-try", try_data, line=EXAMPLE)
        if linked
        else button(locale, "button-link", link_data)
    )
    rest = button(locale, "button-menu", menu_data), button(locale, "button-help", help_data)
    return Message(text, keyboard((first,), rest, (button(locale, "button-language", language_data),)))


def language_choice(locale: Locale, data: dict[Language, str]) -> Message:
    """Every language in its own name; `data` is the button data of each."""
    rows = ((Button(Locale.of(language).plain("language-name"), value),) for language, value in data.items())
    return Message(locale.text("language-question"), keyboard(*rows))


def language_set(locale: Locale) -> Message:
    return Message(locale.text("language-set"))


def commands(locale: Locale, names: Iterable[str]) -> list[tuple[str, str]]:
    """Names and descriptions for `setMyCommands`."""
    return [(name, locale.plain(f"command-{name}")) for name in names]


def menu(locale: Locale, sections: Sections, section: str = MAIN) -> Message:
    """A menu. Data are `menu:<entry>`; what is no section shows the main menu."""
    section = section if section in sections else MAIN
    rows = tuple(tuple(_entry(locale, name) for name in row) for row in sections.get(section, ()))
    return Message(locale.text(_TITLES.get(section, f"menu-{section}-title")), rows)


def _entry(locale: Locale, name: str) -> Button:
    key = "button-back" if name == MAIN else f"menu-{name}"
    return Button(locale.plain(key), f"menu:{name}")


def ask(
    locale: Locale,
    question: str,
    choices: list[tuple[str | Markup, str]],
    *,
    cancel_data: str | None = None,
    per_row: int = 3,
    **words: str,
) -> Message:
    """One step of trading by buttons: `question` names an `ask-…` text, `words` its parameters.

    `choices` are pairs of label and data. A label that names a `choice-…` text is translated.
    """
    buttons = [Button(_label(locale, label), data) for label, data in choices]
    rows = [buttons[at : at + per_row] for at in range(0, len(buttons), per_row)]
    text = locale.text(f"ask-{question}", **words)
    return Message(text, keyboard(*rows, (button(locale, "button-cancel", cancel_data),)))


def _label(locale: Locale, label: str) -> str:
    key = f"choice-{label}"
    return locale.plain(key) if label in {"none", "all", "half", "type"} else str(label)
