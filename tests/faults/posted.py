"""The posts Alice has asked for in her groups, and the judge of what became of them.

Every post is due once while a harness runs: at its minute of this day. Two lines are never alike, so that
one that was heard twice shows as two posts.
"""

from __future__ import annotations

import collections
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from bot.kernel.jobs.tables import Run
from bot.kernel.recurrence import MINUTE_MS, stamp
from bot.notifications.tables import OutboxMessage, OutboxState
from bot.posts.chat import MOST
from bot.posts.tables import PostKind, ScheduledPost
from bot.sandbox.telegram.config import Group
from bot.sandbox.telegram.driver import ChatMessage
from tests.faults.databases import ALICE

GROUPS: Final = 3  # at least: one has four kinds to post at a minute
# How a post begins in English, behind a line that says how late it is.
TITLES: Final = {
    PostKind.FUNDING_TABLE: "Funding settle",
    PostKind.TOP_MOVERS: "Movers, 24 h",
    PostKind.FUNDING_EXTREMES: "Funding extremes",
    PostKind.DAILY_DIGEST: "The day",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """One line of Alice's: this kind of post in this group at this minute of the day (UTC)."""

    chat_id: int
    kind: PostKind
    due_ms: int

    @property
    def at(self) -> str:
        return datetime.fromtimestamp(self.due_ms / 1000, UTC).strftime("%H:%M")

    @property
    def line(self) -> str:
        return f"/schedule {self.kind.value} {self.at}"


class Diary:
    """Wishes that have room in her groups, and when each was answered."""

    def __init__(self, wanted: int, seed: int) -> None:
        self._dice = random.Random(f"{seed} posts")
        self._ids = [-1_002_000_000_000 - number for number in range(GROUPS + wanted // (MOST - 2))]
        self._full = collections.Counter[int]()
        self._known: set[Wish] = set()
        self.answered_ms: dict[Wish, int] = {}

    @property
    def groups(self) -> tuple[Group, ...]:
        return tuple(Group(one, f"Desk {-one % 1000}", {ALICE: "creator"}) for one in self._ids)

    def wish(self, due_ms: int) -> Wish:
        """One more for that minute, in the emptiest group; unlike any other. Raises IndexError: no room."""
        for chat_id in sorted(self._ids, key=self._full.__getitem__):
            free = [kind for kind in PostKind if Wish(chat_id, kind, due_ms) not in self._known]
            if free and self._full[chat_id] < MOST:
                wish = Wish(chat_id, self._dice.choice(free), due_ms)
                self._full[chat_id] += 1
                self._known.add(wish)
                return wish
        raise IndexError("every group has as many posts as it may")

    def due(self, from_ms: int, until_ms: int) -> list[Wish]:
        """What was promised in time and is due in that span, its end excluded."""
        return [
            wish
            for wish, answered_ms in self.answered_ms.items()
            if from_ms <= wish.due_ms < until_ms and answered_ms < wish.due_ms
        ]


@dataclass(slots=True)
class Found:
    """What is in the tables, and what stands in the groups."""

    posts: list[ScheduledPost]
    runs: list[Run]
    rows: list[OutboxMessage]
    heard: dict[int, list[ChatMessage]]
    said_twice: int = field(default=0, init=False)  # counted by `complaints`


def next_minute_ms(now_ms: int) -> int:
    return (now_ms // MINUTE_MS + 1) * MINUTE_MS


def complaints(diary: Diary, until_ms: int, found: Found) -> list[str]:
    """All that is wrong with posts due before `until_ms`. Empty: each was made once, and is read."""
    wrong, keys, owed = [], set[str](), set(diary.due(0, until_ms))
    for wish in diary.answered_ms:
        made = [post for post in found.posts if _is_of(post, wish)]
        if len(made) != 1:
            wrong.append(f"{'DOUBLED' if made else 'LOST'}: {len(made)} posts of {wish.line!r}")
        for post in made:
            keys.add(key := f"post:{post.id}:{stamp(wish.due_ms)}")
            wrong += _run(key, post, found) if wish in owed else []
    known = {post.id: post.kind for post in found.posts}
    of_posts = [one.key for one in found.runs if one.key.startswith("post:")]
    of_posts += [row.dedupe_key for row in found.rows if (row.dedupe_key or "").startswith("post:")]  # type: ignore[misc]
    wrong += [f"DOUBLED: {key} was not due" for key in sorted({*of_posts} - keys)]
    return wrong + _heard(known, found)


def _is_of(post: ScheduledPost, wish: Wish) -> bool:
    return (post.chat_id, post.kind, post.when.get("at")) == (wish.chat_id, wish.kind, wish.at)


def _run(key: str, post: ScheduledPost, found: Found) -> list[str]:
    """The run of one due time has ended, with one row that was said where it belongs."""
    runs = [one for one in found.runs if one.key == key]
    rows = [row for row in found.rows if row.dedupe_key == key]
    if not runs:
        return [f"LOST: {key} never ran"]
    if any(one.done_ms is None for one in runs):
        return [f"CUT: {key} was begun and never ended ({runs[0].error})"]
    if len(rows) != 1:
        return [f"{'DOUBLED' if rows else 'LOST'}: {key} ran and queued {len(rows)} messages"]
    (row,) = rows
    if row.state is not OutboxState.SENT:
        return [f"CUT: {key} is {row.state}: {row.error}"]
    there = {message.id for message in found.heard.get(post.chat_id, ())}
    if row.chat_id != post.chat_id or row.message_id not in there:
        return [f"LOST: {key} is said to be message {row.message_id}, which is not in {post.chat_id}"]
    return []


def _heard(kinds: Mapping[int, PostKind], found: Found) -> list[str]:
    """What stands in a group more often than in the tables was sent again by another process: counted. One
    that was sent by one process alone cannot have been."""
    rows, again = collections.Counter[tuple[int, PostKind]](), collections.Counter[tuple[int, PostKind]]()
    for row in found.rows:
        series, _, rest = (row.dedupe_key or "").partition(":")
        if series == "post" and row.state is OutboxState.SENT:
            kind = kinds.get(int(rest.partition(":")[0]))
            if kind is not None:
                rows[row.chat_id, kind] += 1
                again[row.chat_id, kind] += row.attempts - 1
    heard = collections.Counter(
        (chat_id, kind)
        for chat_id, messages in found.heard.items()
        for message in messages
        if message.from_bot and (kind := kind_of(message.text)) is not None
    )
    wrong, found.said_twice = [], 0
    for place in rows.keys() | heard.keys():
        more = heard[place] - rows[place]
        found.said_twice += max(0, more)
        if not 0 <= more <= again[place]:
            chat_id, kind = place
            wrong.append(f"DOUBLED: {heard[place]} {kind} in {chat_id}, {rows[place]} by the tables")
    return wrong


def kind_of(text: str) -> PostKind | None:
    """What post a message is; None for any other."""
    for line in text.splitlines():
        for kind, title in TITLES.items():
            if line.startswith(title):
                return kind
    return None
