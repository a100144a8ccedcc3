"""Scheduled posts as their chat manages them: the list, one post, and the times to choose from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from bot.domain.alerts.alert import Loudness
from bot.kernel.recurrence import EVERY_DAY
from bot.ui.callback_data import ButtonData
from bot.ui.locale import Locale, clean
from bot.ui.message import Button, Message, button, keyboard, lines
from bot.ui.words import symbol_name

KINDS: Final = ("funding", "movers", "extremes", "digest")
TIMES: Final = ("00:00", "06:00", "08:00", "09:00", "12:00", "16:00", "18:00", "20:00", "22:00")
SPANS: Final = ("1h", "4h", "8h")  # of movers and extremes
NAME_CHARS: Final = 40
LEADS: Final = ("5m", "10m", "30m", "60m")  # of the funding table


ADD: Final = "add"


@dataclass(frozen=True, slots=True)
class PostButton(ButtonData):
    """The list; a post by its number, or one of its acts; or `add` with a `NewPost` behind it."""

    prefix = "sch"

    subject: str = ""
    act: str = ""


@dataclass(frozen=True, slots=True)
class NewPost(ButtonData):
    """A post that is not there yet, with its time once that is chosen."""

    prefix = f"{PostButton.prefix}:{ADD}"

    kind: str
    choice: str = ""


_BACK: Final = PostButton().pack()


@dataclass(frozen=True, slots=True)
class PostView:
    """One post. `when` as the table keeps it; `here`: it speaks in the topic it is looked at from."""

    id: int
    kind: str
    when: Mapping[str, Any]
    zone: str
    loudness: Loudness
    paused: bool
    due_ms: int
    here: bool = True


def schedules(
    locale: Locale,
    posts: Sequence[PostView],
    *,
    private: bool,
    said: Markup | None = None,
) -> Message:
    """Every post of a chat. `said` is what just happened."""
    rows = [[Button(_label(locale, post), PostButton(str(post.id)).pack())] for post in posts]
    pairs = [_add(locale, kind) for kind in KINDS]
    text = lines(
        said,
        locale.text("schedule-title" if private else "schedule-title-topic"),
        *(_line(locale, post) for post in posts),
        *(() if posts else (locale.text("schedule-none"), locale.text("schedule-example"))),
    )
    return Message(text, keyboard(*rows, pairs[:2], pairs[2:]))


def post(locale: Locale, one: PostView) -> Message:
    """One post and what can be changed."""
    text = lines(
        locale.text(
            "schedule-edit", id=str(one.id), kind=kind_name(locale, one.kind), when=words(locale, one)
        ),
        None if one.paused else locale.text("schedule-next", time=locale.time(one.due_ms)),
    )
    acts = (
        _act(locale, one, "resume" if one.paused else "pause"),
        _act(locale, one, "on" if one.loudness is Loudness.SILENT else "silent"),
        _act(locale, one, "delete"),
    )
    options = [Button(choice, PostButton(str(one.id), choice).pack()) for choice in _choices(one.kind)]
    rows = [options[at : at + 4] for at in range(0, len(options), 4)]
    return Message(text, keyboard(acts, *rows, (button(locale, "button-back", _BACK),)))


def ask_when(locale: Locale, kind: str) -> Message:
    """The times a new post of this kind may have."""
    options = [Button(choice, NewPost(kind, choice).pack()) for choice in _choices(kind)]
    rows = [options[at : at + 4] for at in range(0, len(options), 4)]
    text = lines(
        locale.text("schedule-ask-kind", kind=kind_name(locale, kind)), locale.text("schedule-example")
    )
    return Message(text, keyboard(*rows, (button(locale, "button-back", _BACK),)))


def refused(locale: Locale, key: str, **params: str) -> Message:
    """Why a line changed nothing, and lines that would: `key` is of `schedule-…`."""
    return Message(lines(locale.text(f"schedule-{key}", **params), locale.text("schedule-example")))


def saved(locale: Locale) -> Markup:
    return locale.text("schedule-saved")


def deleted(locale: Locale, post_id: int) -> Markup:
    return locale.text("schedule-deleted", id=str(post_id))


def kind_name(locale: Locale, kind: str) -> str:
    return locale.plain(f"kind-post-{kind}")


def words(locale: Locale, one: PostView) -> Markup:
    """When a post comes, in words."""
    when, zone = one.when, clean(one.zone, NAME_CHARS)
    if "at" in when:
        time, days = clean(str(when["at"]), NAME_CHARS), sorted(when.get("days") or EVERY_DAY)
        if len(days) == len(EVERY_DAY):
            return locale.text("when-daily", time=time, zone=zone)
        named = ", ".join(locale.plain(f"weekday-{day}") for day in days)
        return locale.text("when-days", days=named, time=time, zone=zone)
    if "every_ms" in when:
        return locale.text("when-every", span=locale.duration(int(when["every_ms"]) // 1000))
    lead = locale.duration(int(when["before_funding_ms"]) // 1000)
    if when.get("symbol"):
        symbol = clean(str(when["symbol"]), NAME_CHARS)
        return locale.text("when-settlement-of", lead=lead, symbol=symbol_name(symbol))
    return locale.text("when-settlement", lead=lead)


def _line(locale: Locale, one: PostView) -> Markup:
    marks = [
        locale.plain("schedule-paused") if one.paused else "",
        locale.plain(f"schedule-{one.loudness}") if one.loudness is not Loudness.ON else "",
        "" if one.here else locale.plain("schedule-elsewhere"),
    ]
    state = "".join(f" · {mark}" for mark in marks if mark)
    return locale.text(
        "schedule-line",
        id=str(one.id),
        kind=kind_name(locale, one.kind),
        when=words(locale, one),
        state=state,
    )


def _label(locale: Locale, one: PostView) -> str:
    return locale.plain("button-post-edit", id=str(one.id), kind=kind_name(locale, one.kind))


def _add(locale: Locale, kind: str) -> Button:
    return Button(locale.plain("button-post-add", kind=kind_name(locale, kind)), NewPost(kind).pack())


def _act(locale: Locale, one: PostView, act: str) -> Button:
    return Button(locale.plain(f"button-post-{act}"), PostButton(str(one.id), act).pack())


def _choices(kind: str) -> tuple[str, ...]:
    if kind == "funding":
        return LEADS
    return TIMES if kind == "digest" else (*TIMES, *SPANS)
