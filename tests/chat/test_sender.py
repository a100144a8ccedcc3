"""Authority is the sender's numeric id: which updates may act, and the reason of those that may not."""

from __future__ import annotations

from typing import Any

import pytest
from telegram import Bot, Update

from bot.chat.sender import ANONYMOUS_ADMIN_ID, Sender, language_of, sender_of_message, sender_of_tap
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import Language

NOW = 1_790_000_000
ANN: dict[str, Any] = {"id": 7, "is_bot": False, "first_name": "Ann", "language_code": "en"}
PRIVATE: dict[str, Any] = {"id": 7, "type": "private"}
GROUP: dict[str, Any] = {"id": -100, "type": "supergroup", "title": "Desk"}
CHANNEL: dict[str, Any] = {"id": -200, "type": "channel", "title": "News"}
BOT = Bot("1:x")


def _message(sender: dict[str, Any] = ANN, **changes: Any) -> dict[str, Any]:
    return {"message_id": 1, "date": NOW, "chat": PRIVATE, "from": sender, "text": "long sol $5"} | changes


def _judge(kind: str = "message", now: float = NOW, **changes: Any) -> Sender | Refusal | None:
    update = Update.de_json({"update_id": 1, kind: _message(**changes)}, BOT)
    return sender_of_message(update, now)


def _code(judged: Sender | Refusal | None) -> RefusalCode | None:
    return judged.code if isinstance(judged, Refusal) else None


def test_a_person_may_act_in_private_and_in_a_group() -> None:
    assert _judge() == Sender(7, 7, True, Language.ENGLISH)
    here = _judge(chat=GROUP, is_topic_message=True, message_thread_id=5)
    assert here == Sender(7, -100, False, Language.ENGLISH, 5)


def test_a_username_or_name_carries_no_authority() -> None:
    twin = ANN | {"id": 8, "username": "ann"}
    judged = _judge(sender=twin)
    assert isinstance(judged, Sender)
    assert judged.user_id == 8


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"sender_chat": GROUP, "chat": GROUP}, RefusalCode.ANONYMOUS),
        ({"sender_chat": CHANNEL, "chat": GROUP}, RefusalCode.ANONYMOUS),
        ({"from": ANN | {"id": ANONYMOUS_ADMIN_ID, "is_bot": True}, "chat": GROUP}, RefusalCode.ANONYMOUS),
        ({"forward_origin": {"type": "user", "date": 1, "sender_user": ANN}}, RefusalCode.FORWARDED),
        (
            {"forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": "A"}},
            RefusalCode.FORWARDED,
        ),
        ({"via_bot": {"id": 9, "is_bot": True, "first_name": "gif"}}, RefusalCode.FORWARDED),
        ({"date": NOW - 61}, RefusalCode.STALE_COMMAND),
    ],
)
def test_what_its_sender_did_not_just_write_is_refused(changes: dict[str, Any], code: RefusalCode) -> None:
    assert _code(_judge(**changes)) is code


def test_an_edit_is_refused_whatever_its_date() -> None:
    assert _code(_judge("edited_message", edit_date=NOW)) is RefusalCode.EDITED


def test_sixty_seconds_are_fresh_and_a_clock_that_runs_ahead_is_no_crime() -> None:
    assert isinstance(_judge(date=NOW - 60), Sender)
    assert isinstance(_judge(date=NOW + 30), Sender)


@pytest.mark.parametrize("kind", ["channel_post", "edited_channel_post"])
def test_a_channel_post_has_nobody_to_answer(kind: str) -> None:
    assert _judge(kind, chat=CHANNEL, sender_chat=CHANNEL) is None


def test_a_bot_is_nobody() -> None:
    assert _judge(sender=ANN | {"is_bot": True}) is None


def test_a_tap_is_its_tappers_whoever_wrote_the_message() -> None:
    author = {"id": 1, "is_bot": True, "first_name": "Rucksack"}
    tap = {
        "id": "5",
        "from": ANN | {"id": 8},
        "chat_instance": "1",
        "data": "ok:x",
        "message": _message(chat=GROUP, **{"from": author}),
    }
    update = Update.de_json({"update_id": 1, "callback_query": tap}, BOT)
    assert update.callback_query is not None
    assert sender_of_tap(update.callback_query) == Sender(8, -100, False, Language.ENGLISH)


def test_a_tap_on_a_message_too_old_to_see_still_has_a_sender() -> None:
    gone = {"message_id": 3, "date": 0, "chat": PRIVATE}
    tap = {"id": "5", "from": ANN, "chat_instance": "1", "data": "ok:x", "message": gone}
    update = Update.de_json({"update_id": 1, "callback_query": tap}, BOT)
    assert update.callback_query is not None
    assert sender_of_tap(update.callback_query) == Sender(7, 7, True, Language.ENGLISH)


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("zh", Language.CHINESE),
        ("zh-hans", Language.CHINESE),
        ("ZH-Hant", Language.CHINESE),
        ("en", Language.ENGLISH),
        ("de", Language.ENGLISH),
        ("", Language.ENGLISH),
        (None, Language.ENGLISH),
    ],
)
def test_the_first_language_is_telegrams(code: str | None, language: Language) -> None:
    assert language_of(code) is language
