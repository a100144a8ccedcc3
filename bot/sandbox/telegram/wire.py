"""The Bot API's objects as JSON: User, Chat, Message, ChatMember and their kin.

Source: core.telegram.org/bots/api#available-types. Optional fields are absent, never null.
"""

from __future__ import annotations

from bot.sandbox.telegram.config import Role
from bot.sandbox.telegram.errors import Json
from bot.sandbox.telegram.world import ADMINS, Chat, Message, Press, User, World

_ADMIN_RIGHTS = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_send_welcome_messages",
)


def _present(**fields: object) -> Json:
    return {key: value for key, value in fields.items() if value is not None}


def user(person: User) -> Json:
    """A User."""
    return _present(
        id=person.id,
        is_bot=person.is_bot,
        first_name=person.first_name,
        last_name=person.last_name,
        username=person.username,
        language_code=person.language_code,
    )


def me(world: World) -> Json:
    """The User of getMe, with what the bot can do."""
    return {
        **user(world.bot),
        "can_join_groups": True,
        "can_read_all_group_messages": not world.config.privacy_mode,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def chat(place: Chat) -> Json:
    """A Chat."""
    person = place.user
    return _present(
        id=place.id,
        type=place.type,
        title=place.title,
        username=place.username,
        first_name=person.first_name if person else None,
        last_name=person.last_name if person else None,
        is_forum=True if place.is_forum else None,
    )


def full_chat(world: World, place: Chat) -> Json:
    """A ChatFullInfo."""
    gifts = (
        "unlimited_gifts",
        "limited_gifts",
        "unique_gifts",
        "premium_subscription",
        "gifts_from_channels",
    )
    pinned = place.messages.get(place.pinned) if place.pinned else None
    return {
        **chat(place),
        **_present(pinned_message=message(world, pinned) if pinned else None),
        "accent_color_id": abs(place.id) % 7,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(gifts, False),
    }


def message(world: World, item: Message, nested: bool = False) -> Json:
    """A Message; one that is replied to is given without what it replies to itself."""
    place = item.chat
    in_topic = place.is_forum and item.thread_id is not None
    answered = item.reply_to or (item.thread_id if in_topic and item.thread_id != item.id else None)
    target = None if nested or answered is None else place.messages.get(answered)
    return _present(
        **{"from": user(item.sender) if item.sender and place.type != "channel" else None},
        message_id=item.id,
        sender_chat=chat(item.sender_chat) if item.sender_chat else None,
        chat=chat(place),
        date=item.date,
        edit_date=item.edit_date,
        message_thread_id=item.thread_id,
        is_topic_message=True if in_topic else None,
        forward_origin=item.forward_origin,
        reply_to_message=message(world, target, nested=True) if target else None,
        via_bot=user(item.via_bot) if item.via_bot else None,
        reply_markup=item.keyboard,
        **item.content,
    )


def callback_query(world: World, press: Press) -> Json:
    """A CallbackQuery; its message is inaccessible (date 0) once deleted."""
    place = world.chats[press.chat_id]
    item = place.messages.get(press.message_id)
    gone = {"chat": chat(place), "message_id": press.message_id, "date": 0}
    return {
        "id": press.id,
        "from": user(world.users[press.user_id]),
        "message": message(world, item) if item else gone,
        "chat_instance": str(4_000_000_000_000_000_000 + press.chat_id),
        "data": press.data,
    }


def member(world: World, place: Chat, person: User, role: Role | None = None) -> Json:
    """A ChatMember of the kind its role asks for."""
    role = role or place.role(person.id)
    base: Json = {"status": role, "user": user(person)}
    if role == "creator":
        return base | {"is_anonymous": False}
    if role == "administrator":
        rights = {**dict.fromkeys(_ADMIN_RIGHTS, True), "can_promote_members": False}
        extra = (
            ("can_post_messages", "can_edit_messages") if place.type == "channel" else ("can_pin_messages",)
        )
        topics = {"can_manage_topics": True} if place.type == "supergroup" else {}
        can_edit = person.id != world.bot.id
        return (
            base
            | rights
            | dict.fromkeys(extra, True)
            | topics
            | {"can_be_edited": can_edit, "is_anonymous": False}
        )
    if role == "kicked":
        return base | {"until_date": 0}
    return base


def member_updated(world: World, place: Chat, by: User, person: User, old: Role) -> Json:
    """A ChatMemberUpdated from role `old` to the present one."""
    return {
        "chat": chat(place),
        "from": user(by),
        "date": int(world.clock()),
        "old_chat_member": member(world, place, person, old),
        "new_chat_member": member(world, place, person),
    }


def is_admin(place: Chat, user_id: int) -> bool:
    """Whether the user administers this chat."""
    return place.role(user_id) in ADMINS
