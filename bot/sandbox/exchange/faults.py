"""Faults on demand: rules the admin sets, each matching some requests and doing one unkind thing to them.

"Before" means the engine never saw the request; "after" means it did, whatever the client is told.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.sandbox.exchange.errors import bad_request


class Action(StrEnum):
    """What a rule does."""

    DELAY_BEFORE = "delay_before"  # waits `ms`; the window is checked after the wait
    DELAY_AFTER = "delay_after"  # executed, answered `ms` late
    DROP_BEFORE = "drop_before"  # connection cut, not executed
    DROP_AFTER = "drop_after"  # executed, connection cut without an answer
    CUT_BODY = "cut_body"  # executed, connection closed in the middle of the answer
    ANSWER_TWICE = "answer_twice"  # executed, the answer sent twice on the same connection
    ACCEPTED = "accepted"  # executed, answered 202 without a body, as a DELETE may be
    STATUS = "status"  # an error of the published kind, before or (`"when": "after"`) after execution
    HTML = "html"  # an edge's error page, before or after execution
    RAW = "raw"  # `status`, `body` (`repeat` times) and `headers` as they are, before or after execution
    STREAM_DUPLICATE = "stream_duplicate"  # an event sent twice
    STREAM_DROP = "stream_drop"  # an event lost; all of them for a while: a socket gone silent
    STREAM_DELAY = "stream_delay"  # an event sent `ms` late, after later ones
    CLOSE_SOCKETS = "close_sockets"  # every WebSocket closed, once, now
    CUT_SOCKETS = "cut_sockets"  # every WebSocket cut without a Close frame, once, now
    STALL_SOCKETS = "stall_sockets"  # every WebSocket holds its events back for `ms`, from now on
    EXIT_LOST = "exit_lost"  # an attached exit (`path`: `tp` or `sl`) is never made
    EXIT_STUCK = "exit_stuck"  # an attached exit does not grow with its parent, this time


STREAM_ACTIONS = frozenset({Action.STREAM_DUPLICATE, Action.STREAM_DROP, Action.STREAM_DELAY})
EXIT_ACTIONS = frozenset({Action.EXIT_LOST, Action.EXIT_STUCK})
_ELSEWHERE = STREAM_ACTIONS | EXIT_ACTIONS

_CODE_OF_STATUS = {429: "TOO_MANY_REQUESTS", 500: "SERVER_ERROR", 503: "MAINTENANCE", 504: "TIMEOUT"}


@dataclass(slots=True)
class Rule:
    """One fault. Requests that fit are counted; those from the `after`-th on are hit, `times` at most."""

    action: Action
    method: str | None = None
    path: str = ""  # prefix of a request path, of a stream name, or of a kind of exit
    public_key: str | None = None
    probability: float = 1.0
    after: int = 0  # how many matching requests to let pass first
    times: int | None = 1  # None: for ever
    ms: int = 0
    status: int = 503
    code: str = "MAINTENANCE"
    message: str = "Injected by the sandbox"
    retry_after: int | None = None
    body: str = ""  # of `raw`
    headers: Mapping[str, str] = field(default_factory=dict)  # of `raw`
    executed: bool = False  # of `status`, `html` and `raw`: after the engine has done its part
    seen: int = 0
    hits: int = 0

    def fits(self, method: str, path: str, public_key: str | None) -> bool:
        return (
            self.method in {None, method}
            and path.startswith(self.path)
            and self.public_key in {None, public_key}
            and (self.times is None or self.hits < self.times)
        )


class Faults:
    """The rules in force, with a randomness of their own."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(f"{seed}:faults")
        self.rules: list[Rule] = []

    def reseed(self, seed: int) -> None:
        self._rng = random.Random(f"{seed}:faults")

    def clear(self) -> None:
        self.rules.clear()

    def strike_request(self, method: str, path: str, public_key: str | None) -> Rule | None:
        """The rule that hits this request, counted as used."""
        return self._strike([r for r in self.rules if r.action not in _ELSEWHERE], method, path, public_key)

    def strike_event(self, stream: str) -> Rule | None:
        """The rule that hits this stream event, counted as used."""
        return self._strike([r for r in self.rules if r.action in STREAM_ACTIONS], "WS", stream, None)

    def strike_exit(self, kind: str, *, grows: bool) -> bool:
        """Whether the making, or the growing, of an attached exit fails."""
        action = Action.EXIT_STUCK if grows else Action.EXIT_LOST
        rules = [r for r in self.rules if r.action is action]
        return self._strike(rules, "EXIT", kind, None) is not None

    def _strike(self, rules: list[Rule], method: str, path: str, public_key: str | None) -> Rule | None:
        for rule in rules:
            if not rule.fits(method, path, public_key):
                continue
            rule.seen += 1
            if rule.seen > rule.after and self._rng.random() < rule.probability:
                rule.hits += 1
                return rule
        return None


def parse_rule(body: object) -> Rule:
    """A rule from the admin's JSON. Raises `Refused` for one that makes no sense."""
    if not isinstance(body, Mapping):
        raise bad_request("A rule is a JSON object")
    match: Any = body.get("match", {})
    try:
        status = int(body.get("status", 503))
        rule = Rule(
            Action(str(body.get("action"))),
            method=match.get("method"),
            path=str(match.get("path", "")),
            public_key=match.get("publicKey"),
            probability=float(match.get("probability", 1)),
            after=int(match.get("after", 0)),
            times=None if match.get("times", 1) is None else int(match.get("times", 1)),
            ms=int(body.get("ms", 0)),
            status=status,
            code=str(body.get("code") or _CODE_OF_STATUS.get(status, "SERVER_ERROR")),
            message=str(body.get("message", "Injected by the sandbox")),
            retry_after=None if body.get("retryAfter") is None else int(body["retryAfter"]),
            body=str(body.get("body", "")) * int(body.get("repeat", 1)),
            headers={str(name): str(value) for name, value in dict(body.get("headers", {})).items()},
            executed=body.get("when", "before") == "after",
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise bad_request(f"Not a fault rule: {error}") from None
    return rule


def describe(rule: Rule) -> dict[str, object]:
    """A rule as the admin reads it back."""
    return {
        "action": rule.action.value,
        "method": rule.method,
        "path": rule.path,
        "publicKey": rule.public_key,
        "probability": rule.probability,
        "after": rule.after,
        "times": rule.times,
        "seen": rule.seen,
        "hits": rule.hits,
    }
