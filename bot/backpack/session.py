"""What every call goes through: the gate of its rate limit, the wire, the verdict; reads also a few retries.

Reads are retried because asking twice changes nothing. Nothing else ever is.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import stamina

from bot.backpack.errors import (
    BackpackError,
    Maintenance,
    NotSent,
    RateLimited,
    UnknownOutcome,
    error_from_answer,
)
from bot.backpack.limits import Gate, TokenBucket
from bot.backpack.requests import BrokerTag, PrivateRequest, Query, RequestBuilder, query_string
from bot.backpack.routes import Priority, Route
from bot.backpack.signing import DEFAULT_WINDOW_MS, Params
from bot.backpack.transport import Answer, Transport
from bot.backpack.wire.base import Reader

T = TypeVar("T")

REQUESTS_PER_MINUTE: Final = 2_000
HISTORICAL_PER_MINUTE: Final = 30
MAX_WAIT_MS: Final = {Priority.ORDER: 1_000, Priority.READ: 15_000}
MAX_GATES: Final = 4_096


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a read is tried in all, and the bounds of the jittered wait between tries, in seconds."""

    attempts: int = 3
    first_wait: float = 0.1
    longest_wait: float = 1.5
    jitter: float = 0.2
    patience: float = 5.0  # the longest `retry_after` worth sitting out within one call


class Session:
    """Shared by all clients of one process: connections, limits, clock offset."""

    def __init__(
        self,
        base_url: str,
        broker: BrokerTag,
        *,
        clock: Callable[[], int],
        timeout: float,
        retry: RetryPolicy,
        monotonic_ms: Callable[[], int] | None = None,
    ) -> None:
        self.broker = broker
        self.clock = clock
        self.offset_ms = 0
        self.reader = Reader()
        self.transport = Transport(base_url, timeout=timeout)
        self._retry = retry
        self._monotonic_ms = monotonic_ms or (lambda: time.monotonic_ns() // 1_000_000)
        self._secrets = () if broker.broker_key is None else (broker.broker_key,)
        self._gates: dict[str, Gate] = {}
        self._historical = self._new_gate(HISTORICAL_PER_MINUTE, burst=6)

    def now_ms(self) -> int:
        """The exchange's time: the local clock plus the measured offset."""
        return self.clock() + self.offset_ms

    async def read_public(self, route: Route, params: Query, kind: type[T]) -> T:
        """A public GET as `kind`."""
        return self.decode(await self.ask(route, params), kind)

    async def ask(self, route: Route, params: Query) -> Answer:
        """A public GET as it came: for the few answers that are not JSON, or nothing at all."""
        query = query_string(params)

        async def attempt() -> Answer:
            await self._enter("", route)
            return await self.transport.read(route, query)

        return await self._retried("", attempt)

    async def read_private(self, builder: RequestBuilder, route: Route, params: Params, kind: type[T]) -> T:
        """A signed GET as `kind`, signed anew for every try."""

        async def attempt() -> Answer:
            await self._enter(builder.key, route)
            return await self.transport.send(builder.build(route, params, self.now_ms(), DEFAULT_WINDOW_MS))

        return self.decode(await self._retried(builder.key, attempt), kind)

    async def act(self, builder: RequestBuilder, route: Route, params: Params) -> Answer:
        """A signed request that changes something, signed now, sent once."""
        await self._enter(builder.key, route)
        return await self._send(builder.build(route, params, self.now_ms(), DEFAULT_WINDOW_MS))

    async def send(self, request: PrivateRequest) -> Answer:
        """A request signed earlier, sent once. Raises NotSent when its window is over already."""
        await self._enter(request.key, request.route)
        if self.now_ms() >= request.expires_ms:
            raise NotSent("the signed request has expired")
        return await self._send(request)

    async def measure_clock(self, route: Route, samples: int) -> int:
        """Offset of the exchange's clock in ms: its answer against the middle of the fastest round trip.

        Goes over the orders' connections, which it keeps warm, and whose way it thereby measures.
        """
        best: tuple[int, int] | None = None
        for _ in range(samples):
            await self._enter("", route)
            before = self.clock()
            answer = self._accept("", await self.transport.read(route, lane=Priority.ORDER))
            after = self.clock()
            offset = _clock_reading(answer.body) - (before + after) // 2
            if best is None or after - before < best[0]:
                best = (after - before, offset)
        if best is not None:
            self.offset_ms = best[1]
        return self.offset_ms

    def decode(self, answer: Answer, kind: type[T]) -> T:
        """The answer's body as `kind`. Raises UnknownOutcome when it is not that."""
        return self.reader.read(answer.body, kind)

    async def _retried(self, key: str, attempt: Callable[[], Awaitable[Answer]]) -> Answer:
        policy = self._retry
        async for retry in stamina.retry_context(
            on=self._worth_retrying,
            attempts=policy.attempts,
            timeout=None,  # bounded by attempts, and each of them by the transport
            wait_initial=policy.first_wait,
            wait_max=policy.longest_wait,
            wait_jitter=policy.jitter,
        ):
            with retry:
                return self._accept(key, await attempt(), is_read=True)
        raise AssertionError("unreachable: the last attempt returns or raises")

    def _worth_retrying(self, error: Exception) -> bool | float:
        if isinstance(error, RateLimited):
            return error.retry_after <= self._retry.patience and max(error.retry_after, 0.01)
        return isinstance(error, UnknownOutcome | NotSent)

    async def _send(self, request: PrivateRequest) -> Answer:
        return self._accept(request.key, await self.transport.send(request))

    def _accept(self, key: str, answer: Answer, *, is_read: bool = False) -> Answer:
        """`answer` if it is a success. Raises what it stands for otherwise."""
        if 200 <= answer.status < 300:
            return answer
        error: BackpackError = error_from_answer(
            answer.status, answer.body, retry_after=answer.retry_after, secrets=self._secrets
        )
        if isinstance(error, RateLimited):
            self._gate(key).pause(error.retry_after)
        if is_read and answer.status == 503 and isinstance(error, UnknownOutcome):
            # A bare 503 leaves an order's outcome open; of a read it says all there is to say.
            error = Maintenance(error.message, code=error.code, status=503)
        raise error

    async def _enter(self, key: str, route: Route) -> None:
        longest = MAX_WAIT_MS[route.priority]
        if route.historical:
            await self._historical.enter(route.priority, longest)
        await self._gate(key).enter(route.priority, longest)

    def _gate(self, key: str) -> Gate:
        gate = self._gates.get(key)
        if gate is None:
            if len(self._gates) >= MAX_GATES:
                self._gates = {name: one for name, one in self._gates.items() if not one.is_idle}
            gate = self._gates[key] = self._new_gate(REQUESTS_PER_MINUTE, burst=200)
        return gate

    def _new_gate(self, per_minute: int, burst: int) -> Gate:
        return Gate(TokenBucket(per_minute, burst, self._monotonic_ms()), self._monotonic_ms)


def understood(read: Callable[[], T]) -> T:
    """What `read` makes of decoded rows. Raises UnknownOutcome where a row makes no sense to it."""
    try:
        return read()
    except (ValueError, ArithmeticError) as unreadable:
        reason = str(unreadable)
    raise UnknownOutcome(f"unreadable answer: {reason[:120]}")


def _clock_reading(body: bytes) -> int:
    text = body.strip()
    if not text.isdigit():
        raise UnknownOutcome("the exchange's clock did not answer with a number")
    return int(text)
