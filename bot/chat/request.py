"""One act of one person: who, where, in which words; and the ways to answer it.

Private numbers never appear in a group: there they go to the private chat and the group sees a stub.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from telegram import CallbackQuery

from bot.chat import buttons
from bot.chat.sender import Sender
from bot.chat.services import PartT, Services
from bot.domain.refusal import Refusal, RefusalCode
from bot.domain.values import Language
from bot.kernel.slots import given_back
from bot.language import Parsed, ParseFailure, parse
from bot.people.tables import User
from bot.ui import Locale, Message, plain_text
from bot.ui import refusals as refusal_view
from bot.ui.message import MAX_DATA

MAX_TOAST: Final = 200  # characters. Source: Bot API `answerCallbackQuery.text`
LINE_LIFE_MS: Final = 24 * 3_600_000
_TOKEN_MARK: Final = "~"  # noqa: S105 - a mark, not a token


@dataclass(frozen=True, slots=True)
class Replied:
    """The message of ours that a message answers, with the data of its buttons."""

    message_id: int
    buttons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attached:
    """The file a message carries, as Telegram describes it. Sizes it does not say are unbounded."""

    file_id: str
    name: str
    size: int


@dataclass(slots=True)
class Request:
    """`message_id` is the user's message, or for a tap the bot's message that carries the button."""

    services: Services
    sender: Sender
    user: User
    message_id: int
    is_tap: bool = False
    query: CallbackQuery | None = None
    held: object = (
        None  # what a tapped button stands for (`LineReader.held`), whoever's and in whatever state
    )
    replied: Replied | None = None
    guessed: bool = False  # its line was told apart by the market: it is always asked about
    attached: Attached | None = None
    place: Locale | None = None  # of a group, whose members may read what is said there
    stub: int | None = None  # the message that told a group where the answer is
    _answer: asyncio.Task[None] | None = field(default=None, repr=False)

    def service(self, kind: type[PartT]) -> PartT:
        """The part of that class. Raises PartError where no feature of this program declares it."""
        return self.services.get(kind)

    @property
    def locale(self) -> Locale:
        return Locale.of_reader(self.user)

    @property
    def here(self) -> Locale:
        """The locale of words that everybody in the chat may read; in private it is the person's."""
        return self.place or self.locale

    @property
    def home(self) -> int:
        """The private chat, whose id is the user's."""
        return self.sender.user_id

    @property
    def group(self) -> int | None:
        """The group the act came from; None in private."""
        return None if self.sender.private else self.sender.chat_id

    async def say(self, message: Message) -> int | None:
        """Answer in the chat the act came from: for words everybody there may read."""
        reply_to = None if self.sender.private or self.is_tap else self.message_id
        return await self.services.outbox.say(
            self.sender.chat_id, message, reply_to=reply_to, thread_id=self.sender.thread_id
        )

    async def say_privately(self, message: Message) -> int | None:
        """Answer in the private chat; a group sees only that an answer was given there."""
        sent = await self.services.outbox.say(self.home, message)
        if not self.sender.private:
            await self.point_home(delivered=sent is not None)
        return sent

    async def point_home(self, *, delivered: bool) -> None:
        """Tell a group that the answer is in the private chat: in a toast where a button was tapped."""
        stub = refusal_view.private_stub(
            self.here if self.query is None else self.locale,
            f"https://t.me/{self.services.bot_username}",
            delivered=delivered,
        )
        if self.query is None:
            self.stub = await self.say(stub)
        else:
            self._answer_with(plain_text(stub.text), alert=not delivered)

    async def show_publicly(self, message: Message) -> int | None:
        """In place of the tapped message, else as an answer everybody there may read."""
        if self.is_tap:
            await self.services.outbox.edit(self.sender.chat_id, self.message_id, message)
            return self.message_id
        return await self.say(message)

    async def show(self, message: Message) -> int | None:
        """In place of the tapped message where there is one of ours in private, else as a private answer."""
        if self.is_tap and self.sender.private:
            await self.services.outbox.edit(self.sender.chat_id, self.message_id, message)
            return self.message_id
        return await self.say_privately(message)

    def read(self, text: str) -> Parsed | ParseFailure:
        """What a line of this person means, knowing which markets exist."""
        return parse(text, language=Language(self.user.language), tickers=self.services.catalogue.tickers)

    def is_read(self, text: str) -> bool:
        """Whether `text` means something as a line."""
        return isinstance(self.read(text), Parsed)

    def makes_sense(self, text: str) -> bool:
        """Whether an unknown command in a group may have been meant for us: it reads, or nearly so."""
        result = self.read(text)
        if isinstance(result, Parsed):
            return True
        return bool(result.mends) or result.refusal.code is not RefusalCode.SYNTAX

    def source(self, line: str) -> str:
        """Names the message or tap that asks for `line`: what Telegram delivers twice makes one thing."""
        if self.query is not None:
            return f"tap {self.query.id}"
        digest = sha256(line.encode()).hexdigest()[:16]
        return f"message {self.sender.chat_id} {self.message_id} {digest}"

    # --- answering a tap ---------------------------------------------------------------------------

    def answer_soon(self, refusal: Refusal | None = None) -> None:
        """Stop the button's spinner, with the reason when the tap is refused. The first answer counts."""
        words = plain_text(refusal_view.refusal_sentence(self.locale, refusal)) if refusal else None
        self._answer_with(words, alert=refusal is not None)

    def _answer_with(self, words: str | None, *, alert: bool) -> None:
        if self.query is not None and self._answer is None:
            self._answer = asyncio.create_task(self._answer_query(self.query, words, alert))

    def toast(self, words: str) -> None:
        """Stop the button's spinner with an alert only its tapper sees."""
        self._answer_with(words, alert=True)

    async def answer(self, refusal: Refusal | None = None) -> None:
        """As `answer_soon`, and wait until Telegram has it."""
        self.answer_soon(refusal)
        if self._answer is not None:
            async with given_back():
                await self._answer

    async def _answer_query(self, query: CallbackQuery, words: str | None, alert: bool) -> None:
        shown = words[:MAX_TOAST] if words else None
        await self.services.outbox.toast(self.sender.chat_id, query.id, shown, alert=alert)

    # --- lines behind buttons ----------------------------------------------------------------------

    async def line_data(self, text: str, prefix: str = "go:") -> str:
        """Callback data that stands for `text`: the text itself where it fits, else a token for it.

        In a group it is always a token, so that nobody else can tap the line as their own.
        """
        data = f"{prefix}{text}"
        fits = len(data.encode()) <= MAX_DATA and not text.startswith(_TOKEN_MARK)
        if fits and self.sender.private:
            return data
        services = self.services
        async with services.database.write() as session:
            token = await buttons.create(
                session,
                self.user.id,
                self.home,
                "line",
                {"line": text},
                now_ms=services.clock(),
                life_ms=LINE_LIFE_MS,
            )
        return f"{prefix}{_TOKEN_MARK}{token}"

    async def line_of(self, text: str) -> str | Refusal:
        """The text `line_data` stood for; a refusal when its token is over or another user's."""
        if not text.startswith(_TOKEN_MARK):
            return text
        token, now = text.removeprefix(_TOKEN_MARK), self.services.clock()
        async with self.services.database.read() as session:
            mine = await buttons.live(session, token, self.user.id, now)
            found = mine or await buttons.find(session, token)
        if mine is not None and mine.action == "line":
            return str(mine.arguments["line"])
        foreign = found is not None and found.user_id != self.user.id
        return Refusal(RefusalCode.NOT_YOUR_BUTTON if foreign else RefusalCode.EXPIRED)
