"""What the bot waits for: one answer, of one user, for ten minutes."""

from __future__ import annotations

from bot.chat.prompts import PROMPT_LIFE_MS, Prompt, Prompts


class Clock:
    now = 0

    def __call__(self) -> int:
        return self.now


def test_an_answer_is_taken_once_and_only_by_its_user() -> None:
    prompts = Prompts(clock=Clock())
    prompts.expect(1, Prompt("line", "long SOL"))
    assert prompts.take(2) is None
    assert prompts.take(1) == Prompt("line", "long SOL")
    assert prompts.take(1) is None


def test_a_newer_question_replaces_the_older() -> None:
    prompts = Prompts(clock=Clock())
    prompts.expect(1, Prompt("line", "long SOL"))
    prompts.expect(1, Prompt("secret"))
    assert prompts.take(1) == Prompt("secret")
    assert prompts.take(1) is None


def test_a_question_is_forgotten_after_ten_minutes() -> None:
    clock = Clock()
    prompts = Prompts(clock=clock)
    prompts.expect(1, Prompt("line", "long SOL"))
    clock.now = PROMPT_LIFE_MS
    assert prompts.take(1) is None


def test_tapping_on_ends_a_line_and_never_a_secret() -> None:
    prompts = Prompts(clock=Clock())
    prompts.expect(1, Prompt("line", "long SOL"))
    prompts.expect(2, Prompt("secret"))
    for user in (1, 2, 3):
        prompts.forget_line(user)
    assert prompts.take(1) is None
    assert prompts.take(2) == Prompt("secret")
