"""Help, menus, settings, and how loud a chat is."""

from __future__ import annotations

from typing import Final

from bot.chat.feature import ActClass, Callback, Command, Feature, always, typed, wordless
from bot.chat.menus import MenuPart
from bot.domain.intent import QueryKind
from bot.notifications.views import NoiseButton
from bot.preferences.chat import notifications, settings


def _opens(button: settings.SettingButton | NoiseButton) -> bool:
    """A setting that is opened, and not set."""
    return not button.value


FEATURE: Final = Feature(
    "preferences",
    commands=(
        Command("help", settings.help_topic, ActClass.STRANGERS, listed=20),
        Command("menu", settings.menu, ActClass.READ),
        Command("settings", settings.settings, ActClass.SETTINGS, listed=260),
        Command("noise", notifications.noise, ActClass.SETTINGS, listed=310),
    ),
    callbacks=(
        Callback("menu", settings.open_entry, ActClass.READ, looks=always, names_command=True),
        Callback("new", settings.open_beside, ActClass.READ, looks=always, names_command=True),
        Callback("help", settings.help_topic, ActClass.STRANGERS, looks=always),
        typed(settings.SettingButton, settings.setting, ActClass.SETTINGS, looks=_opens),
        typed(NoiseButton, notifications.choose, ActClass.SETTINGS, looks=_opens),
    ),
    questions={QueryKind.SETTINGS: wordless(settings.settings), QueryKind.HELP: settings.help_topic},
    menu=(MenuPart("main", 51, "settings help"), MenuPart("account", 40, "settings noise")),
    help={"settings": 110, "groups": 140},
)
