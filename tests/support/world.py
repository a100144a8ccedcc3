"""Both sandboxes and the bot between them, and people who trade in it: what journeys are made of."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from bot.app import Bot, build
from bot.chat.limits import UNLIMITED, Rates
from bot.life import running
from bot.sandbox.exchange import ExchangeConfig, SandboxExchange
from bot.sandbox.telegram import ChatDriver, Limits, SandboxTelegram, TelegramConfig
from bot.sandbox.telegram.config import DEFAULT_TOKEN, Group, default_groups, default_people
from bot.sandbox.telegram.config import Person as TelegramPerson
from bot.sandbox.telegram.driver import ChatMessage, PersonChat
from bot.settings import load_settings
from bot.vault import MasterKeys

BROKER_ID = 4242
ALICE, BOB, CAROL = 1001, 1002, 1003
DESK = -1001000000001  # the sandbox's group: Alice owns it, Bob and Carol are members
GIVEN_UP_S = 6  # so long after an order without an answer was sent, its absence is believed
NO_LIMITS = Limits(per_second=None, per_chat_second=None, per_group_minute=None)


@dataclass
class Clock:
    """The time of the whole world: bot, exchange and Telegram. Real, plus what a test skipped."""

    skipped_ms: int = 0

    def __call__(self) -> int:
        return time.time_ns() // 1_000_000 + self.skipped_ms

    def skip(self, seconds: float) -> None:
        self.skipped_ms += int(seconds * 1000)


@dataclass
class World:
    """`admin` is the exchange's back door: what really happened there."""

    exchange: SandboxExchange
    telegram: SandboxTelegram
    bot: Bot
    chats: ChatDriver
    admin: httpx.AsyncClient
    clock: Clock = field(default_factory=Clock)
    masters: MasterKeys = field(default_factory=MasterKeys.generate)  # of the bot
    life: contextlib.AsyncExitStack = field(
        default_factory=contextlib.AsyncExitStack
    )  # the bot's, to its end

    def person(self, user_id: int, chat_id: int | None = None) -> Person:
        return Person(self, self.chats.as_user(user_id, chat_id))

    async def orders(self) -> list[dict[str, Any]]:
        """Every order ever created at the exchange."""
        return list((await self.admin.get("/sandbox/orders")).raise_for_status().json())

    async def sent(self) -> list[dict[str, Any]]:
        """Every order the bot sent, without the exits the exchange made of them."""
        return [order for order in await self.orders() if order["clientId"] is not None]

    def passes(self, seconds: float, job: str) -> None:
        """Time goes by, and what the bot does every few seconds under this name is done now."""
        self.clock.skip(seconds)
        self.bot.schedule.look_again(job)

    async def stop(self) -> None:
        """End the bot as its process would: another may be the active one. The sandboxes go on."""
        await self.life.aclose()

    async def fault(self, **rule: Any) -> None:
        (await self.admin.post("/sandbox/faults", json=[rule])).raise_for_status()

    async def price(self, symbol: str, price: str) -> None:
        body = {"symbol": symbol, "price": price, "pin": True}
        (await self.admin.post("/sandbox/price", json=body)).raise_for_status()


class Person:
    """Types, taps, reads. Each act returns the bot's answer to it."""

    def __init__(self, world: World, chat: PersonChat) -> None:
        self.world = world
        self.chat = chat

    async def says(self, text: str, expect: str = "", **how: Any) -> ChatMessage:
        """Write, and read the new message that answers; an older one that changes meanwhile is no answer."""
        last = max((message.id for message in await self.chat.messages()), default=0)
        await self.chat.send(text, **how)
        return await self.chat.wait_for(lambda m: m.id > last and expect in m.text)

    async def taps(self, label: str, expect: str = "", *, on: int | None = None) -> ChatMessage:
        """Tap a button of the message `on`, or of the newest message that has it.

        The answer is that message, changed, or a new one.
        """
        seen = await self.chat.messages()
        last, revision = max(m.id for m in seen), max(m.revision for m in seen)
        tapped = _holder(seen, label, on)
        await self.chat.tap(label, tapped.id)
        return await self.chat.wait_for(
            lambda m: (m.id == tapped.id or m.id > last) and m.revision > revision and expect in m.text
        )

    async def is_told(self, label_or_data: str, *, on: int | None = None, forged: bool = False) -> str:
        """Tap and read the toast or alert that answers the tap; forged taps need no such button."""
        if forged and on is not None:
            tap = await self.chat.tap_data(on, label_or_data)
        else:
            tap = await self.chat.tap(label_or_data, on)
        return (await tap.answer()).text

    async def sees(self, expect: str, *, after: int | None = None, timeout: float = 10) -> ChatMessage:
        return await self.chat.wait_for(expect, timeout, after=after)

    async def opens_account(self, public_key: str, *, label: str, read_only: bool = False) -> None:
        """What a user does on the exchange's key page."""
        body = {"label": label, "publicKey": public_key, "readOnly": read_only}
        (await self.world.admin.post("/sandbox/accounts", json=body)).raise_for_status()

    async def revokes_key(self) -> None:
        """What a user does there to be rid of us; the exchange ends the streams of that key."""
        accounts = (await self.world.admin.get("/sandbox/accounts")).raise_for_status().json()
        (key,) = [key["publicKey"] for account in accounts if account["label"] for key in account["keys"]]
        answer = await self.world.admin.request("DELETE", "/sandbox/keys", json={"publicKey": key})
        answer.raise_for_status()
        await self.world.fault(action="close_sockets")

    async def links(self, label: str) -> None:
        """Link by a generated key, as a newcomer would."""
        await self.says("/link", "Link")
        shown = await self.taps("Make a key", "Public Key")
        await self.opens_account(code_in(shown), label=label)
        await self.taps("Done", "Linked")


