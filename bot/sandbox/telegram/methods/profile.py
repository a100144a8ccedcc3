"""What people see of the bot: its command menu, by scope and language, its name and descriptions."""

from __future__ import annotations

import re

from bot.sandbox.telegram import wire
from bot.sandbox.telegram.bot_api import BotApi
from bot.sandbox.telegram.call import Call
from bot.sandbox.telegram.errors import Json, bad_request
from bot.sandbox.telegram.world import Chat, User

_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_PLAIN_SCOPES = ("default", "all_private_chats", "all_group_chats", "all_chat_administrators")


def _scope(call: Call) -> str:
    scope = call.object("scope") or {"type": "default"}
    kind = str(scope.get("type"))
    if kind in _PLAIN_SCOPES:
        return kind
    if kind in ("chat", "chat_administrators") and "chat_id" in scope:
        return f"{kind}:{scope['chat_id']}"
    if kind == "chat_member" and "chat_id" in scope and "user_id" in scope:
        return f"{kind}:{scope['chat_id']}:{scope['user_id']}"
    raise bad_request("can't parse BotCommandScope: unsupported type specified")


def set_my_commands(api: BotApi, call: Call) -> bool:
    """setMyCommands."""
    given = call.json("commands")
    if not isinstance(given, list):
        raise bad_request("can't parse commands JSON object")
    limit = api.config.limits.commands
    if limit is not None and len(given) > limit:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    commands = [_command(item) for item in given]
    api.commands[_scope(call), call.text("language_code") or ""] = commands
    api.world.changed("commands", 0)
    return True


def _command(item: Json) -> Json:
    name, description = str(item.get("command", "")).removeprefix("/"), str(item.get("description", ""))
    if not _COMMAND.fullmatch(name):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(description) <= 256:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name, "description": description}


def get_my_commands(api: BotApi, call: Call) -> list[Json]:
    """getMyCommands."""
    return api.commands.get((_scope(call), call.text("language_code") or ""), [])


def delete_my_commands(api: BotApi, call: Call) -> bool:
    """deleteMyCommands."""
    api.commands.pop((_scope(call), call.text("language_code") or ""), None)
    api.world.changed("commands", 0)
    return True


def commands_for(api: BotApi, place: Chat, person: User) -> list[Json]:
    """The menu a person sees in a chat: the narrowest scope first, their language before any.

    Source: core.telegram.org/bots/api#determining-list-of-commands.
    """
    admin = wire.is_admin(place, person.id)
    if place.type == "private":
        scopes = [f"chat:{place.id}", "all_private_chats", "default"]
    else:
        scopes = [f"chat_member:{place.id}:{person.id}"]
        scopes += [f"chat_administrators:{place.id}"] if admin else []
        scopes += [f"chat:{place.id}"]
        scopes += ["all_chat_administrators"] if admin else []
        scopes += ["all_group_chats", "default"]
    for scope in scopes:
        for language in (person.language_code or "", ""):
            if (scope, language) in api.commands:
                return api.commands[scope, language]
    return []


def set_profile(api: BotApi, call: Call) -> bool:
    """setMyName, setMyDescription, setMyShortDescription."""
    what = call.method.removeprefix("setmy")
    field = {"shortdescription": "short_description"}.get(what, what)
    api.profile[what, call.text("language_code") or ""] = call.text(field) or ""
    api.world.changed("commands", 0)
    return True


def get_profile(api: BotApi, call: Call) -> Json:
    """getMyName, getMyDescription, getMyShortDescription."""
    what = call.method.removeprefix("getmy")
    field = {"shortdescription": "short_description"}.get(what, what)
    default = api.config.bot_name if what == "name" else ""
    return {field: api.profile.get((what, call.text("language_code") or ""), default)}


def accept(api: BotApi, call: Call) -> bool:
    """setChatMenuButton, setMyDefaultAdministratorRights: taken, without effect here."""
    return True


METHODS = {
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "deleteMyCommands": delete_my_commands,
    "setMyName": set_profile,
    "getMyName": get_profile,
    "setMyDescription": set_profile,
    "getMyDescription": get_profile,
    "setMyShortDescription": set_profile,
    "getMyShortDescription": get_profile,
    "setChatMenuButton": accept,
    "setMyDefaultAdministratorRights": accept,
}
