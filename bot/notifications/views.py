"""How loud a chat is: one line and one button for each kind of news, and the choices behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bot.domain.notifications.preferences import URGENT, Event, Volume
from bot.ui.callback_data import ButtonData
from bot.ui.locale import Locale
from bot.ui.message import Button, Message, button, keyboard, lines
from bot.ui.numbers import clock_minute

# What a private chat hears of, and what a group does: private numbers never go there.
PRIVATE_EVENTS: Final = tuple(Event)
GROUP_EVENTS: Final = (Event.ALERT, Event.FUNDING, Event.MARKET, Event.DIGEST)
_MARKS: Final = {Volume.ON: "🔔", Volume.SILENT: "🔕", Volume.DIGEST: "📰", Volume.OFF: "🚫"}


@dataclass(frozen=True, slots=True)
class NoiseButton(ButtonData):
    """The page; a kind of news or a group's setting; or what is chosen for it."""

    prefix = "hush"

    name: str = ""
    value: str = ""


_BACK: Final = NoiseButton().pack()


@dataclass(frozen=True, slots=True)
class NotificationsView:
    """A chat's loudness as its page shows it; `is_topic`: that of one topic alone."""

    volumes: Mapping[Event, Volume]
    private: bool
    is_topic: bool = False
    quiet_from: int | None = None  # minute of the day in `time_zone`
    quiet_to: int | None = None
    time_zone: str = "UTC"
    gathered: int = 0  # waiting for the digest


def noise(
    locale: Locale, current: NotificationsView, *, operator: bool, saved: Event | None = None
) -> Message:
    """The page. `saved` is the kind just changed."""
    events = [event for event in current.volumes if operator or event is not Event.OPERATOR]
    start, end = current.quiet_from, current.quiet_to
    quiet = (
        locale.text("noise-quiet-off")
        if start is None or end is None
        else locale.text(
            "noise-quiet", **{"from": clock_minute(start), "to": clock_minute(end)}, zone=current.time_zone
        )
    )
    text = lines(
        locale.text("noise-saved", event=_name(locale, saved)) if saved is not None else None,
        locale.text("noise-title-topic" if current.is_topic else "noise-title"),
        *(
            locale.text(
                "noise-line",
                mark=_MARKS[current.volumes[event]],
                event=_name(locale, event),
                volume=locale.plain(f"volume-{current.volumes[event]}"),
            )
            for event in events
        ),
        quiet,
        locale.text("noise-gathered", n=current.gathered) if current.gathered else None,
        locale.text("noise-urgent") if current.private else None,
    )
    buttons = [
        Button(f"{_MARKS[current.volumes[event]]} {_name(locale, event)}", NoiseButton(event).pack())
        for event in events
    ]
    rows = [buttons[at : at + 3] for at in range(0, len(buttons), 3)]
    return Message(text, keyboard(*rows, _last_row(locale, current.private)))


def _last_row(locale: Locale, private: bool) -> tuple[Button | None, ...]:
    if private:
        return (
            button(locale, "button-setting-quiet", "set:quiet"),
            button(locale, "button-back", "menu:settings"),
        )
    return (
        button(locale, "button-setting-quiet", NoiseButton("quiet").pack()),
        button(locale, "button-setting-zone", NoiseButton("zone").pack()),
        button(locale, "button-setting-language", NoiseButton("language").pack()),
    )


def volume_choice(locale: Locale, event: Event, chosen: Volume, *, private: bool) -> Message:
    """How loud one kind of news shall be; what may not be unsaid is not offered so."""
    spoken = (Volume.ON, Volume.SILENT)
    offered = spoken if private and event in URGENT else tuple(Volume)
    rows = [(_option(locale, event, volume, volume is chosen),) for volume in offered]
    text = lines(
        locale.text("noise-question", event=_name(locale, event)),
        locale.text("noise-urgent") if offered == spoken else locale.text("noise-digest-hint"),
    )
    return Message(text, keyboard(*rows, (button(locale, "button-back", _BACK),)))


def _option(locale: Locale, event: Event, volume: Volume, is_chosen: bool) -> Button:
    label = f"{_MARKS[volume]} {locale.plain(f'volume-{volume}')}"
    return Button(
        locale.plain("option-chosen", label=label) if is_chosen else label, NoiseButton(event, volume).pack()
    )


def chat_choice(locale: Locale, name: str, options: Sequence[tuple[str, str]], chosen: str | None) -> Message:
    """Quiet hours, time zone or language of a group: pairs of value and label."""
    rows = [
        (
            Button(
                locale.plain("option-chosen", label=label) if value == chosen else label,
                NoiseButton(name, value).pack(),
            ),
        )
        for value, label in options
    ]
    return Message(
        locale.text(f"noise-{name}-title"),
        keyboard(*rows, (button(locale, "button-back", _BACK),)),
    )


def admins_only(locale: Locale) -> Message:
    """Why a member's tap or command changed nothing."""
    return Message(locale.text("noise-admins-only"))


def chat_lost(locale: Locale, chat_id: int, title: str, reason: str) -> Message:
    """To the operator: a chat that refuses us. Its id is Telegram's; `reason` its words."""
    place = title or str(chat_id)
    kind = "group" if chat_id < 0 else "person"
    return Message(locale.text("chat-lost", kind=kind, place=place, id=str(chat_id), reason=reason))


def _name(locale: Locale, event: Event) -> str:
    return locale.plain(f"event-{event}")
