"""Sending, editing and deleting messages, with or without pictures."""

from __future__ import annotations

from bot.sandbox.telegram import wire
from bot.sandbox.telegram.bot_api import BotApi
from bot.sandbox.telegram.call import Call
from bot.sandbox.telegram.errors import Json, bad_request
from bot.sandbox.telegram.keyboards import markup_of
from bot.sandbox.telegram.markup import utf16_length
from bot.sandbox.telegram.text import entities_parameter, formatted
from bot.sandbox.telegram.world import Chat, Message

_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
_CAPTIONED = ("photo", "document")


def send_message(api: BotApi, call: Call) -> Json:
    """sendMessage."""
    return _send(api, call, _text(api, call, "message is too long"))


def send_photo(api: BotApi, call: Call) -> Json:
    """sendPhoto."""
    caption = _caption(api, call)
    return _send(api, call, api.files.photo(call, call.text("photo")) | caption)


def send_document(api: BotApi, call: Call) -> Json:
    """sendDocument."""
    caption = _caption(api, call)
    return _send(api, call, api.files.document(call, call.text("document")) | caption)


def _text(api: BotApi, call: Call, too_long: str) -> Json:
    source = call.text("text") or ""
    if not source:
        raise bad_request("message text is empty")
    text, entities = _formatted(api, source, call.text("parse_mode"), call.json("entities"))
    if not text:
        raise bad_request("text must be non-empty")
    limit = api.config.limits.text_length
    if limit is not None and utf16_length(text) > limit:
        raise bad_request(too_long)
    return {"text": text, "entities": entities} if entities else {"text": text}


def _caption(api: BotApi, call: Call) -> Json:
    given = call.json("caption_entities")
    return _caption_of(api, call.text("caption"), call.text("parse_mode"), given)


def _caption_of(api: BotApi, source: str | None, mode: str | None, given: object) -> Json:
    if not source:
        return {}
    text, entities = _formatted(api, source, mode, given)
    limit = api.config.limits.caption_length
    if limit is not None and utf16_length(text) > limit:
        raise bad_request("message caption is too long")
    if not text:
        return {}
    return {"caption": text, "caption_entities": entities} if entities else {"caption": text}


def _formatted(api: BotApi, source: str, mode: str | None, given: object) -> tuple[str, list[Json]]:
    text, entities = formatted(source, mode, entities_parameter(given))
    return text, [known for entity in entities if (known := _mentioned(api, entity)) is not None]


def _mentioned(api: BotApi, entity: Json) -> Json | None:
    """A link to a user becomes a mention only of someone the server knows."""
    if "_user_id" not in entity:
        return entity
    person = api.world.users.get(entity["_user_id"])
    rest = {key: value for key, value in entity.items() if key != "_user_id"}
    return rest | {"user": wire.user(person)} if person else None


def _send(api: BotApi, call: Call, content: Json) -> Json:
    keyboard, other = markup_of(call, api.config.limits)
    place = api.writable(api.chat(call))
    reply_to = _reply_to(call, place)
    thread_id = call.integer("message_thread_id")
    if thread_id is not None and thread_id not in place.topics:
        raise bad_request("message thread not found")
    if thread_id is None and reply_to is not None:
        thread_id = place.messages[reply_to].thread_id
    api.spend(place)
    if other is not None and "force_reply" not in other:
        place.reply_keyboard = other if "keyboard" in other else None
        api.world.changed("chat", place.id)
    sender_chat = place if place.type == "channel" else None
    message = api.world.post(
        place,
        content,
        sender=api.world.bot,
        sender_chat=sender_chat,
        reply_to=reply_to,
        thread_id=thread_id,
        keyboard=keyboard,
    )
    return wire.message(api.world, message)


def _reply_to(call: Call, place: Chat) -> int | None:
    parameters = call.object("reply_parameters") or {}
    wanted = parameters.get("message_id", call.integer("reply_to_message_id"))
    if wanted is None:
        return None
    if int(wanted) in place.messages:
        return int(wanted)
    if parameters.get("allow_sending_without_reply") or call.flag("allow_sending_without_reply"):
        return None
    raise bad_request("message to be replied not found")


