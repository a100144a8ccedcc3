"""Ten thousand hostile messages and taps through the real bot: no crash, no order, nothing left unanswered.

Every update travels over HTTP from the sandbox Telegram; the dice are seeded, so a failure comes again.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import random
import re
import shutil
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from bot.sandbox.telegram.config import Person, default_people
from bot.sandbox.telegram.driver import ChatError, Tap
from tests.sandbox.telegram.test_methods import png
from tests.support.world import ALICE, BOB, CAROL, DESK, NO_LIMITS, World, open_world

pytestmark = pytest.mark.both_databases

SEED, AT_ONCE = 20261121, 48
CHANNEL = -1001000000002
CROWD = tuple(range(5001, 5201))
LINKED = 0.15  # of the private messages come from people with an account

_WORDS = (
    *(
        "long",
        "short",
        "buy",
        "sell",
        "close",
        "panic",
        "cancel",
        "all",
        "tp",
        "sl",
        "at",
        "post",
        "ioc",
        "reduce",
    ),
    *(
        "sol",
        "btc",
        "SOL-PERP",
        "ВТС",
        "$200",
        "0.5",
        "25%",
        "5x",
        "500x",
        "at 142.5",
        "@ -1%",
        "sl 3%",
        "tp 5%",
    ),
    *(
        "做多",
        "平仓",
        "止损",
        "5倍",
        "лонг",
        "биток",
        "купить",
        "٢٠٠",
        "۲۰۰",
        "２００",
        "²",
        "½",
        "Ⅳ",
        "１ｅ９",
        "−5",
    ),
    *(
        "1e999999",
        "1e-999999",
        "9" * 400,
        "NaN",
        "Infinity",
        "-0",
        "0x10",
        "1_0",
        "1,2,3",
        "1.2.3",
        "$",
        "%",
        "x",
    ),
    *(
        "<b>",
        "</b>",
        "<script>alert(1)</script>",
        "&lt;",
        "&#0;",
        '"',
        "'",
        "`",
        "{0}",
        "%s",
        "{ $word }",
        "\\",
        "/",
    ),
    *(
        "\u202e",
        "\u200b",
        "\u200d",
        "\u2066",
        "\ufeff",
        "\u0000",
        "\u0007",
        "\u001b[31m",
        "\u0301" * 30,
        "\ufffd",
    ),
    *(
        "😀",
        "👨‍👩‍👧‍👦",
        "🏳️‍🌈",
        "🟢",
        "'; DROP TABLE ticket;--",
        "../../etc/passwd",
        "https://example.invalid/x?y=1",
    ),
    *("@rucksack_bot", "@all", "#sol", "$SOL", "go:long sol $200", "ok:x", ";", "\n", "\t", "-", "--help"),
)
_COMMANDS = (
    *(
        "start",
        "help",
        "menu",
        "link",
        "accounts",
        "unlink",
        "price",
        "book",
        "balance",
        "positions",
        "orders",
    ),
    *(
        "order",
        "buy",
        "sell",
        "long",
        "short",
        "close",
        "tp",
        "sl",
        "cancel",
        "cancelall",
        "fees",
        "settings",
    ),
    *("panic", "nonsense", "START", "long@rucksack_bot", "", "/", "é"),
)
_TAPS = (
    *(
        "ok:",
        "no:",
        "go:",
        "always:",
        "always:base:",
        "w:",
        "w:long|",
        "w:sell|",
        "menu:",
        "help:",
        "pos:",
        "ord:",
        "bal:",
    ),
    *(
        "acc:",
        "px:",
        "bk:",
        "cancel:",
        "cancelall:",
        "panic:",
        "flat:",
        "link:",
        "link:done:",
        "link:generate:",
    ),
    *("acct:", "acct:use:", "acct:unlink:", "sure:", "keep:", "lang:", "set:", "set:zone:", "set:slippage:"),
    *("set:confirm:", "set:quiet:", "set:size:", "", "?", "go:~", "w:long|SOL|", "w:tp|SOL|"),
)


def _text(dice: random.Random) -> str:
    kind = dice.random()
    if kind < 0.05:
        return dice.choice(("x", "9", "<", "l ", "\u202e", "😀", "؟", "a ")) * 2048
    if kind < 0.15:
        return "".join(
            chr(dice.choice((dice.randrange(1, 0xD800), dice.randrange(0xE000, 0x2FFFF)))) for _ in range(40)
        )
    words = " ".join(dice.choice(_WORDS) for _ in range(dice.randrange(1, 9)))
    if kind < 0.4:
        return f"/{dice.choice(_COMMANDS)} {words}"
    if kind < 0.45:
        return f"/start {dice.randbytes(12).hex()}"
    return words


@dataclass
class _Said:
    """What was sent where, so that every reply can be counted."""

    private: Counter[int] = field(default_factory=Counter)  # by person
    commands: list[int] = field(default_factory=list)  # messages in the group a bot must answer
    taps: list[Tap] = field(default_factory=list)
    impossible: Counter[str] = field(
        default_factory=Counter
    )  # what no app could have sent: an empty message, say


class _Attacker:
    """Many people at once, in private, in the group and in the channel."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.dice = random.Random(SEED)
        self.said = _Said()
        self.first: dict[int, int] = {}  # a message of each person, to tap under

    async def arrive(self, person: int) -> None:
        self.first[person] = (await self.world.chats.as_user(person).send("/start")).id
        self.said.private[person] += 1

    async def strike(self) -> None:
        kind, person = self.dice.random(), self._person()
        try:
            if kind < 0.70:
                await self._say(person, {})
            elif kind < 0.76:
                await self._say(person, self.dice.choice(_NOT_HIS_OWN))
            elif kind < 0.80:
                await self._mask()
            elif kind < 0.85:
                await self._talk_in_group(self.dice.choice((ALICE, BOB, CAROL)))
            elif kind < 0.87:
                await self.world.chats.as_user(ALICE, CHANNEL).send(_text(self.dice))
            elif kind < 0.90:
                await self._edit(person)
            else:
                await self._tap(person)
        except ChatError as error:
            self.said.impossible[error.reason] += 1

    def _person(self) -> int:
        return self.dice.choice((ALICE, CAROL)) if self.dice.random() < LINKED else self.dice.choice(CROWD)

    async def _say(self, person: int, how: dict[str, Any]) -> None:
        await self.world.chats.as_user(person).send(_text(self.dice), **how)
        self.said.private[person] += 1

    async def _edit(self, person: int) -> None:
        chat = self.world.chats.as_user(person)
        mine = await chat.send("hello there")
        self.said.private[person] += 1
        await chat.edit(mine.id, _text(self.dice))
        self.said.private[person] += 1

    async def _mask(self) -> None:
        sent = await self.world.chats.as_user(ALICE, DESK).send(_text(self.dice), **self.dice.choice(_MASKS))
        if sent.text.startswith("/price "):
            self.said.commands.append(sent.id)

    async def _talk_in_group(self, person: int) -> None:
        text = self.dice.choice(("/price ", "/balance ", "/help ", "")) + _text(self.dice)
        sent = await self.world.chats.as_user(person, DESK).send(text[:4096])
        if sent.text.startswith(("/price ", "/balance ", "/help ")):
            self.said.commands.append(sent.id)

    async def _tap(self, person: int) -> None:
        tail = self.dice.choice((*_WORDS, "²", "9" * 30, "-1", "~", "x" * 40, "null"))
        data = (self.dice.choice(_TAPS) + tail).encode()[:64].decode("utf-8", "ignore")
        chat = self.world.chats.as_user(person)
        self.said.taps.append(await chat.tap_data(self.first[person], data or "x"))


