"""The floor: the least that PTB, httpx and PyNaCl themselves cost for the same visible acts.

No database, no vault, no preview, no price check, no limits, no words: only what cannot be left out.
"""

from __future__ import annotations

import base64
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec
from nacl.signing import SigningKey
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import Application, ApplicationBuilder, CallbackQueryHandler, MessageHandler, filters
from telegram.request import HTTPXRequest

from tests.bench.remote import Town

WINDOW_MS = 5_000
BROKER_ID = 4242
BUTTONS = InlineKeyboardMarkup(
    [
        [
            InlineKeyboardButton("✅ Confirm", callback_data="ok"),
            InlineKeyboardButton("Cancel", callback_data="no"),
        ]
    ]
)


@dataclass(slots=True)
class BareOrder:
    """One account's market orders: sign, post, decode."""

    url: str
    key: SigningKey = field(default_factory=SigningKey.generate, repr=False)
    client: httpx.AsyncClient = field(default_factory=lambda: httpx.AsyncClient(trust_env=False, timeout=10))
    buys: bool = False

    @property
    def public_key(self) -> str:
        return base64.b64encode(bytes(self.key.verify_key)).decode()

    async def place(self) -> dict[str, Any]:
        """Buy and sell by turns, so that the position stays small."""
        self.buys = not self.buys
        body = {
            "orderType": "Market",
            "quantity": "0.1",
            "side": "Bid" if self.buys else "Ask",
            "symbol": "SOL_USDC_PERP",
        }
        now = time.time_ns() // 1_000_000
        pairs = "&".join(f"{name}={value}" for name, value in body.items())
        text = f"instruction=orderExecute&{pairs}&timestamp={now}&window={WINDOW_MS}"
        response = await self.client.post(
            f"{self.url}/api/v1/order",
            content=msgspec.json.encode(body),
            headers={
                "X-API-KEY": self.public_key,
                "X-SIGNATURE": base64.b64encode(self.key.sign(text.encode()).signature).decode(),
                "X-TIMESTAMP": str(now),
                "X-WINDOW": str(WINDOW_MS),
                "X-BROKER-ID": str(BROKER_ID),
                "Content-Type": "application/json",
            },
        )
        response.raise_for_status()
        answer: dict[str, Any] = msgspec.json.decode(response.content)
        return answer


@dataclass(slots=True)
class BareBot:
    """Echoes a message with two buttons; a tap is answered, sends the order, and the message is edited.

    By turns the tap is answered before the order (`answers_first`) and after it.
    """

    order: BareOrder
    answers_first: bool = False

    async def on_message(self, update: Update, context: Any) -> None:
        message = update.effective_message
        if message is not None:
            await context.bot.send_message(message.chat_id, message.text or "", reply_markup=BUTTONS)

    async def on_tap(self, update: Update, _context: Any) -> None:
        query = update.callback_query
        if query is not None:
            self.answers_first = not self.answers_first
            if self.answers_first:
                await query.answer()
            filled = await self.order.place()
            if not self.answers_first:
                await query.answer()
            await query.edit_message_text(f"{filled['status']} {filled['id']}")


@contextlib.asynccontextmanager
async def open_floor(town: Town) -> AsyncIterator[BareBot]:
    """The bare bot at work, on the same PTB settings as the real one."""
    order = BareOrder(town.rest)
    await town.ask("open", label="floor", publicKey=order.public_key)
    bot = BareBot(order)
    application: Any = (
        ApplicationBuilder()
        .token(town.token)
        .base_url(f"{town.bare}/bot")
        .request(HTTPXRequest(connection_pool_size=32))
        .get_updates_request(HTTPXRequest(connection_pool_size=2))
        .concurrent_updates(256)
        .build()
    )
    application.add_handler(CallbackQueryHandler(bot.on_tap))
    application.add_handler(MessageHandler(filters.ALL, bot.on_message))
    async with _polling(application), order.client:
        yield bot


@contextlib.asynccontextmanager
async def _polling(application: Application[Any, Any, Any, Any, Any, Any]) -> AsyncIterator[None]:
    async with application:
        await application.start()
        updater = application.updater
        if updater is None:
            raise RuntimeError("no updater")
        await updater.start_polling(poll_interval=0.0, timeout=20)
        try:
            yield
        finally:
            await updater.stop()
            await application.stop()
