"""Reading and tending chats: members, pins, topics, chat actions, and files found in them."""

from __future__ import annotations

from bot.sandbox.telegram import wire
from bot.sandbox.telegram.bot_api import BotApi
from bot.sandbox.telegram.call import Call
from bot.sandbox.telegram.errors import Json, bad_request
from bot.sandbox.telegram.world import MEMBERS, Chat

_ACTIONS = (
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
)


def send_chat_action(api: BotApi, call: Call) -> bool:
    """sendChatAction."""
    place = api.writable(api.chat(call))
    action = call.text("action")
    if action not in _ACTIONS:
        raise bad_request("wrong parameter action in request")
    api.world.changed("action", place.id, action=action, thread_id=call.integer("message_thread_id"))
    return True


def get_chat(api: BotApi, call: Call) -> Json:
    """getChat."""
    return wire.full_chat(api.world, api.chat(call))


def get_chat_member(api: BotApi, call: Call) -> Json:
    """getChatMember."""
    place, user_id = _visible(api, call), call.integer("user_id")
    person = api.world.bot if user_id == api.world.bot.id else api.world.users.get(user_id or 0)
    if person is None:
        raise bad_request("invalid user_id specified")
    return wire.member(api.world, place, person)


def get_chat_administrators(api: BotApi, call: Call) -> list[Json]:
    """getChatAdministrators, without other bots."""
    place = _visible(api, call)
    if place.type == "private":
        raise bad_request("there are no administrators in the private chat")
    people = [*api.world.users.values(), api.world.bot]
    return [wire.member(api.world, place, person) for person in people if wire.is_admin(place, person.id)]


def get_chat_member_count(api: BotApi, call: Call) -> int:
    """getChatMemberCount."""
    return sum(1 for role in _visible(api, call).roles.values() if role in MEMBERS)


def _visible(api: BotApi, call: Call) -> Chat:
    place = api.chat(call)
    return place if place.type == "private" else api.writable(place)


def leave_chat(api: BotApi, call: Call) -> bool:
    """leaveChat."""
    place = api.writable(api.chat(call))
    if place.type == "private":
        raise bad_request("chat member status can't be changed in private chats")
    old = place.role(api.world.bot.id)
    place.roles[api.world.bot.id] = "left"
    api.world.changed("chat", place.id)
    payload = wire.member_updated(api.world, place, api.world.bot, api.world.bot, old)
    api.updates.push("my_chat_member", payload, place.id)
    return True


def pin_chat_message(api: BotApi, call: Call) -> bool:
    """pinChatMessage."""
    place = api.writable(api.chat(call))
    message_id = call.integer("message_id") or 0
    if message_id not in place.messages:
        raise bad_request("message to pin not found")
    _needs_rights(api, place, "pin a message")
    place.pinned = message_id
    api.world.changed("chat", place.id)
    return True


def unpin_chat_message(api: BotApi, call: Call) -> bool:
    """unpinChatMessage and unpinAllChatMessages: the sandbox keeps one pin per chat."""
    place = api.writable(api.chat(call))
    if place.pinned is None:
        raise bad_request("message to unpin not found")
    _needs_rights(api, place, "unpin a message")
    place.pinned = None
    api.world.changed("chat", place.id)
    return True


def create_forum_topic(api: BotApi, call: Call) -> Json:
    """createForumTopic."""
    place = api.writable(api.chat(call))
    name = call.text("name") or ""
    if not place.is_forum:
        raise bad_request("the chat is not a forum")
    if not 1 <= len(name) <= 128:
        raise bad_request("TOPIC_TITLE_EMPTY" if not name else "TOPIC_TITLE_TOO_LONG")
    _needs_rights(api, place, "create a topic")
    message = api.world.open_topic(place, name, None)
    return {"message_thread_id": message.id, **message.content["forum_topic_created"]}


def _needs_rights(api: BotApi, place: Chat, what: str) -> None:
    if place.type != "private" and not wire.is_admin(place, api.world.bot.id):
        raise bad_request(f"not enough rights to {what}")


def get_file(api: BotApi, call: Call) -> Json:
    """getFile."""
    return api.files.describe(call.text("file_id"))


METHODS = {
    "sendChatAction": send_chat_action,
    "getChat": get_chat,
    "getChatMember": get_chat_member,
    "getChatAdministrators": get_chat_administrators,
    "getChatMemberCount": get_chat_member_count,
    "leaveChat": leave_chat,
    "pinChatMessage": pin_chat_message,
    "unpinChatMessage": unpin_chat_message,
    "unpinAllChatMessages": unpin_chat_message,
    "createForumTopic": create_forum_topic,
    "getFile": get_file,
}
