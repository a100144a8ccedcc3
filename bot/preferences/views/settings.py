"""What a user can set: the page with its buttons, and the choices behind each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from markupsafe import Markup

from bot.ui.locale import Locale
from bot.ui.message import Button, Message, button, keyboard, lines
from bot.ui.numbers import clock_minute

NAMES = ("size", "slippage", "tolerance", "confirm", "quiet", "language", "zone", "account")


@dataclass(frozen=True, slots=True)
class SettingsView:
    """A user's settings as the page shows them."""

    size_meaning: str | None  # "quote", "base"; None: always ask
    slippage_percent: Decimal
    price_tolerance_percent: Decimal
    confirm_below_usd: Decimal | None  # None: every order is confirmed
    quiet_from: int | None  # minute of the day in `time_zone`
    quiet_to: int | None
    time_zone: str
    account_label: str | None
    of_branches: Mapping[str, Markup] = field(default_factory=dict)  # lines of other settings, by name


def settings(
    locale: Locale,
    current: SettingsView,
    *,
    data: Callable[[str], str],
    noise_data: str | None = None,
    back_data: str | None = None,
    saved: str | None = None,
) -> Message:
    """The settings, one line each; `data(name)` opens one by its name. `saved` is the one just changed."""
    own = {name: setting_line(locale, current, name) for name in NAMES}
    shown = own | dict(current.of_branches)
    text = lines(
        _saved(locale, shown.get(saved or "")),
        locale.text("settings-title"),
        *(line for line in shown.values() if line is not None),
    )
    buttons = [
        Button(locale.plain(f"button-setting-{name}"), data(name))
        for name, line in shown.items()
        if line is not None
    ]
    rows = [buttons[at : at + 2] for at in range(0, len(buttons), 2)]
    last = (button(locale, "button-setting-noise", noise_data), button(locale, "button-back", back_data))
    return Message(text, keyboard(*rows, last))


def setting_choice(
    locale: Locale,
    name: str,
    options: Sequence[tuple[str, str]],
    *,
    chosen: str | None = None,
    back_data: str | None = None,
) -> Message:
    """The choices of one setting, as pairs of value and data; the `chosen` value is marked.

    Values: size ask · quote · base; confirm always · an amount in USD; quiet off · `22:00–07:00`;
    slippage and tolerance a per cent as text; any other is shown as it is.
    """
    rows = [(Button(_option(locale, name, value, value == chosen), data),) for value, data in options]
    return Message(
        locale.text(f"setting-{name}-title"), keyboard(*rows, (button(locale, "button-back", back_data),))
    )


def setting_line(locale: Locale, current: SettingsView, name: str) -> Markup | None:
    """One setting in words; None where there is nothing to show."""
    makers: dict[str, Callable[[], Markup | None]] = {
        "size": lambda: locale.text("settings-size", meaning=current.size_meaning or "ask"),
        "slippage": lambda: locale.text(
            "settings-slippage", percent=locale.percent(current.slippage_percent)
        ),
        "tolerance": lambda: locale.text(
            "settings-tolerance", percent=locale.percent(current.price_tolerance_percent)
        ),
        "confirm": lambda: _confirm(locale, current),
        "quiet": lambda: _quiet(locale, current),
        "language": lambda: locale.text("settings-language"),
        "zone": lambda: locale.text("settings-zone", zone=current.time_zone),
        "account": lambda: (
            locale.text("settings-account", account=current.account_label) if current.account_label else None
        ),
    }
    return makers[name]()


def _saved(locale: Locale, line: Markup | None) -> Markup | None:
    return None if line is None else locale.text("settings-saved", line=line)


def _confirm(locale: Locale, current: SettingsView) -> Markup:
    if current.confirm_below_usd is None:
        return locale.text("settings-confirm-always")
    return locale.text("settings-confirm-below", limit=locale.usd(current.confirm_below_usd))


def _quiet(locale: Locale, current: SettingsView) -> Markup:
    start, end = current.quiet_from, current.quiet_to
    if start is None or end is None or start == end:
        return locale.text("settings-quiet-off")
    window = {"from": clock_minute(start), "to": clock_minute(end)}
    return locale.text("settings-quiet", zone=current.time_zone, **window)


def _option(locale: Locale, name: str, value: str, is_chosen: bool) -> str:
    key = f"option-{name}-{value}"
    if locale.has(key):
        label = locale.plain(key)
    elif name == "confirm" and _is_number(value):
        label = locale.plain("option-confirm-below", value=locale.usd(Decimal(value)))
    elif name in {"slippage", "tolerance"} and _is_number(value):
        label = locale.percent(Decimal(value))
    else:
        label = locale.plain("option-plain", value=value)
    return locale.plain("option-chosen", label=label) if is_chosen else label


def _is_number(value: str) -> bool:
    return value.isascii() and value.replace(".", "", 1).isdigit()
