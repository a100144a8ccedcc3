"""The judge of posts can say no: what it is shown here was doubled, lost or cut on purpose."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.kernel.jobs.tables import Run
from bot.kernel.recurrence import MINUTE_MS, stamp
from bot.notifications.tables import OutboxMessage, OutboxState
from bot.posts.tables import ScheduledPost
from bot.sandbox.telegram.driver import ChatMessage
from tests.faults.databases import ALICE
from tests.faults.posted import TITLES, Diary, Found, complaints

START_MS = 1_780_000_020_000  # a whole minute
END_MS = START_MS + 10 * MINUTE_MS


def said(number: int, text: str) -> ChatMessage:
    return ChatMessage(number, text, 7000, True, False, (), number, {})


def all_well() -> tuple[Diary, Found]:
    """Four posts, each made and read once."""
    diary = Diary(4, seed=1)
    found = Found([], [], [], {group.id: [] for group in diary.groups})
    for number in range(1, 5):
        wish = diary.wish(START_MS + number * MINUTE_MS)
        diary.answered_ms[wish] = START_MS
        key = f"post:{number}:{stamp(wish.due_ms)}"
        text = f"{TITLES[wish.kind]} and more"
        found.posts.append(
            ScheduledPost(
                id=number,
                user_id=ALICE,
                chat_id=wish.chat_id,
                kind=wish.kind,
                when={"at": wish.at},
                due_ms=wish.due_ms,
                created_ms=START_MS,
            )
        )
        found.runs.append(Run(key=key, due_ms=wish.due_ms, claimed_ms=1, lease_until_ms=2, done_ms=2))
        found.rows.append(
            OutboxMessage(
                chat_id=wish.chat_id,
                dedupe_key=key,
                text=text,
                state=OutboxState.SENT,
                message_id=number,
                attempts=1,
                created_ms=1,
            )
        )
        found.heard[wish.chat_id].append(said(number, text))
    return diary, found


def first_chat(found: Found) -> list[ChatMessage]:
    return found.heard[found.posts[0].chat_id]


def doubled_post(found: Found) -> None:
    one = found.posts[0]
    more = {name: getattr(one, name) for name in ("chat_id", "kind", "when", "due_ms", "created_ms")}
    found.posts.append(ScheduledPost(id=9, user_id=ALICE, **more))


def run_at_another_time(found: Found) -> None:
    key = f"post:1:{stamp(START_MS)}"
    found.runs.append(Run(key=key, due_ms=START_MS, claimed_ms=1, lease_until_ms=2, done_ms=2))


def begun(found: Found) -> None:
    found.runs[0].done_ms = None


def held_back(found: Found) -> None:
    found.rows[0].state = OutboxState.SUPPRESSED


def said_by_nobody(found: Found) -> None:
    first_chat(found).append(said(50, found.rows[0].text))


@pytest.mark.parametrize(
    ("harm", "complaint"),
    [
        (lambda found: found.posts.pop(0), "LOST: 0 posts"),
        (doubled_post, "DOUBLED: 2 posts"),
        (lambda found: found.runs.pop(0), "LOST: post:1:"),
        (run_at_another_time, "DOUBLED: post:1:"),
        (begun, "CUT: post:1:"),
        (lambda found: found.rows.pop(0), "LOST: post:1:"),
        (lambda found: found.rows.append(found.rows[0]), "DOUBLED: post:1:"),
        (held_back, "CUT: post:1:"),
        (lambda found: first_chat(found).pop(0), "LOST: post:1:"),
        (said_by_nobody, "DOUBLED: "),
    ],
)
def test_what_is_wrong_with_a_post_is_complained_of(harm: Callable[[Found], object], complaint: str) -> None:
    diary, found = all_well()
    assert complaints(diary, END_MS, found) == []
    harm(found)
    assert any(line.startswith(complaint) for line in complaints(diary, END_MS, found))


def test_a_message_sent_anew_by_another_process_is_counted_and_no_complaint() -> None:
    diary, found = all_well()
    found.rows[0].attempts = 2
    said_by_nobody(found)
    assert complaints(diary, END_MS, found) == []
    assert found.said_twice == 1


def test_what_is_due_later_and_what_was_promised_too_late_is_not_awaited() -> None:
    diary, found = all_well()
    found.runs.clear()
    found.rows.clear()
    for messages in found.heard.values():
        messages.clear()
    assert complaints(diary, START_MS, found) == []
    diary.answered_ms = dict.fromkeys(diary.answered_ms, END_MS)
    assert complaints(diary, END_MS, found) == []
