"""Who lives in the sandbox and which of Telegram's rules it enforces.

Everything here is plain data, so that a test or the demo can describe its own small town of people.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Role = Literal["creator", "administrator", "member", "left", "kicked"]
GroupKind = Literal["group", "supergroup"]

# Short on purpose: a real token has 35 characters, so that no secret scanner mistakes this one for it.
DEFAULT_TOKEN = "7000:sandbox-telegram"  # noqa: S105 - opens nothing outside the sandbox
DEFAULT_BOT_ID = 7000


@dataclass(frozen=True, slots=True)
class Person:
    """A human with a Telegram account; `started` means the bot may already write to them first."""

    id: int
    first_name: str
    last_name: str | None = None
    username: str | None = None
    language_code: str | None = "en"
    started: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """A group of people and the bot. A supergroup with `topics` is a forum; only a basic group migrates."""

    id: int
    title: str
    roles: Mapping[int, Role]  # user id -> role
    kind: GroupKind = "supergroup"
    topics: tuple[str, ...] = ()
    bot_role: Role = "administrator"
    username: str | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel; its administrators post as the channel itself."""

    id: int
    title: str
    roles: Mapping[int, Role]
    bot_role: Role = "administrator"
    username: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Telegram's limits, each switched off by `None`.

    Source: core.telegram.org/bots/faq ("My bot is hitting limits") and the Bot API reference. Rates are
    token buckets: `chat_burst` messages may leave at once in one chat, after which one a second refills,
    as Telegram "may allow short bursts". Lengths are counted in UTF-16 units after entity parsing.
    """

    text_length: int | None = 4096
    caption_length: int | None = 1024
    callback_data_bytes: int | None = 64
    per_second: int | None = 30  # over all chats
    per_chat_second: float | None = 1.0
    chat_burst: int = 3
    per_group_minute: int | None = 20
    callback_seconds: float | None = (
        30.0  # then "query is too old"; the real figure lies between 15 s and 1 min
    )
    delete_seconds: float | None = 48 * 3600.0
    update_seconds: float | None = 24 * 3600.0
    commands: int | None = 100

    @classmethod
    def off(cls) -> Limits:
        """No limit at all, for tests about something else."""
        return cls(None, None, None, None, None, 3, None, None, None, None, None)


def default_people() -> tuple[Person, ...]:
    """Alice, Bob (who reads Chinese) and Carol."""
    return (
        Person(1001, "Alice", "Archer", "alice"),
        Person(1002, "Bob", "Bao", "bob", "zh"),
        Person(1003, "Carol", "Chen", "carol"),
    )


def default_groups() -> tuple[Group, ...]:
    """One forum, "Desk", owned by Alice."""
    roles: dict[int, Role] = {1001: "creator", 1002: "member", 1003: "member"}
    return (Group(-1001000000001, "Desk", roles, topics=("Trades", "Signals")),)


def default_channels() -> tuple[Channel, ...]:
    """One channel, "Desk News", in which Alice posts and the others read."""
    return (Channel(-1001000000002, "Desk News", {1001: "creator", 1002: "member", 1003: "member"}),)


@dataclass(frozen=True, slots=True)
class TelegramConfig:
    """A whole sandbox: the bot, the people, their groups, the limits and the clock (Unix seconds)."""

    token: str = DEFAULT_TOKEN
    bot_id: int = DEFAULT_BOT_ID
    bot_name: str = "Rucksack"
    bot_username: str = "rucksack_bot"
    privacy_mode: bool = True  # a bot that is not admin misses ordinary group messages
    people: tuple[Person, ...] = field(default_factory=default_people)
    groups: tuple[Group, ...] = field(default_factory=default_groups)
    channels: tuple[Channel, ...] = field(default_factory=default_channels)
    limits: Limits = field(default_factory=Limits)
    clock: Callable[[], float] = time.time
    webhook_retry_seconds: float = (
        0.5  # first back-off after a failed webhook delivery; doubles up to a minute
    )
