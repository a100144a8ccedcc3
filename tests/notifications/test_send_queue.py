"""Whose turn it is: no chat waits for another's flood, no person for a card, newer words replace older."""

from __future__ import annotations

import asyncio
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bot.notifications.delivery import Post, Toast
from bot.notifications.send_queue import (
    LANE_ANSWER,
    LANE_CALL,
    LANE_CARD,
    LANE_DIGEST,
    LANE_URGENT,
    MOST_ANSWERS,
    Job,
    SendQueue,
)
from bot.notifications.tables import OutboxKind

LANES = (LANE_CALL, LANE_URGENT, LANE_ANSWER, LANE_CARD, LANE_DIGEST)


def _job(chat: int, lane: int, text: str = "") -> Job:
    return Job(Toast(chat, text) if lane == LANE_CALL else Post(chat, text), lane)


def _edit(chat: int, message: int, text: str, lane: int = LANE_ANSWER, photo: bytes | None = None) -> Job:
    return Job(Post(chat, text, kind=OutboxKind.EDIT, message_id=message, photo=photo), lane)


def _all(waiting: SendQueue) -> list[Job]:
    taken = []
    while isinstance(job := waiting.take(lambda _: 0), Job):
        waiting.came_back(job)
        taken.append(job)
    return taken


@given(st.lists(st.tuples(st.integers(1, 6), st.sampled_from(LANES)), max_size=120))
def test_every_job_is_taken_once_and_no_chat_twice_before_another_in_need(
    plan: list[tuple[int, int]],
) -> None:
    waiting = SendQueue()
    jobs = [_job(chat, lane) for chat, lane in plan]
    kept = set(jobs)
    for job in jobs:
        kept -= set(waiting.put(job))
    people = Counter(job.post.chat_id for job in kept if job.lane <= LANE_ANSWER)
    taken = _all(waiting)
    assert set(taken) == kept
    assert len(taken) == len(kept) == len(set(taken))
    assert len(waiting) == 0
    first = [job.post.chat_id for job in taken[: len(people)]]
    assert sorted(first) == sorted(people), "everybody is heard once before anybody is heard twice"
    assert [job.lane <= LANE_ANSWER for job in taken] == sorted(
        (job.lane <= LANE_ANSWER for job in taken), reverse=True
    ), "people before what changes by itself"


def test_five_thousand_answers_of_one_chat_are_one_turn_to_the_others() -> None:
    waiting = SendQueue()
    crowded = [one for number in range(5_000) for one in waiting.put(_job(1, LANE_ANSWER, f"{number}"))]
    assert len(crowded) == 5_000 - MOST_ANSWERS
    waiting.put(_job(2, LANE_ANSWER, "other"))
    waiting.put(_job(1, LANE_URGENT, "a fill"))
    said = [job.post.text for job in _all(waiting) if isinstance(job.post, Post)]
    assert said[:3] in (["a fill", "other", "4999"], ["other", "a fill", "4999"])


def test_events_are_never_crowded_out() -> None:
    waiting = SendQueue()
    for number in range(3 * MOST_ANSWERS):
        assert waiting.put(_job(1, LANE_URGENT, f"{number}")) == []
    assert len(waiting) == 3 * MOST_ANSWERS


def test_a_few_answers_keep_their_order() -> None:
    waiting = SendQueue()
    for text in "abc":
        waiting.put(_job(1, LANE_ANSWER, text))
    assert [job.post.text for job in _all(waiting) if isinstance(job.post, Post)] == ["a", "b", "c"]


def test_a_message_under_way_holds_its_chat_but_neither_calls_nor_others() -> None:
    waiting = SendQueue()
    for chat, lane in ((1, LANE_ANSWER), (1, LANE_ANSWER), (1, LANE_CALL), (2, LANE_CARD)):
        waiting.put(_job(chat, lane))
    taken = [waiting.take(lambda _: 0) for _ in range(4)]
    assert [(job.post.chat_id, job.lane) for job in taken if isinstance(job, Job)] == [
        (1, LANE_CALL),
        (1, LANE_ANSWER),
        (2, LANE_CARD),
    ]


async def test_edits_of_one_message_are_one_edit_with_the_last_words() -> None:
    waiting = SendQueue()
    loop = asyncio.get_running_loop()
    edits = [_edit(1, 7, f"{n}", lane) for n, lane in enumerate((LANE_CARD, LANE_ANSWER, LANE_CARD))]
    for job in edits:
        job.done = loop.create_future()
        waiting.put(job)
    waiting.put(_edit(1, 8, "another"))
    waiting.put(_edit(2, 7, "elsewhere"))
    taken = _all(waiting)
    texts = sorted(job.post.text for job in taken if isinstance(job.post, Post))
    assert texts == ["2", "another", "elsewhere"]
    (one,) = [job for job in taken if isinstance(job.post, Post) and job.post.text == "2"]
    assert one.lane == LANE_ANSWER, "somebody waits for it"
    one.settle(7)
    assert [await job.done for job in edits if job.done is not None] == [7, 7, 7]


def test_a_picture_stays_under_newer_words() -> None:
    waiting = SendQueue()
    waiting.put(_edit(1, 7, "one", photo=b"picture"))
    waiting.put(_edit(1, 7, "two"))
    (job,) = _all(waiting)
    assert isinstance(job.post, Post)
    assert (job.post.text, job.post.photo) == ("two", b"picture")


def test_an_edit_that_comes_back_gives_way_to_newer_words() -> None:
    waiting = SendQueue()
    older = _edit(1, 7, "older")
    waiting.put(older)
    assert waiting.take(lambda _: 0) is older
    waiting.put(_edit(1, 7, "newer"))
    waiting.put(older)
    waiting.came_back(older)
    assert [job.post.text for job in _all(waiting) if isinstance(job.post, Post)] == ["newer"]


def test_the_wait_is_the_shortest_there_is() -> None:
    waiting = SendQueue()
    waits = {1: 700, 2: 300}
    for chat in waits:
        waiting.put(_job(chat, LANE_ANSWER))
    assert waiting.take(lambda job: waits[job.post.chat_id]) == 300
