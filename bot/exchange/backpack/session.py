"""What every call goes through: the gate of its rate limit, the wire, the verdict; reads also a few retries.

Reads are retried because asking twice changes nothing. Nothing else ever is.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import stamina

from bot.exchange.backpack import routes
from bot.exchange.backpack.errors import (
    BackpackError,
    ClockRefused,
    Maintenance,
    NotSent,
    RateLimited,
    Unauthorised,
    UnknownOutcome,
    error_from_answer,
)
from bot.exchange.backpack.exchange_clock import ExchangeClock
from bot.exchange.backpack.limits import Gate, TokenBucket
from bot.exchange.backpack.requests import BrokerTag, PrivateRequest, Query, RequestBuilder, query_string
from bot.exchange.backpack.routes import Priority, Route
from bot.exchange.backpack.signing import DEFAULT_WINDOW_MS, Params
from bot.exchange.backpack.transport import Answer, Transport
from bot.exchange.backpack.wire.base import MAX_DIGITS, RowReader, Rows

R = TypeVar("R")
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
        may_act: Callable[[], bool] = lambda: True,
    ) -> None:
        self.broker = broker
        self.local_ms = clock
        self.reader = RowReader()
        self.transport = Transport(base_url, timeout=timeout)
        self._retry = retry
        self._may_act = may_act
        self.monotonic_ms = monotonic_ms or (lambda: time.monotonic_ns() // 1_000_000)
        self.clock = ExchangeClock(clock, self.monotonic_ms, lambda: self._measured(1))
        self._secrets = () if broker.broker_key is None else (broker.broker_key,)
        self._gates: dict[str, Gate] = {}
        self._historical = self._new_gate(HISTORICAL_PER_MINUTE, burst=6)

    def now_ms(self) -> int:
        """The exchange's time: the local clock plus the measured offset."""
        return self.clock.now_ms()

    async def read_public(self, route: Route, params: Query, kind: type[T]) -> T:
        """A public GET as `kind`."""
        return self.decode(await self.ask(route, params), kind)

    async def read_public_rows(
        self, route: Route, params: Query, kind: type[R], make: Callable[[R], T]
    ) -> Rows[T]:
        """A public GET of a list, each row made into something of ours; an odd one hides no other."""
        return self.reader.rows((await self.ask(route, params)).body, kind, make)

    async def ask(self, route: Route, params: Query) -> Answer:
        """A public GET as it came: for the few answers that are not JSON, or nothing at all."""
        query = query_string(params)

        async def attempt() -> Answer:
            await self._enter("", route)
            return await self.transport.read(route, query)

        return await self._retried("", attempt)

    async def read_private(self, builder: RequestBuilder, route: Route, params: Params, kind: type[T]) -> T:
        """A signed GET as `kind`, signed anew for every try."""
        return self.decode(await self._ask_signed(builder, route, params), kind)

    async def read_private_rows(
        self, builder: RequestBuilder, route: Route, params: Params, kind: type[R], make: Callable[[R], T]
    ) -> Rows[T]:
        """A signed GET of a list, each row made into something of ours; an odd one hides no other."""
        return self.reader.rows((await self._ask_signed(builder, route, params)).body, kind, make)

    async def _ask_signed(self, builder: RequestBuilder, route: Route, params: Params) -> Answer:
        async def attempt() -> Answer:
            await self._enter(builder.key, route)
            return await self.transport.send(builder.build(route, params, self.now_ms(), DEFAULT_WINDOW_MS))

        return await self._in_time(lambda: self._retried(builder.key, attempt))

    async def act(
        self, builder: RequestBuilder, route: Route, params: Params, *, repeatable: bool = False
    ) -> Answer:
        """A signed request that changes something, signed now, sent once.

        Where doing it twice does no harm, it is `repeatable` after a refusal for its time.
        """

        async def attempt() -> Answer:
            await self._enter(builder.key, route)
            return await self._send(builder.build(route, params, self.now_ms(), DEFAULT_WINDOW_MS))

        return await (self._in_time(attempt) if repeatable else attempt())

    async def _in_time(self, attempt: Callable[[], Awaitable[Answer]]) -> Answer:
        """Once more when the exchange did not accept the time of the request, or when the clock explains why
        it did not accept its signature."""
        begun_ms = self.monotonic_ms()
        try:
            return await attempt()
        except (ClockRefused, Unauthorised) as error:
            if not await self._clock_explains(error, begun_ms):
                raise
        return await attempt()

    async def _clock_explains(self, error: BackpackError, begun_ms: int) -> bool:
        try:
            was_off = await self.clock.was_off(begun_ms)
        except BackpackError:
            return False  # without a measurement the next try would be as wrong
        return was_off or isinstance(error, ClockRefused)

    async def send(self, request: PrivateRequest) -> Answer:
        """A request signed earlier, sent once. Raises NotSent when its window is over already."""
        await self._enter(request.key, request.route)
        if self.now_ms() >= request.expires_ms:
            raise NotSent("the signed request has expired")
        begun_ms = self.monotonic_ms()
        try:
            return await self._send(request)
        except (ClockRefused, Unauthorised) as error:
            await self._clock_explains(error, begun_ms)  # for the next one; this one is never sent again
            raise

    async def measure_clock(self, samples: int) -> int:
        """Measure the exchange's clock against ours, use the offset in ms from now on, and return it."""
        self.clock.take(await self._measured(samples))
        return self.clock.offset_ms

    async def _measured(self, samples: int) -> int:
        """Offset of the exchange's clock in ms: its answer against the middle of the fastest round trip.

        Goes over the orders' connections, which it keeps warm, and whose way it thereby measures.
        """
        trips: list[tuple[int, int]] = []
        for _ in range(samples):
            await self._enter("", routes.TIME)
            before = self.local_ms()
            answer = self._accept("", await self.transport.read(routes.TIME, lane=Priority.ORDER))
            after = self.local_ms()
            trips.append((after - before, _clock_reading(answer.body) - (before + after) // 2))
        return min(trips)[1]

    async def server_time_ms(self) -> int:
        """`/api/v1/time` as it is, in unix ms."""
        return _clock_reading((await self.ask(routes.TIME, {})).body)

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
        if not self._may_act():
            raise NotSent("this process is not the active one")
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
        return Gate(TokenBucket(per_minute, burst, self.monotonic_ms()), self.monotonic_ms)


def understood(read: Callable[[], T]) -> T:
    """What `read` makes of decoded rows. Raises UnknownOutcome where a row makes no sense to it."""
    try:
        return read()
    except (ValueError, ArithmeticError) as unreadable:
        reason = str(unreadable)
    raise UnknownOutcome(f"unreadable answer: {reason[:120]}")


def _clock_reading(body: bytes) -> int:
    text = body.strip()
    if not text.isdigit() or len(text) > MAX_DIGITS:
        raise UnknownOutcome("the exchange's clock did not answer with a number")
    return int(text)
