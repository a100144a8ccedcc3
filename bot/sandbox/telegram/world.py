"""The state of the sandbox: people, chats, messages, and a revision that grows with every change.

It knows nothing of HTTP. Whoever shows chats (page, driver) waits for the revision to grow and reads anew.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from bot.sandbox.telegram.config import Channel, Group, Role, TelegramConfig
from bot.sandbox.telegram.errors import Json

_KEPT_CHANGES = 10_000
ANONYMOUS_ID = 1087968824  # @GroupAnonymousBot, the `from` of an anonymous admin's message
CHANNEL_BOT_ID = 136817688  # @Channel_Bot, the `from` of a channel's message in a group
ADMINS: tuple[Role, ...] = ("creator", "administrator")
MEMBERS: tuple[Role, ...] = ("creator", "administrator", "member")


@dataclass(slots=True)
class User:
    """A Telegram account, human or bot."""

    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = None
    is_bot: bool = False


@dataclass(slots=True)
class Message:
    """One message; `content` holds the Bot API's own content fields (text, entities, photo, ...)."""

    id: int
    chat: Chat
    date: int  # Unix seconds
    content: Json
    sender: User | None = None
    sender_chat: Chat | None = None
    via_bot: User | None = None
    forward_origin: Json | None = None
    reply_to: int | None = None
    thread_id: int | None = None
    keyboard: Json | None = None  # inline keyboard
    edit_date: int | None = None
    revision: int = 0


@dataclass(slots=True)
class Chat:
    """A private chat, group, supergroup or channel, with its members' roles and its messages by id."""

    id: int
    type: str
    title: str | None = None
    username: str | None = None
    user: User | None = None  # of a private chat
    is_forum: bool = False
    roles: dict[int, Role] = field(default_factory=dict)
    messages: dict[int, Message] = field(default_factory=dict)
    topics: dict[int, str] = field(default_factory=dict)
    started: bool = True  # the person has written to the bot before
    pinned: int | None = None
    migrated_to: int | None = None
    reply_keyboard: Json | None = None
    last_id: int = 0
    read: dict[int, int] = field(default_factory=dict)  # user id -> last message they have seen

    @property
    def own_ids(self) -> bool:
        """Supergroups and channels number their messages themselves; elsewhere one count serves all."""
        return self.type in ("supergroup", "channel")

    def role(self, user_id: int) -> Role:
        """The role of a user here, `left` for a stranger."""
        return self.roles.get(user_id, "left")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that happened, for those who follow the chats."""

    revision: int
    kind: str  # message, edit, delete, press, answer, action, chat, commands
    chat_id: int
    data: Json


@dataclass(slots=True)
class Press:
    """A tap on an inline button and what the bot answered."""

    id: str
    user_id: int
    chat_id: int
    message_id: int
    data: str
    pressed: float
    answer: Json | None = None


class World:
    """All state of one sandbox. Everything runs on one event loop, so that no lock is needed."""

    def __init__(self, config: TelegramConfig) -> None:
        self.config = config
        self.clock = config.clock
        self.bot = User(config.bot_id, config.bot_name, username=config.bot_username, is_bot=True)
        self.anonymous = User(ANONYMOUS_ID, "Group", username="GroupAnonymousBot", is_bot=True)
        self.channel_bot = User(CHANNEL_BOT_ID, "Channel", username="Channel_Bot", is_bot=True)
        self.users: dict[int, User] = {}
        self.chats: dict[int, Chat] = {}
        self.presses: dict[str, Press] = {}
        self.changes: deque[Change] = deque(maxlen=_KEPT_CHANGES)
        self.revision = 0
        self._last_id = 0
        self._waiters: set[asyncio.Future[None]] = set()
        for person in config.people:
            user = User(person.id, person.first_name, person.last_name, person.username, person.language_code)
            self.users[user.id] = user
            roles: dict[int, Role] = {user.id: "member", self.bot.id: "member"}
            self.chats[user.id] = Chat(
                user.id, "private", user=user, roles=roles, username=user.username, started=person.started
            )
        for group in config.groups:
            self._settle(group)
        for channel in config.channels:
            self._settle(channel)

    def _settle(self, place: Group | Channel) -> None:
        kind = place.kind if isinstance(place, Group) else "channel"
        roles = {**place.roles, self.bot.id: place.bot_role}
        chat = Chat(place.id, kind, place.title, place.username, roles=roles)
        self.chats[chat.id] = chat
        for topic in place.topics if isinstance(place, Group) else ():
            self.open_topic(chat, topic, next((u for r, u in self._owners(chat)), None))

    def _owners(self, chat: Chat) -> Iterator[tuple[Role, User]]:
        return ((role, self.users[uid]) for uid, role in chat.roles.items() if role == "creator")

    # messages

    def post(self, chat: Chat, content: Json, **fields: object) -> Message:
        """Add a message. `fields` are those of `Message`; the date is now unless given."""
        message = Message(self._next_id(chat), chat, int(self.clock()), content)
        for name, value in fields.items():
            setattr(message, name, value)
        chat.messages[message.id] = message
        self.touched(message, "message")
        return message

    def open_topic(self, chat: Chat, name: str, by: User | None) -> Message:
        """Create a forum topic; its thread id is the id of the service message that opens it."""
        chat.is_forum = True
        message = self.post(
            chat, {"forum_topic_created": {"name": name, "icon_color": 7322096}}, sender=by or self.bot
        )
        message.thread_id = message.id
        chat.topics[message.id] = name
        return message

    def edit(self, message: Message, content: Json, keyboard: Json | None, shown: bool = True) -> None:
        """Replace content and keyboard; `shown` marks the message as edited."""
        message.content, message.keyboard = content, keyboard
        if shown:
            message.edit_date = int(self.clock())
        self.touched(message, "edit")

    def delete(self, message: Message) -> None:
        """Remove a message for everyone."""
        del message.chat.messages[message.id]
        if message.chat.pinned == message.id:
            message.chat.pinned = None
        self.changed("delete", message.chat.id, message_id=message.id)

    def _next_id(self, chat: Chat) -> int:
        if chat.own_ids:
            chat.last_id += 1
            return chat.last_id
        self._last_id += 1
        return self._last_id

    # changes

    def touched(self, message: Message, kind: str) -> None:
        """Note that a message is new or different."""
        self.changed(kind, message.chat.id, message_id=message.id)
        message.revision = self.revision

    def changed(self, kind: str, chat_id: int, **data: object) -> None:
        """Note any change and wake all who wait for one."""
        self.revision += 1
        self.changes.append(Change(self.revision, kind, chat_id, dict(data)))
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        self._waiters.clear()

    async def wait(self, since: int, timeout: float) -> int:
        """The revision: at once if beyond `since`, else after the next change or `timeout` seconds."""
        if self.revision <= since and timeout > 0:
            waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiters.add(waiter)
            try:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(waiter, timeout)
            finally:
                self._waiters.discard(waiter)
        return self.revision
