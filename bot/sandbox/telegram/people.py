"""What people do in their Telegram app: write, tap, edit, delete, block; each becomes an update for the bot.

The privacy mode decides here which group messages the bot gets to see.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.sandbox.telegram import wire
from bot.sandbox.telegram.bot_api import BotApi
from bot.sandbox.telegram.config import Role
from bot.sandbox.telegram.errors import Json
from bot.sandbox.telegram.markup import utf16_length
from bot.sandbox.telegram.text import settle
from bot.sandbox.telegram.world import ADMINS, MEMBERS, Chat, Message, Press, User

_LONGEST_TEXT = 4096


class PersonError(Exception):
    """The app would not have let a person do this; `status` is the HTTP code of the user API."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Sending:
    """How a message is sent, beyond its text."""

    reply_to: int | None = None
    thread_id: int | None = None
    forwarded_from: int | str | None = None  # a user's or chat's id, or the name of a hidden user
    speak_as: str = "user"  # user, anonymous (admin, as the group), channel
    channel_id: int | None = None  # which channel speaks, in a group
    via_bot: str | None = None  # username of an inline bot
    seconds_ago: int = 0
    media: Json | None = None  # content of a message with a photo or document; the text is then its caption


class People:
    """Acts on behalf of the sandbox's people."""

    def __init__(self, api: BotApi) -> None:
        self._api = api
        self._world = api.world
        self._next_press = 4_300_000_000_000_000_001

    def user(self, user_id: int) -> User:
        """A person by id. Raises 404."""
        person = self._world.users.get(user_id)
        if person is None:
            raise PersonError(404, f"there is no user {user_id}")
        return person

    def chat(self, user_id: int, chat_id: int) -> Chat:
        """A chat this person takes part in. Raises 404 for a chat that does not exist or is not theirs."""
        self.user(user_id)
        place = self._world.chats.get(chat_id)
        if place is None or place.role(user_id) not in MEMBERS or place.migrated_to is not None:
            raise PersonError(404, f"user {user_id} has no chat {chat_id}")
        return place

    def message(self, user_id: int, chat_id: int, message_id: int) -> Message:
        """A message this person sees. Raises 404."""
        found = self.chat(user_id, chat_id).messages.get(message_id)
        if found is None:
            raise PersonError(404, f"there is no message {message_id} in chat {chat_id}")
        return found

    def send(self, user_id: int, chat_id: int, text: str, how: Sending) -> Message:
        """Write a message. Raises 400 for one no app would send, 403 where the person may not write."""
        place, person = self.chat(user_id, chat_id), self.user(user_id)
        if place.type == "private" and place.role(self._world.bot.id) == "kicked":
            raise PersonError(403, "unblock the bot first")
        text, entities = settle(text, [])
        if not text and how.media is None:
            raise PersonError(400, "the message is empty")
        if utf16_length(text) > _LONGEST_TEXT:
            raise PersonError(400, "the message is longer than 4096 characters")
        if how.reply_to is not None and how.reply_to not in place.messages:
            raise PersonError(404, f"there is no message {how.reply_to} to reply to")
        if how.thread_id is not None and how.thread_id not in place.topics:
            raise PersonError(404, f"there is no topic {how.thread_id}")
        place.started = True
        message = self._world.post(
            place,
            _content(text, entities, how.media),
            date=int(self._world.clock()) - how.seconds_ago,
            reply_to=how.reply_to,
            thread_id=how.thread_id,
            forward_origin=self._origin(how.forwarded_from),
            via_bot=User(7001, how.via_bot, username=how.via_bot, is_bot=True) if how.via_bot else None,
            **self._speaker(place, person, how),
        )
        self._tell("channel_post" if place.type == "channel" else "message", message)
        return message

    def _speaker(self, place: Chat, person: User, how: Sending) -> dict[str, User | Chat]:
        admin = place.role(person.id) in ADMINS
        if place.type == "channel":
            if not admin:
                raise PersonError(403, "only administrators post in a channel")
            return {"sender_chat": place}
        if how.speak_as == "anonymous":
            if not admin or place.type != "supergroup":
                raise PersonError(403, "only an administrator of a supergroup posts anonymously")
            return {"sender": self._world.anonymous, "sender_chat": place}
        if how.speak_as == "channel":
            channel = self.chat(person.id, how.channel_id or 0)
            if channel.type != "channel" or channel.role(person.id) not in ADMINS:
                raise PersonError(403, "only an administrator speaks as a channel")
            return {"sender": self._world.channel_bot, "sender_chat": channel}
        return {"sender": person}

    def _origin(self, source: int | str | None) -> Json | None:
        date = int(self._world.clock()) - 3600
        if source is None:
            return None
        if isinstance(source, str):
            return {"type": "hidden_user", "sender_user_name": source, "date": date}
        known = self._world.bot if source == self._world.bot.id else self._world.users.get(source)
        if known is not None:
            return {"type": "user", "sender_user": wire.user(known), "date": date}
        place = self._world.chats.get(source)
        if place is None:
            raise PersonError(404, f"there is no user or chat {source} to forward from")
        if place.type == "channel":
            return {"type": "channel", "chat": wire.chat(place), "message_id": 1, "date": date}
        return {"type": "chat", "sender_chat": wire.chat(place), "date": date}

    def edit(self, user_id: int, chat_id: int, message_id: int, text: str) -> Message:
        """Change one's own message. Raises 403 for another's, 400 for an empty text."""
        message = self.message(user_id, chat_id, message_id)
        if not self._owns(user_id, message):
            raise PersonError(403, "only one's own messages can be edited")
        text, entities = settle(text, [])
        if not text:
            raise PersonError(400, "the message is empty")
        media: Json = {
            kind: message.content[kind] for kind in ("photo", "document") if kind in message.content
        }
        self._world.edit(message, _content(text, entities, media), message.keyboard)
        self._tell("edited_channel_post" if message.chat.type == "channel" else "edited_message", message)
        return message

    def delete(self, user_id: int, chat_id: int, message_id: int) -> None:
        """Delete a message for everyone; bots are not told. Raises 403 where the person may not."""
        message = self.message(user_id, chat_id, message_id)
        private = message.chat.type == "private"
        if not (private or self._owns(user_id, message) or wire.is_admin(message.chat, user_id)):
            raise PersonError(403, "only administrators delete other people's messages")
        self._world.delete(message)

    def _owns(self, user_id: int, message: Message) -> bool:
        if message.sender is not None and message.sender.id == user_id:
            return True
        as_chat = message.sender_chat is not None and message.sender is not self._world.bot
        return as_chat and wire.is_admin(message.chat, user_id)

    def tap(self, user_id: int, chat_id: int, message_id: int, data: str) -> Press:
        """Press a button. `data` is taken as it is: a tap may be late, and a modified app may forge it."""
        self.message(user_id, chat_id, message_id)
        press = Press(str(self._next_press), user_id, chat_id, message_id, data, self._world.clock())
        self._next_press += 1
        self._world.presses[press.id] = press
        self._world.changed("press", chat_id, press_id=press.id, user_id=user_id, message_id=message_id)
        self.deliver_press(press)
        return press

    def tap_again(self, press_id: str) -> Press:
        """The same press under a new update id, as the app does when it got no answer. Raises 404."""
        press = self._world.presses.get(press_id)
        if press is None:
            raise PersonError(404, f"there is no press {press_id}")
        self.deliver_press(press)
        return press

    def deliver_press(self, press: Press) -> None:
        """Queue the callback query of a press."""
        self._api.updates.push("callback_query", wire.callback_query(self._world, press), press.chat_id)

    def block(self, user_id: int, blocked: bool) -> None:
        """Block or unblock the bot in the person's private chat."""
        self.set_role(user_id, user_id, self._world.bot.id, "kicked" if blocked else "member")

    def set_role(self, user_id: int, chat_id: int, target_id: int, role: Role) -> None:
        """Change the role of a member or of the bot, which hears of others' roles only if it asked to."""
        place, by = self._world.chats.get(chat_id), self.user(user_id)
        target = self._world.bot if target_id == self._world.bot.id else self.user(target_id)
        if place is None:
            raise PersonError(404, f"there is no chat {chat_id}")
        old = place.role(target.id)
        if old == role:
            return
        place.roles[target.id] = role
        self._world.changed("chat", chat_id)
        kind = "my_chat_member" if target is self._world.bot else "chat_member"
        self._api.updates.push(kind, wire.member_updated(self._world, place, by, target, old), chat_id)

    def migrate(self, user_id: int, chat_id: int) -> Chat:
        """Turn a basic group into a supergroup with a new id. Raises 400 for anything else."""
        old = self.chat(user_id, chat_id)
        if old.type != "group":
            raise PersonError(400, "only a basic group becomes a supergroup")
        new = Chat(-1_000_000_000_000 + old.id, "supergroup", old.title, roles=dict(old.roles))
        self._world.chats[new.id] = new
        person = self.user(user_id)
        leaving = self._world.post(old, {"migrate_to_chat_id": new.id}, sender=person)
        self._tell("message", leaving)
        old.migrated_to = new.id
        arriving = self._world.post(new, {"migrate_from_chat_id": old.id}, sender=self._world.anonymous)
        arriving.sender_chat = new
        self._tell("message", arriving)
        self._world.changed("chat", old.id)
        return new

    def _tell(self, kind: str, message: Message) -> None:
        if self.bot_sees(message):
            self._api.updates.push(kind, wire.message(self._world, message), message.chat.id)

    def bot_sees(self, message: Message) -> bool:
        """Privacy mode: without admin rights a bot sees commands meant for it and replies to it, no more.

        Source: core.telegram.org/bots/features#privacy-mode.
        """
        place, bot = message.chat, self._world.bot
        role = place.role(bot.id)
        if place.type == "private":
            return role != "kicked"
        if role in ADMINS or (role == "member" and not self._api.config.privacy_mode):
            return True
        if role != "member" or place.type == "channel":
            return False
        replied = place.messages.get(message.reply_to or 0)
        if "text" not in message.content or (replied is not None and replied.sender is bot):
            return True
        first = message.content.get("entities", [{}])[0]
        if first.get("type") != "bot_command" or first["offset"] != 0:
            return False
        _, _, addressed = message.content["text"][: first["length"]].partition("@")
        return not addressed or addressed.lower() == (bot.username or "").lower()


def _content(text: str, entities: list[Json], media: Json | None) -> Json:
    text_key, entities_key = ("caption", "caption_entities") if media else ("text", "entities")
    content: Json = {**(media or {})}
    if text:
        content[text_key] = text
    if entities:
        content[entities_key] = entities
    return content
