"""HTTP in front of the engine: route, fault, authenticate, call, answer.

One function per step, so that every fault has a clear before and after.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from aiohttp import web

from bot.sandbox.exchange import auth
from bot.sandbox.exchange.auth import Caller
from bot.sandbox.exchange.engine import Engine
from bot.sandbox.exchange.errors import Refused, bad_request
from bot.sandbox.exchange.faults import Action, Faults, Rule
from bot.sandbox.exchange.model import Tag
from bot.sandbox.exchange.params import UINT16, Params, from_object, from_query, parse_json
from bot.sandbox.exchange.routing import Call, Nothing, Page, Route, Text

JSON_TYPE = "application/json; charset=utf-8"
_HTML = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
_MAX_BROKER_KEY = 256


@dataclass(frozen=True, slots=True)
class Answer:
    """A response before it is put on the wire, so that a fault may still spoil it."""

    status: int
    body: bytes
    content_type: str | None = JSON_TYPE
    headers: Mapping[str, str] | None = None

    def response(self) -> web.Response:
        headers = {"CACHE-CONTROL": "no-store", **(self.headers or {})}
        if self.content_type is not None:
            headers["Content-Type"] = self.content_type
        return web.Response(status=self.status, body=self.body, headers=headers)

    def raw(self) -> bytes:
        """The same answer as bytes of HTTP/1.1, for writing past the server."""
        head = [f"HTTP/1.1 {self.status} Answer", f"Content-Length: {len(self.body)}"]
        if self.content_type is not None:
            head.append(f"Content-Type: {self.content_type}")
        return "\r\n".join([*head, "", ""]).encode() + self.body


def json_answer(data: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, msgspec.json.encode(data), headers=headers)


def refusal_answer(refusal: Refused) -> Answer:
    return json_answer({"code": refusal.code, "message": refusal.message}, refusal.status)


class RestApi:
    """Turns one route into an aiohttp handler."""

    def __init__(self, engine: Engine, faults: Faults) -> None:
        self._engine = engine
        self._faults = faults
        self.seen: Counter[tuple[str, str, bool]] = Counter()  # requests by method, path, whether signed

    async def handle(self, route: Route, request: web.Request) -> web.StreamResponse:
        """Answer one request, spoilt by the fault that hits it, if any."""
        received_ms = self._engine.world.now_ms()
        body = await request.read()
        key = request.headers.get("X-API-Key")
        self.seen[request.method, request.path, route.instruction is not None] += 1
        fault = self._faults.strike_request(request.method, request.path, key)
        before = await self._before(fault, request)
        if before is not None:
            return before
        answer = await self._execute(route, request, body, received_ms)
        return await self._after(fault, request, answer)

    async def _execute(self, route: Route, request: web.Request, body: bytes, received_ms: int) -> Answer:
        try:
            params, batch = _read(route, request, body)
            caller = self._authenticate(route, request, batch or (params,))
            tag = self._tag(request, received_ms) if route.creates else Tag(received_ms=received_ms)
            await self._speed_bump(route, batch or (params,))
            return _answer(route.handler(Call(self._engine, params, batch, caller, tag)))
        except Refused as refusal:
            return refusal_answer(refusal)

    def _authenticate(self, route: Route, request: web.Request, parts: tuple[Params, ...]) -> Caller | None:
        if route.instruction is None:
            return None
        signed = auth.from_headers(request.headers)
        caller = auth.authenticate(self._engine.world, signed, route.instruction, parts)
        if route.trades and caller.read_only:
            raise Refused("FORBIDDEN", "The API key is read only")
        return caller

    def _tag(self, request: web.Request, received_ms: int) -> Tag:
        """The broker headers. They are not signed, and an absent one is no error."""
        text, key = request.headers.get("X-BROKER-ID"), request.headers.get("X-BROKER-KEY")
        if key is not None and len(key) > _MAX_BROKER_KEY:
            raise bad_request("X-BROKER-KEY is too long")
        broker = Params((("X-BROKER-ID", text),)).integer("X-BROKER-ID", 0, UINT16)
        accepted = self._engine.world.config.broker_ids
        if broker is not None and accepted is not None and broker not in accepted:
            raise bad_request(f"Broker {broker} is not registered")
        return Tag(broker, key, received_ms)

    async def _speed_bump(self, route: Route, parts: tuple[Params, ...]) -> None:
        wait_ms = self._engine.world.config.speed_bump_ms
        if route.creates and wait_ms and not all(part.get("postOnly") is True for part in parts):
            await asyncio.sleep(wait_ms / 1000)

    async def _before(self, fault: Rule | None, request: web.Request) -> web.StreamResponse | None:
        if fault is None:
            return None
        if fault.action is Action.DELAY_BEFORE:
            await asyncio.sleep(fault.ms / 1000)
        elif fault.action is Action.DROP_BEFORE:
            return _cut(request)
        elif fault.action is Action.STATUS and not fault.executed:
            return _status_answer(fault).response()
        elif fault.action is Action.HTML and not fault.executed:
            return _html_answer().response()
        elif fault.action is Action.RAW and not fault.executed:
            return _raw_answer(fault).response()
        return None

    async def _after(self, fault: Rule | None, request: web.Request, answer: Answer) -> web.StreamResponse:
        action = fault.action if fault is not None else None
        if fault is None or action is Action.DELAY_BEFORE:
            return answer.response()
        if action is Action.DELAY_AFTER:
            await asyncio.sleep(fault.ms / 1000)
        elif action is Action.DROP_AFTER:
            return _cut(request)
        elif action is Action.CUT_BODY:
            return _cut(request, answer.raw()[: -max(len(answer.body) // 2, 1)])
        elif action is Action.ANSWER_TWICE and request.transport is not None:
            request.transport.write(answer.raw())
        return _instead(fault, answer).response()


def _read(route: Route, request: web.Request, body: bytes) -> tuple[Params, tuple[Params, ...]]:
    """Parameters of the query, or of the JSON body (a list of them for a batch)."""
    if request.method == "GET":
        return from_query(request.query.items()), ()
    parsed = parse_json(body)
    if not route.batch:
        return from_object(parsed), ()
    if not isinstance(parsed, list) or not parsed:
        raise bad_request("The body must be a list of orders")
    return Params(()), tuple(from_object(item) for item in parsed)


def _answer(result: object) -> Answer:
    if isinstance(result, Page):
        return json_answer(result.items, headers=result.headers())
    if isinstance(result, Text):
        return Answer(200, result.text.encode(), "text/plain; charset=utf-8")
    if isinstance(result, Nothing):
        return Answer(200, b"", None)
    return json_answer(result)


def _instead(fault: Rule, answer: Answer) -> Answer:
    """What the client is told of a request that was executed."""
    if fault.action is Action.ACCEPTED:
        return Answer(202, b"", None)
    if fault.action is Action.STATUS:
        return _status_answer(fault)
    if fault.action is Action.RAW:
        return _raw_answer(fault)
    return _html_answer() if fault.action is Action.HTML else answer


def _status_answer(fault: Rule) -> Answer:
    headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return json_answer({"code": fault.code, "message": fault.message}, fault.status, headers)


def _raw_answer(fault: Rule) -> Answer:
    headers = dict(fault.headers)
    content_type = headers.pop("Content-Type", JSON_TYPE)
    return Answer(fault.status, fault.body.encode(), content_type, headers)


def _html_answer() -> Answer:
    return Answer(502, _HTML.encode(), "text/html")


def _cut(request: web.Request, sent: bytes = b"") -> web.Response:
    """Close the connection after `sent`, which may be the beginning of an answer."""
    transport = request.transport
    if transport is not None:
        if sent:
            transport.write(sent)
            transport.close()
        else:
            transport.abort()
    return web.Response()
