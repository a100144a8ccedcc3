"""A small Backpack client written from the documentation alone, independent of both sides under test."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import httpx
import websockets
from nacl.signing import SigningKey

INSTRUCTIONS = {
    ("GET", "/api/v1/account"): "accountQuery",
    ("PATCH", "/api/v1/account"): "accountUpdate",
    ("POST", "/api/v1/account/convertDust"): "convertDust",
    ("GET", "/api/v1/borrowLend/positions"): "borrowLendPositionQuery",
    ("GET", "/api/v1/account/limits/borrow"): "maxBorrowQuantity",
    ("GET", "/api/v1/account/limits/order"): "maxOrderQuantity",
    ("GET", "/api/v1/account/limits/withdrawal"): "maxWithdrawalQuantity",
    ("GET", "/api/v1/capital"): "balanceQuery",
    ("GET", "/api/v1/capital/collateral"): "collateralQuery",
    ("GET", "/wapi/v1/capital/deposits"): "depositQueryAll",
    ("GET", "/wapi/v1/capital/deposit/address"): "depositAddressQuery",
    ("GET", "/wapi/v1/capital/withdrawals"): "withdrawalQueryAll",
    ("GET", "/api/v1/order"): "orderQuery",
    ("POST", "/api/v1/order"): "orderExecute",
    ("DELETE", "/api/v1/order"): "orderCancel",
    ("POST", "/api/v1/orders"): "orderExecute",
    ("GET", "/api/v1/orders"): "orderQueryAll",
    ("DELETE", "/api/v1/orders"): "orderCancelAll",
    ("GET", "/api/v1/position"): "positionQuery",
    ("GET", "/api/v1/strategy"): "strategyQuery",
    ("POST", "/api/v1/strategy"): "strategyCreate",
    ("DELETE", "/api/v1/strategy"): "strategyCancel",
    ("GET", "/api/v1/strategies"): "strategyQueryAll",
    ("DELETE", "/api/v1/strategies"): "strategyCancelAll",
    ("GET", "/wapi/v1/history/borrowLend"): "borrowHistoryQueryAll",
    ("GET", "/wapi/v1/history/borrowLend/positions"): "borrowPositionHistoryQueryAll",
    ("GET", "/wapi/v1/history/interest"): "interestHistoryQueryAll",
    ("GET", "/wapi/v1/history/dust"): "dustHistoryQueryAll",
    ("GET", "/wapi/v1/history/fills"): "fillHistoryQueryAll",
    ("GET", "/wapi/v1/history/funding"): "fundingHistoryQueryAll",
    ("GET", "/wapi/v1/history/orders"): "orderHistoryQueryAll",
    ("GET", "/wapi/v1/history/settlement"): "settlementHistoryQueryAll",
    ("GET", "/wapi/v1/history/strategies"): "strategyHistoryQueryAll",
    ("GET", "/wapi/v1/history/position"): "positionHistoryQueryAll",
}


def words(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def signing_text(instruction: str, payload: Any, timestamp: int, window: int) -> str:
    """The documented text, for one set of parameters or a batch."""
    parts = []
    for params in payload if isinstance(payload, list) else [payload or {}]:
        pairs = [f"{key}={words(params[key])}" for key in sorted(params) if params[key] is not None]
        parts.append("&".join([f"instruction={instruction}", *pairs]))
    return "&".join([*parts, f"timestamp={timestamp}", f"window={window}"])


class Key:
    """An Ed25519 key pair and the headers it signs."""

    def __init__(self, seed: bytes | None = None) -> None:
        self._key = SigningKey(seed) if seed else SigningKey.generate()
        self.public = base64.b64encode(bytes(self._key.verify_key)).decode()

    def sign(self, text: str) -> str:
        return base64.b64encode(self._key.sign(text.encode()).signature).decode()

    def headers(
        self, instruction: str, payload: Any, timestamp: int | None = None, window: int = 5000
    ) -> dict[str, str]:
        now = int(time.time() * 1000) if timestamp is None else timestamp
        return {
            "X-API-Key": self.public,
            "X-Timestamp": str(now),
            "X-Window": str(window),
            "X-Signature": self.sign(signing_text(instruction, payload, now, window)),
        }


class Trader:
    """One account's client."""

    def __init__(self, http: httpx.AsyncClient, key: Key, ws_url: str) -> None:
        self.http, self.key, self.ws_url = http, key, ws_url

    async def call(
        self, method: str, path: str, payload: Any = None, headers: dict[str, str] | None = None, **sign: Any
    ) -> httpx.Response:
        signed = self.key.headers(INSTRUCTIONS[method, path], payload, **sign) | (headers or {})
        if method == "GET":
            query = {key: words(value) for key, value in (payload or {}).items()}
            return await self.http.get(path, params=query, headers=signed)
        body = json.dumps({} if payload is None else payload)
        return await self.http.request(
            method, path, content=body, headers=signed | {"Content-Type": "application/json; charset=utf-8"}
        )

    async def get(self, path: str, **params: Any) -> Any:
        answer = await self.call("GET", path, params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def order(self, symbol: str, side: str, **fields: Any) -> httpx.Response:
        payload = {"symbol": symbol, "side": side, "orderType": "Market", **fields}
        return await self.call("POST", "/api/v1/order", payload)

    async def placed(self, symbol: str, side: str, **fields: Any) -> dict[str, Any]:
        answer = await self.order(symbol, side, **fields)
        assert answer.status_code == 200, answer.text
        result: dict[str, Any] = answer.json()
        return result

    async def balance(self, asset: str) -> tuple[Decimal, Decimal]:
        row = (await self.get("/api/v1/capital"))[asset]
        return Decimal(row["available"]), Decimal(row["locked"])

    @asynccontextmanager
    async def streams(self, *names: str) -> AsyncIterator[Stream]:
        async with websockets.connect(self.ws_url) as socket:
            frame: dict[str, Any] = {"method": "SUBSCRIBE", "params": list(names)}
            if any(name.startswith("account.") for name in names):
                now = int(time.time() * 1000)
                text = f"instruction=subscribe&timestamp={now}&window=5000"
                frame["signature"] = [self.key.public, self.key.sign(text), str(now), "5000"]
            await socket.send(json.dumps(frame))
            await (await socket.ping())  # the server reads in order: subscribed once this is answered
            yield Stream(socket)


class Stream:
    """Frames of one connection, in order."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self.socket = socket

    async def next(self, timeout: float = 5) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(
            await asyncio.wait_for(self.socket.recv(), timeout), parse_float=Decimal
        )
        return frame

    async def until(self, **wanted: Any) -> dict[str, Any]:
        """The data of the next event with these fields; others are skipped."""
        while True:
            data: dict[str, Any] = (await self.next())["data"]
            if all(data.get(key) == value for key, value in wanted.items()):
                return data