def edit_message_text(api: BotApi, call: Call) -> Json:
    """editMessageText; without `reply_markup` the keyboard goes."""
    content = _text(api, call, "MESSAGE_TOO_LONG")
    message = api.own_message(call)
    if "text" not in message.content:
        raise bad_request("there is no text in the message to edit")
    return _edit(api, call, message, content)


def edit_message_caption(api: BotApi, call: Call) -> Json:
    """editMessageCaption."""
    caption = _caption(api, call)
    message = api.own_message(call)
    if not any(kind in message.content for kind in _CAPTIONED):
        raise bad_request("there is no caption in the message to edit")
    media = {key: value for key, value in message.content.items() if key in _CAPTIONED}
    return _edit(api, call, message, media | caption)


def edit_message_media(api: BotApi, call: Call) -> Json:
    """editMessageMedia, for photos and documents."""
    media = call.object("media") or {}
    given = media.get("caption_entities")
    caption = _caption_of(api, media.get("caption"), media.get("parse_mode"), given)
    message = api.own_message(call)
    source = media.get("media")
    if media.get("type") == "photo":
        content = api.files.photo(call, source)
    elif media.get("type") == "document":
        content = api.files.document(call, source)
    else:
        raise bad_request("can't parse InputMedia: the sandbox takes photo and document only")
    return _edit(api, call, message, content | caption)


def edit_message_reply_markup(api: BotApi, call: Call) -> Json:
    """editMessageReplyMarkup; it leaves no trace of an edit in the message."""
    message = api.own_message(call)
    return _edit(api, call, message, message.content, shown=False)


def _edit(api: BotApi, call: Call, message: Message, content: Json, shown: bool = True) -> Json:
    keyboard, _ = markup_of(call, api.config.limits)
    api.spend(message.chat)
    if content == message.content and keyboard == message.keyboard:
        raise bad_request(_NOT_MODIFIED)
    api.world.edit(message, content, keyboard, shown)
    return wire.message(api.world, message)


def delete_message(api: BotApi, call: Call) -> bool:
    """deleteMessage. Raises 400 when the message is gone, too old, or not the bot's to delete."""
    place = api.writable(api.chat(call))
    message = place.messages.get(call.integer("message_id") or 0)
    if message is None:
        raise bad_request("message to delete not found")
    if not _deletable(api, message):
        raise bad_request("message can't be deleted for everyone")
    api.world.delete(message)
    return True


def delete_messages(api: BotApi, call: Call) -> bool:
    """deleteMessages: what cannot be deleted is passed over in silence."""
    place = api.writable(api.chat(call))
    wanted = call.json("message_ids")
    if not isinstance(wanted, list) or not 1 <= len(wanted) <= 100:
        raise bad_request("message identifiers are not specified")
    for message_id in wanted:
        message = place.messages.get(int(message_id))
        if message is not None and _deletable(api, message):
            api.world.delete(message)
    return True


def _deletable(api: BotApi, message: Message) -> bool:
    """Own messages and, in a private chat, the user's, for 48 h; with the right, any in a group."""
    place = message.chat
    if place.type != "private" and wire.is_admin(place, api.world.bot.id):
        return True
    if "forum_topic_created" in message.content:
        return False
    limit = api.config.limits.delete_seconds
    fresh = limit is None or api.world.clock() - message.date < limit
    return fresh and (place.type == "private" or api.is_own(message))


METHODS = {
    "sendMessage": send_message,
    "sendPhoto": send_photo,
    "sendDocument": send_document,
    "editMessageText": edit_message_text,
    "editMessageCaption": edit_message_caption,
    "editMessageMedia": edit_message_media,
    "editMessageReplyMarkup": edit_message_reply_markup,
    "deleteMessage": delete_message,
    "deleteMessages": delete_messages,
}
