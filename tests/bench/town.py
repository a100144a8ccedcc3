"""The other process: the sandbox exchange, a Telegram for the bot, one for the floor, and a person in each.

Everything that is not the bot lives here, so that the bot's process CPU is the bot's own. It speaks JSON
lines on its standard streams and ends with them: it cannot outlive the bench.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import httpx
import uvloop

from bot.sandbox.exchange import ExchangeConfig, SandboxExchange
from bot.sandbox.telegram import ChatDriver, Limits, SandboxTelegram, TelegramConfig
from bot.sandbox.telegram.config import Group, default_people
from bot.sandbox.telegram.config import Person as TelegramPerson
from bot.sandbox.telegram.driver import ChatMessage, PersonChat

PERSON = 1001
CROWD = tuple(range(6001, 6051))
CROWDED = -1001000000009  # the group of them all
KEPT = 4  # messages of a chat that are left standing: reading it stays cheap
PATIENCE_S = 30.0
LIFE_S = 1_200.0


class Person:
    """Types and taps in one chat; each act returns when its effect is on the screen."""

    def __init__(self, chat: PersonChat) -> None:
        self._chat = chat
        self._revision = 0

    async def say(self, text: str, expect: str = "", button: str = "") -> ChatMessage:
        """Write, and wait for words or for a message with a button."""
        before = self._revision
        await self._chat.send(text)
        return await self._see(expect, button, before)

    async def tap(self, label: str, expect: str) -> ChatMessage:
        before = self._revision
        await self._chat.tap(label)
        return await self._see(expect, "", before)

    async def tidy(self) -> None:
        """Forget the older messages."""
        for message in (await self._chat.messages())[:-KEPT]:
            await self._chat.delete(message.id)

    async def _see(self, expect: str, button: str, after: int) -> ChatMessage:
        def wanted(message: ChatMessage) -> bool:
            return expect in message.text and (not button or any(button in label for label in message.labels))

        seen = await self._chat.wait_for(wanted, PATIENCE_S, after=after)
        self._revision = seen.revision
        return seen


def _people() -> tuple[TelegramPerson, ...]:
    return (*default_people(), *(TelegramPerson(number, f"P{number}", started=True) for number in CROWD))


def _groups() -> tuple[Group, ...]:
    return (Group(CROWDED, "Crowded", dict.fromkeys(CROWD, "member")),)


async def _serve() -> None:
    limits = Limits(per_second=None, per_chat_second=None, per_group_minute=None)
    async with (
        asyncio.timeout(LIFE_S),
        SandboxExchange(ExchangeConfig(moving=False)) as exchange,
        SandboxTelegram(TelegramConfig(limits=limits, people=_people(), groups=_groups())) as telegram,
        SandboxTelegram(TelegramConfig(limits=limits)) as bare,
        ChatDriver(telegram.url) as driver,
        ChatDriver(bare.url) as bare_driver,
        httpx.AsyncClient(base_url=exchange.rest_url, timeout=10) as admin,
    ):
        people = {
            "bot": Person(driver.as_user(PERSON)),
            "bare": Person(bare_driver.as_user(PERSON)),
        }
        _tell(
            rest=exchange.rest_url,
            ws=exchange.ws_url,
            token=telegram.config.token,
            telegram=telegram.url,
            bare=bare.url,
        )
        crowd = Crowd(driver)
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
        )
        while line := await reader.readline():
            _tell(**await _act(people, crowd, admin, json.loads(line)))


class Crowd:
    """People who write without end: one alone, or the members of their group."""

    def __init__(self, driver: ChatDriver) -> None:
        self._driver = driver
        self._task: asyncio.Task[None] | None = None
        self._sent = 0

    async def begin(self, members: int, per_minute: int) -> dict[str, Any]:
        self._sent = 0
        place = None if members == 1 else CROWDED
        chats = [self._driver.as_user(number, place) for number in CROWD[:members]]
        self._task = asyncio.create_task(self._write(chats, 60 / per_minute))
        return {}

    async def end(self) -> dict[str, Any]:
        """How many lines were written."""
        if self._task is not None:
            self._task.cancel()
            self._task = None
        return {"sent": self._sent}

    async def _write(self, chats: list[PersonChat], pause_s: float) -> None:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        while True:
            await chats[self._sent % len(chats)].send("/price sol")
            self._sent += 1
            await asyncio.sleep(max(0.0, begun + self._sent * pause_s - loop.time()))


async def _act(
    people: dict[str, Person], crowd: Crowd, admin: httpx.AsyncClient, what: dict[str, Any]
) -> dict[str, Any]:
    do, who = what.pop("do"), what.pop("who", "")
    if do == "flood":
        return await crowd.begin(**what)
    if do == "calm":
        return await crowd.end()
    if do == "open":
        (await admin.post("/sandbox/accounts", json=what)).raise_for_status()
        return {}
    if do == "tidy":
        await people[who].tidy()
        return {}
    seen: ChatMessage = await getattr(people[who], do)(**what)
    return {"text": seen.text, "entities": seen.raw.get("entities", [])}


def _tell(**what: Any) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    uvloop.run(_serve())