_NOT_HIS_OWN: tuple[dict[str, Any], ...] = (
    {"forwarded_from": ALICE},
    {"forwarded_from": "Nobody"},
    {"via_bot": "gifs"},
    {"seconds_ago": 61},
    {"seconds_ago": 10**6},
    {"photo_base64": base64.b64encode(png(8, 8)).decode()},
)
_MASKS: tuple[dict[str, Any], ...] = (
    {"speak_as": "anonymous"},
    {"speak_as": "channel", "channel_id": CHANNEL},
)


async def _all_answered(attacker: _Attacker) -> list[str]:
    """Who still waits for an answer after the bot has fallen silent."""
    counters = attacker.world.bot.services.outbox.counters
    silent: list[str] = []
    for _ in range(240):  # a machine with little to spare is slow, not silent
        said = -1
        while counters.sent != said:
            said = counters.sent
            await asyncio.sleep(0.5)
        silent = await _unanswered(attacker)
        if not silent:
            break
    return silent


async def _unanswered(attacker: _Attacker) -> list[str]:
    world, said = attacker.world, attacker.said
    silent = []
    taps: Counter[int] = Counter()  # without an answer, by person
    for tap in said.taps:
        press = await world.chats.get("press", press_id=tap.id)
        taps[tap.chat.user_id] += press["answer"] is None
    for person, count in said.private.items():
        told = [m for m in await _messages(world, person, person) if m["by_bot"]]
        unread = [many for m in told if (many := _unread_in(m.get("text", "")))]
        missing = max(0, count - (len(told) - len(unread))) + taps[person]
        if missing > sum(unread):
            silent.append(f"{person}: {len(told)} answers to {count} messages, {taps[person]} silent taps")
    group = await _messages(world, ALICE, DESK)
    answered = {m["reply_to_message"]["message_id"] for m in group if "reply_to_message" in m}
    left = [number for number in said.commands if number not in answered]
    if len(left) > sum(_unread_in(m.get("text", "")) for m in group):
        silent += [f"command {number} in the group" for number in left]
    return silent


