"""What the bot is waiting for in a private chat: the next message is the answer. In memory, short-lived.

Losing it in a restart loses nothing: an answer nobody waits for is read as a command and gets its reply.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

PROMPT_LIFE_MS: Final = 10 * 60_000


@dataclass(frozen=True, slots=True)
class Prompt:
    """`kind` says whose answer it is; `prefix` and `suffix` are the line it completes."""

    kind: str  # "secret" | "line" | "alert"
    prefix: str = ""
    suffix: str = ""  # what followed, when the question was about one statement of several


class Prompts:
    """One prompt per user; a newer one replaces it."""

    def __init__(self, *, clock: Callable[[], int]) -> None:
        self._clock = clock
        self._waiting: dict[int, tuple[Prompt, int]] = {}

    def expect(self, user_id: int, prompt: Prompt) -> None:
        self._waiting[user_id] = (prompt, self._clock() + PROMPT_LIFE_MS)

    def forget_line(self, user_id: int) -> None:
        """Whoever taps on has stopped typing; a secret stays expected until it comes."""
        if user_id in self._waiting and self._waiting[user_id][0].kind != "secret":
            del self._waiting[user_id]

    def drop(self, user_id: int) -> None:
        """Wait for nothing of this user any more, whatever it was."""
        self._waiting.pop(user_id, None)

    def take(self, user_id: int) -> Prompt | None:
        """The prompt this user's message answers, once."""
        prompt, until_ms = self._waiting.pop(user_id, (None, 0))
        return prompt if until_ms > self._clock() else None
