"""Settings, help and menus: everything that is only pages and switches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from zoneinfo import available_timezones

from markupsafe import Markup

from bot.chat import menus
from bot.chat.feature import Setting, begin
from bot.chat.request import Request
from bot.notifications.views import NoiseButton
from bot.people.tables import ConfirmMode, SizeMeaning, User
from bot.preferences.views import help as help_view
from bot.preferences.views import settings as settings_view
from bot.trading.chat import accounts
from bot.trading.linking import Linking
from bot.ui.callback_data import ButtonData

ZONES: Final = (
    *("UTC", "Asia/Shanghai", "Asia/Hong_Kong", "Asia/Singapore", "Asia/Tokyo", "Asia/Dubai"),
    *("Europe/London", "Europe/Berlin", "Europe/Moscow", "America/New_York", "America/Los_Angeles"),
)
QUIET_HOURS: Final = ("off", "22:00–07:00", "23:00–08:00", "00:00–08:00")
_OPTIONS: Final[dict[str, tuple[str, ...]]] = {
    "size": ("ask", "quote", "base"),
    "slippage": ("0.1", "0.25", "0.5", "1", "2"),
    "tolerance": ("0.1", "0.25", "0.5", "1", "2"),
    "confirm": ("always", "50", "100", "250", "500"),
    "quiet": QUIET_HOURS,
    "zone": ZONES,
}


@dataclass(frozen=True, slots=True)
class SettingButton(ButtonData):
    """A setting, or the value chosen for it."""

    prefix = "set"

    name: str
    value: str = ""


async def help_topic(request: Request, topic: str = "") -> None:
    """A page of help, or the list of pages."""
    topics = request.services.features.topics
    message = help_view.help(request.here, topics, topic.strip().lower()) if topic.strip() else None
    await request.show_publicly(message or help_view.help_topics(request.here, topics, back_data="menu:main"))


async def menu(request: Request, section: str = "main") -> None:
    """A page of buttons."""
    await request.show(menus.menu(request.locale, request.services.features.sections, section or menus.MAIN))


async def open_entry(request: Request, entry: str) -> None:
    """A menu entry: a page of buttons, or the command of that name."""
    command = request.services.features.command(entry)
    if entry in request.services.features.sections:
        await menu(request, entry)
    elif command is not None:
        await begin(request, command, "")


async def open_beside(request: Request, entry: str) -> None:
    """A menu entry as a message of its own: under a card that goes on changing, it would be overwritten."""
    request.is_tap = False
    await open_entry(request, entry)


async def settings(request: Request, _: str = "", *, saved: str | None = None) -> None:
    """The settings of one user."""
    await request.show(
        settings_view.settings(
            request.locale,
            await _settings(request),
            data=lambda name: SettingButton(name).pack(),
            noise_data=NoiseButton().pack(),
            back_data="menu:main",
            saved=saved,
        )
    )


async def _settings(request: Request) -> settings_view.SettingsView:
    user = request.user
    _known, default = await request.service(Linking).list(user.id)
    return settings_view.SettingsView(
        size_meaning=user.size_meaning,
        slippage_percent=user.slippage_percent,
        price_tolerance_percent=user.price_tolerance_percent,
        confirm_below_usd=user.confirm_below_usd if user.confirm_mode is ConfirmMode.BELOW else None,
        quiet_from=user.quiet_from,
        quiet_to=user.quiet_to,
        time_zone=user.time_zone,
        account_label=default.label if default is not None else None,
        of_branches=await _of_branches(request),
    )


async def setting(request: Request, button: SettingButton) -> None:
    """Open one setting, or store the value tapped."""
    name, value = button.name, button.value
    if name == "language":
        await accounts.language(request, "ask")
    elif name == "account":
        await accounts.accounts(request)
    elif (branch := request.services.features.settings.get(name)) is not None:
        await _set_of_branch(request, branch, value)
    elif name not in _OPTIONS:
        await settings(request)
    elif value and (change := _changes(name, value)) is not None:
        request.user = await request.services.users.change(request.user, **change)
        await settings(request, saved=name)
    else:
        options = [(option, SettingButton(name, option).pack()) for option in _OPTIONS[name]]
        await request.show(
            settings_view.setting_choice(
                request.locale, name, options, chosen=_chosen(request.user, name), back_data="menu:settings"
            )
        )


async def _of_branches(request: Request) -> dict[str, Markup]:
    """The lines of settings that other features keep."""
    declared = request.services.features.settings.values()
    return {one.name: one.line(request.locale, await one.chosen(request)) for one in declared}


async def _set_of_branch(request: Request, setting: Setting, value: str) -> None:
    """As `setting`, of one that another feature keeps."""
    if value in setting.options:
        await setting.choose(request, value)
        await settings(request, saved=setting.name)
        return
    options = [(option, SettingButton(setting.name, option).pack()) for option in setting.options]
    chosen = await setting.chosen(request)
    await request.show(
        settings_view.setting_choice(
            request.locale, setting.name, options, chosen=chosen, back_data="menu:settings"
        )
    )


def _changes(name: str, value: str) -> dict[str, Any] | None:
    """The columns a tapped value sets; None for a value we did not offer (a tap can be forged)."""
    makers: dict[str, Callable[[], dict[str, Any] | None]] = {
        "size": lambda: {"size_meaning": SizeMeaning(value) if value != "ask" else None},
        "slippage": lambda: {"slippage_percent": _percent(value)},
        "tolerance": lambda: {"price_tolerance_percent": _percent(value)},
        "confirm": lambda: _confirm(value),
        "quiet": lambda: quiet_columns(value),
        "zone": lambda: {"time_zone": value} if value in available_timezones() else None,
    }
    try:
        return makers[name]()
    except (ValueError, InvalidOperation):
        return None


def _percent(value: str) -> Decimal:
    number = Decimal(value)
    if not Decimal(0) < number <= Decimal(10):
        raise ValueError(value)
    return number


def _confirm(value: str) -> dict[str, Any]:
    if value == "always":
        return {"confirm_mode": ConfirmMode.ALWAYS, "confirm_below_usd": None}
    if value not in _OPTIONS["confirm"]:
        raise ValueError(value)
    return {"confirm_mode": ConfirmMode.BELOW, "confirm_below_usd": Decimal(value)}


def quiet_columns(value: str) -> dict[str, Any]:
    """Quiet hours as columns: `off`, or `22:00–07:00`. Raises ValueError."""
    if value == "off":
        return {"quiet_from": None, "quiet_to": None}
    start, _, end = value.partition("–")
    return {"quiet_from": _minute(start), "quiet_to": _minute(end)}


def _minute(text: str) -> int:
    hours, _, minutes = text.partition(":")
    total = int(hours) * 60 + int(minutes)
    if not 0 <= total < 24 * 60:
        raise ValueError(text)
    return total


def clock_range(start: int | None, end: int | None) -> str:
    """The columns of `quiet_columns` as the option they came from."""
    if start is None or end is None:
        return "off"
    return "–".join(f"{minute // 60:02d}:{minute % 60:02d}" for minute in (start, end))


def _chosen(user: User, name: str) -> str | None:
    below = user.confirm_below_usd if user.confirm_mode is ConfirmMode.BELOW else None
    return {
        "size": user.size_meaning.value if user.size_meaning else "ask",
        "slippage": f"{user.slippage_percent.normalize():f}",
        "tolerance": f"{user.price_tolerance_percent.normalize():f}",
        "confirm": f"{below.normalize():f}" if below is not None else "always",
        "quiet": clock_range(user.quiet_from, user.quiet_to),
        "zone": user.time_zone,
    }.get(name)