def _unread_in(text: str) -> int:
    """How many messages the bot says it has not read: who writes like this is told so once in a while."""
    found = re.search(r"done: (\d[\d,]*) of the messages here|这里有 (\d[\d,]*) 条消息没有读取", text)
    return int((found[1] or found[2]).replace(",", "")) if found else 0


async def _messages(world: World, person: int, chat: int) -> list[dict[str, Any]]:
    body = await world.chats.get("messages", user_id=person, chat_id=chat, limit=20_000)
    return list(body["messages"])


async def _attack(database_url: str, messages: int) -> None:
    crowd = tuple(
        Person(number, f"P{number}", language_code="zh" if number % 2 else "en") for number in CROWD
    )
    patient = replace(NO_LIMITS, callback_seconds=None)  # the attack is faster than one core
    async with open_world(database_url, limits=patient, people=(*default_people(), *crowd)) as world:
        for number in (ALICE, CAROL):
            person = world.person(number)
            await person.says("/start", "Rucksack")
            await person.links(str(number))
        attacker = _Attacker(world)
        await asyncio.gather(*(attacker.arrive(number) for number in (ALICE, BOB, CAROL, *CROWD)))
        gate = asyncio.Semaphore(AT_ONCE)

        async def one() -> None:
            async with gate:
                await attacker.strike()

        await asyncio.gather(*(one() for _ in range(messages)))
        assert await _all_answered(attacker) == []
        assert attacker.said.impossible.total() < messages / 50, attacker.said.impossible
        assert await world.orders() == []
        assert "Long SOL-PERP" in (await world.person(CAROL).says("long sol $20", "Long SOL-PERP")).text


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_ten_thousand_hostile_messages(
    sqlite_template: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "hostile.sqlite3"
    shutil.copy(sqlite_template, path)
    with caplog.at_level(logging.ERROR):
        await _attack(f"sqlite:///{path}", 10_000)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_hostile_messages_on_every_database(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    """PostgreSQL refuses characters that SQLite stores."""
    with caplog.at_level(logging.ERROR):
        await _attack(database_url, 1_000)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
