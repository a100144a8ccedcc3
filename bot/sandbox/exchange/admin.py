"""The sandbox's own doors (`/sandbox/...`): accounts, keys, orders, requests, prices, clock, faults.

JSON, and for callers on this machine only: a page in some browser tab must not reach it either.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace

import msgspec
from aiohttp import web

from bot.sandbox.exchange import auth, wire
from bot.sandbox.exchange.engine import Engine
from bot.sandbox.exchange.errors import Refused, bad_request
from bot.sandbox.exchange.faults import Faults, Rule, describe, parse_rule
from bot.sandbox.exchange.model import Account, Order
from bot.sandbox.exchange.params import Params, from_object, parse_json
from bot.sandbox.exchange.rest import Answer, json_answer, refusal_answer
from bot.sandbox.values import ZERO

_FEES = {
    "spot_maker": "spotMaker",
    "spot_taker": "spotTaker",
    "futures_maker": "futuresMaker",
    "futures_taker": "futuresTaker",
}
_RULES = {
    "tick": "tick",
    "step": "step",
    "least_quantity": "minQuantity",
    "max_quantity": "maxQuantity",
}
_LOCAL_NAMES = {"localhost", "127.0.0.1", "::1"}
_MAX_OFFSET_MS = 10**11
_BOOK_STATES = ("Open", "Closed", "CancelOnly", "LimitOnly", "PostOnly")


class Admin:
    """Handlers of the admin routes. `disturb` does what a rule asks of the sockets at once, if it does."""

    def __init__(
        self,
        engine: Engine,
        faults: Faults,
        seen: Counter[tuple[str, str, bool]],
        disturb: Callable[[Rule], Awaitable[bool]],
    ) -> None:
        self._engine = engine
        self._seen = seen
        self._faults = faults
        self._disturb = disturb

    def routes(self) -> list[web.RouteDef]:
        table: list[tuple[str, str, Callable[[web.Request], Awaitable[Answer]]]] = [
            ("GET", "/sandbox/accounts", self.list_accounts),
            ("POST", "/sandbox/accounts", self.open_account),
            ("POST", "/sandbox/keys", self.add_key),
            ("POST", "/sandbox/fees", self.set_fees),
            ("DELETE", "/sandbox/keys", self.revoke_key),
            ("GET", "/sandbox/orders", self.list_orders),
            ("POST", "/sandbox/price", self.move_price),
            ("POST", "/sandbox/funding", self.pay_funding),
            ("POST", "/sandbox/adl", self.deleverage),
            ("POST", "/sandbox/market", self.set_market),
            ("POST", "/sandbox/clock", self.set_clock),
            ("GET", "/sandbox/requests", self.count_requests),
            ("DELETE", "/sandbox/requests", self.forget_requests),
            ("GET", "/sandbox/faults", self.list_faults),
            ("POST", "/sandbox/faults", self.add_faults),
            ("DELETE", "/sandbox/faults", self.clear_faults),
        ]
        return [web.route(method, path, _guarded(handler)) for method, path, handler in table]

    async def list_accounts(self, request: web.Request) -> Answer:
        return json_answer([self._account(account) for account in self._engine.world.accounts.values()])

    async def open_account(self, request: web.Request) -> Answer:
        """`{label, balances?, readOnly?, publicKey?}`"""
        params = await _body(request)
        label, key = params.need("label"), _public_key(params)
        given = params.get("balances")
        balances = None
        if given is not None:
            amounts = from_object(given)
            balances = {name: amounts.decimal(name) or ZERO for name, _ in amounts.pairs}
        account = self._engine.open_account(label, balances)
        if key is not None:
            self._engine.add_key(account, key, read_only=params.flag("readOnly") or False)
        return json_answer(self._account(account))

    async def add_key(self, request: web.Request) -> Answer:
        """`{accountId | label, publicKey, readOnly?}`"""
        params = await _body(request)
        key = _public_key(params)
        if key is None:
            raise bad_request("publicKey is required")
        account = self._find_account(params)
        self._engine.add_key(account, key, read_only=params.flag("readOnly") or False)
        return json_answer(self._account(account))

    async def set_fees(self, request: web.Request) -> Answer:
        """`{accountId | label, spotMaker?, spotTaker?, futuresMaker?, futuresTaker?}` in basis points."""
        params = await _body(request)
        account = self._find_account(params)
        given = {name: params.decimal(wire_name) for name, wire_name in _FEES.items()}
        changes = {name: rate for name, rate in given.items() if rate is not None}
        account.rates = replace(account.rates, **changes)
        return json_answer(self._account(account))

    async def revoke_key(self, request: web.Request) -> Answer:
        """`{publicKey}`: as its owner would on the key page. Sockets stay open until they subscribe anew."""
        key = _public_key(await _body(request))
        if key is None:
            raise bad_request("publicKey is required")
        self._engine.revoke_key(key)
        return json_answer({})

    def _find_account(self, params: Params) -> Account:
        wanted, label = params.integer("accountId", 1, 2**31), params.text("label")
        for account in self._engine.world.accounts.values():
            if account.id == wanted or (wanted is None and account.label == label):
                return account
        raise Refused("RESOURCE_NOT_FOUND", "No such account")

    async def list_orders(self, request: web.Request) -> Answer:
        """Every order ever created, oldest first, with its broker tag."""
        return json_answer([self._order(order) for order in self._engine.world.orders.values()])

    async def move_price(self, request: web.Request) -> Answer:
        """`{symbol, price, pin?}`: the market is there when this answers, and what it crossed has filled."""
        params = await _body(request)
        symbol, price = params.need("symbol"), params.decimal("price")
        if price is None:
            raise bad_request("price is required")
        self._engine.move_price(symbol, price, pin=params.flag("pin"))
        market = self._engine.world.market(symbol)
        return json_answer({"symbol": symbol, "price": wire.decimal(market.mid), "pin": market.path.pinned})

    async def pay_funding(self, request: web.Request) -> Answer:
        """`{symbol?}`: settle the running interval now."""
        symbol = (await _body(request)).text("symbol")
        if symbol is not None:
            self._engine.world.market(symbol)
        self._engine.pay_funding(symbol)
        return json_answer({})

    async def deleverage(self, request: web.Request) -> Answer:
        """`{accountId | label, symbol, quantity?}`: auto-deleverage a position, whole by default."""
        params = await _body(request)
        quantity = params.decimal("quantity")
        if quantity is not None and quantity <= ZERO:
            raise bad_request("quantity must be positive")
        account = self._find_account(params)
        return json_answer(self._order(self._engine.deleverage(account, params.need("symbol"), quantity)))

    async def set_market(self, request: web.Request) -> Answer:
        """`{symbol, state?, listed?, tick?, …, fundingInterval?}`: change a market's rules now.

        What users hold and have resting stays as it is, off the new step too.
        """
        params = await _body(request)
        market, state = self._engine.world.market(params.need("symbol")), params.text("state")
        listed = params.flag("listed")
        if state is not None and state not in _BOOK_STATES:
            raise bad_request(f"state must be one of {', '.join(_BOOK_STATES)}")
        market.state = market.state if state is None else state
        market.listed = market.listed if listed is None else listed
        rules = {name: params.decimal(wire_name) for name, wire_name in _RULES.items()}
        changes = {name: value for name, value in rules.items() if value is not None}
        if any(value <= ZERO for value in changes.values()):
            raise bad_request(f"{', '.join(_RULES.values())} must be positive")
        market.change_rules(**changes)
        interval_ms = params.integer("fundingInterval", 1_000, _MAX_OFFSET_MS)
        if interval_ms is not None:
            market.change_interval(interval_ms, self._engine.world.now_ms())
        return json_answer({"symbol": market.spec.symbol, "state": market.state, "listed": market.listed})

    async def set_clock(self, request: web.Request) -> Answer:
        """`{offsetMs}`: how far the exchange's clock runs ahead of this machine's."""
        offset = (await _body(request)).integer("offsetMs", -_MAX_OFFSET_MS, _MAX_OFFSET_MS)
        self._engine.world.clock_offset_ms = offset or 0
        return json_answer({"offsetMs": self._engine.world.clock_offset_ms})

    async def count_requests(self, request: web.Request) -> Answer:
        """`[{method, path, signed, count}]` of the exchange's routes, since the start or the last DELETE."""
        rows = [
            {"method": method, "path": path, "signed": signed, "count": count}
            for (method, path, signed), count in self._seen.items()
        ]
        return json_answer(rows)

    async def forget_requests(self, request: web.Request) -> Answer:
        self._seen.clear()
        return json_answer([])

    async def list_faults(self, request: web.Request) -> Answer:
        return json_answer([describe(rule) for rule in self._faults.rules])

    async def add_faults(self, request: web.Request) -> Answer:
        """A rule, a list of rules, or `{seed, rules}` to start the faults' randomness anew."""
        try:
            body = msgspec.json.decode(await request.read())
        except msgspec.DecodeError:
            raise bad_request("The body is not valid JSON") from None
        if isinstance(body, dict) and "rules" in body:
            self._faults.reseed(int(body.get("seed", 0)))
            body = body["rules"]
        rules = [parse_rule(item) for item in (body if isinstance(body, list) else [body])]
        for rule in rules:
            if not await self._disturb(rule):
                self._faults.rules.append(rule)
        return await self.list_faults(request)

    async def clear_faults(self, request: web.Request) -> Answer:
        self._faults.clear()
        return json_answer([])

    def _account(self, account: Account) -> wire.Json:
        wallets = self._engine.world.ledger.wallets(account.id)
        return {
            "accountId": account.id,
            "label": account.label,
            "keys": [{"publicKey": key, "readOnly": flag} for key, flag in account.keys.items()],
            "balances": {asset: wire.decimal(wallet.total) for asset, wallet in wallets.items()},
        }

    def _order(self, order: Order) -> wire.Json:
        return {
            "id": order.id,
            "clientId": order.request.client_id,
            "account": self._engine.world.accounts[order.account_id].label,
            "accountId": order.account_id,
            "symbol": order.symbol,
            "side": order.side.value,
            "status": order.status.value,
            "executed": wire.decimal(order.executed),
            "relatedOrderId": order.related_id,
            "systemOrderType": order.system_type,
            "brokerId": order.tag.broker_id,
            "brokerKey": order.tag.broker_key,
            "receivedMs": order.tag.received_ms,
        }


async def _body(request: web.Request) -> Params:
    return from_object(parse_json(await request.read() or b"{}"))


def _public_key(params: Params) -> str | None:
    key = params.text("publicKey")
    if key is not None and not auth.is_public_key(key.strip()):
        raise bad_request("publicKey must be the base64 of an Ed25519 public key (44 characters)")
    return key and key.strip()


def _guarded(
    handler: Callable[[web.Request], Awaitable[Answer]],
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def guarded(request: web.Request) -> web.StreamResponse:
        try:
            check_local(request)
            return (await handler(request)).response()
        except Refused as refusal:
            return refusal_answer(refusal).response()

    return guarded


def check_local(request: web.Request) -> None:
    """Raise `Refused(FORBIDDEN)` unless the caller is this machine and means this server.

    The Host and content type checks stop a web page elsewhere from posting here through a visitor's browser.
    """
    try:
        local = ipaddress.ip_address(request.remote or "").is_loopback
    except ValueError:
        local = False
    if not local or request.url.host not in _LOCAL_NAMES:
        raise Refused("FORBIDDEN", "The admin routes answer to this machine only")
    if request.method == "POST" and request.content_type != "application/json":
        raise Refused("FORBIDDEN", "The admin routes take application/json only")