def _holder(seen: list[ChatMessage], label: str, on: int | None) -> ChatMessage:
    """The newest message with such a button. Raises LookupError."""
    for message in reversed(seen):
        if on in {None, message.id}:
            with contextlib.suppress(LookupError):
                message.button(label)
                return message
    raise LookupError(f"no button {label!r} under {[m.labels for m in seen[-5:]]}")


def code_in(message: ChatMessage) -> str:
    """The first thing in the message that can be copied by a tap."""
    entity = next(e for e in message.raw["entities"] if e["type"] in {"code", "pre"})
    units = message.text.encode("utf-16-le")
    start, end = 2 * entity["offset"], 2 * (entity["offset"] + entity["length"])
    return units[start:end].decode("utf-16-le")


@contextlib.asynccontextmanager
async def open_world(
    database_url: str,
    *,
    exchange_config: ExchangeConfig | None = None,
    limits: Limits = NO_LIMITS,
    masters: MasterKeys | None = None,
    people: tuple[TelegramPerson, ...] | None = None,
    groups: tuple[Group, ...] | None = None,
    token: str = DEFAULT_TOKEN,
    rates: Rates = UNLIMITED,
    bot_api_url: tuple[str, list[str]] | None = None,
    **settings_of_this_world: Any,
) -> AsyncIterator[World]:
    """A migrated database in, a running world out. Prices stand still unless the configuration moves them.

    `bot_api_url` is what the bot is to speak to, and where it is told Telegram's own. Further keywords are
    settings of the bot.
    """
    clock = Clock()
    config = replace(exchange_config or ExchangeConfig(moving=False), clock_ns=lambda: clock() * 1_000_000)
    exchange = SandboxExchange(config)
    telegram = SandboxTelegram(
        TelegramConfig(
            limits=limits,
            clock=lambda: clock() / 1000,
            people=people or default_people(),
            groups=groups or default_groups(),
            token=token,
        )
    )
    async with contextlib.AsyncExitStack() as stack:
        await exchange.start()
        stack.push_async_callback(exchange.stop)
        await telegram.start()
        stack.push_async_callback(telegram.stop)
        if bot_api_url is not None:
            bot_api_url[1][:] = [telegram.url]
        values: dict[str, Any] = {
            "telegram_bot_token": telegram.config.token,
            "telegram_api_url": bot_api_url[0] if bot_api_url is not None else telegram.url,
            "backpack_api_url": exchange.rest_url,
            "backpack_ws_url": exchange.ws_url,
            "backpack_broker_id": BROKER_ID,
            "database_url": database_url,
            "admin_user_ids": (ALICE,),
            "access": "open",
            "dashboard_port": 0,
            "order_window_ms": 3000,
        }
        settings = load_settings(_env_file=None, **(values | settings_of_this_world))
        masters = masters or MasterKeys.generate()
        bot = build(
            settings,
            masters,
            key_page_url=f"{exchange.rest_url}/settings/api-keys",
            clock=clock,
            rates=rates,
        )
        life = await stack.enter_async_context(contextlib.AsyncExitStack())
        await life.enter_async_context(running(bot))
        chats = await stack.enter_async_context(ChatDriver(telegram.url))
        admin = await stack.enter_async_context(httpx.AsyncClient(base_url=exchange.rest_url, timeout=10))
        yield World(exchange, telegram, bot, chats, admin, clock, masters, life)


@contextlib.asynccontextmanager
async def again(world: World) -> AsyncIterator[World]:
    """The bot started anew on the same database, after the first has ended: it would stand by else."""
    await world.stop()
    bot = build(world.bot.settings, world.masters, clock=world.clock, rates=UNLIMITED)
    async with contextlib.AsyncExitStack() as life:
        await life.enter_async_context(running(bot))
        yield replace(world, bot=bot, life=life)
