"""What a branch of the program does in a chat, declared once and by itself in its own `feature.py`.

The router is built from the list of features and knows nothing else of them; whoever may begin an act is told
by the act's own class, so that no list beside it can forget one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import ModuleType
from typing import Any, Protocol, TypeVar

from markupsafe import Markup
from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.confirmations import Confirmation
from bot.chat.menus import MenuPart, sections_of
from bot.chat.prompts import Prompt
from bot.chat.request import Request
from bot.chat.services import Part, Services
from bot.domain.intent import Intent, QueryIntent, QueryKind
from bot.domain.refusal import Refusal, RefusalCode
from bot.kernel.jobs import Schedule
from bot.people.tables import User
from bot.ui import Locale, Message
from bot.ui import refusals as refusal_view
from bot.ui.callback_data import ButtonData, Forged

Handler = Callable[[Request, str], Awaitable[Any]]
Statement = Callable[[Request, Any], Awaitable[bool]]  # the intent; False when it was refused
Answer = Callable[[Request, Prompt, str], Awaitable[bool]]  # False when the text is no answer after all
Question = Callable[[Request], Awaitable[Message | None]]
Looks = Callable[[str], bool]  # of the argument of a callback
TurnAway = Callable[[Request, bool], Awaitable[None]]  # True: the stranger asks to be let in
Tidy = Callable[[AsyncSession, int], Awaitable[Any]]  # the time now
Key = TypeVar("Key")
Declared = TypeVar("Declared")
Data = TypeVar("Data", bound=ButtonData)


class ActClass(StrEnum):
    """Who may begin an act.

    Whom the operator does not, or no longer, let in keeps every class but the last two where they have an
    account here, so that nobody is ever locked out of their exits.
    """

    STRANGERS = "strangers"  # anybody: what this is, the language, being forgotten
    READ = "read"  # looking
    SETTINGS = "settings"  # one's preferences and accounts
    REDUCE_RISK = "reduce-risk"  # closing, protecting, cancelling: it goes before all else
    JUDGED = "judged"  # may open risk: decided where the ticket, alert or post is made, by what it holds
    OPEN_RISK = "open-risk"  # begins something new that nothing else judges
    OPERATOR = "operator"


def never(_: object) -> bool:
    """A callback that does more than show something, whatever its argument."""
    return False


def always(_: object) -> bool:
    """A callback that only shows something, or leaves things as they are."""
    return True


def at(*steps: str) -> Looks:
    """A callback that only shows something at these first words of its argument."""
    return lambda argument: argument.partition(":")[0] in steps


@dataclass(frozen=True, slots=True)
class Command:
    """A word with a slash, and the menu entry of the same name."""

    name: str
    handler: Handler
    access: ActClass
    aliases: tuple[str, ...] = ()
    in_groups: bool = True  # where not, a group reads that this is for a private chat
    knocks: bool = False  # a stranger who sends it asks to be let in
    listed: int | None = None  # its place in Telegram's list of commands, where it is to be found there

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.aliases)


@dataclass(frozen=True, slots=True)
class Callback:
    """A kind of button: its data is `<prefix>:<argument>`."""

    prefix: str
    handler: Handler
    access: ActClass
    looks: Looks = never  # whether a tap that lay about for long may still be obeyed: it changes nothing
    line: Callable[[str], str] | None = None  # the line its argument stands for, where it stands for one
    holds: bool = False  # its argument is a token the reader knows (`LineReader.held`)
    names_command: bool = False  # its argument may name a command, and is then of that one's class
    speaks: bool = False  # answers its tap itself, in private too
    in_groups: bool = True


Act = Command | Callback


@dataclass(frozen=True, slots=True)
class LineReader:
    """Who reads what is neither a command nor a tap."""

    line: Handler
    secret: Callable[[Request, str, Prompt | None], Awaitable[None]]  # with the prompt it may answer
    stray_secret: Callable[[Services, Locale, int, int], Awaitable[Message]]  # of a chat and a message
    held: Callable[[AsyncSession, str, int], Awaitable[tuple[User | None, object]]]
    """The user of an id, if known, and what stands behind the token of their button, in one look."""
    why_over: Callable[[Request], Refusal]  # of a button that is gone


class Life(Protocol):
    """A part at work from the moment people are heard to the bot's end."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Setting:
    """One more line of a person's settings page, with the texts `setting-<name>-title`, `option-<name>-…`."""

    name: str
    options: tuple[str, ...]
    chosen: Callable[[Request], Awaitable[str]]
    choose: Callable[[Request, str], Awaitable[None]]  # one of the options
    line: Callable[[Locale, str], Markup]


@dataclass(frozen=True, slots=True)
class Feature:
    """Everything one branch does: its parts, its work, and what can be said to it in a chat."""

    name: str
    commands: tuple[Command, ...] = ()
    callbacks: tuple[Callback, ...] = ()
    statements: Mapping[type[Any], Statement] = field(default_factory=dict)  # by the class of an intent
    questions: Mapping[QueryKind, Handler] = field(default_factory=dict)  # False when it was refused
    answers: Mapping[str, Answer] = field(default_factory=dict)  # by the kind of a prompt
    confirmations: Mapping[str, Confirmation] = field(default_factory=dict)  # by the action asked about
    asks_newcomers: Question | None = None  # asked beneath the news that a first key is linked
    turns_away: TurnAway | None = None  # answers whom the operator has not let in
    reader: LineReader | None = None
    menu: tuple[MenuPart, ...] = ()
    help: Mapping[str, int] = field(default_factory=dict)  # topics and their places
    settings: tuple[Setting, ...] = ()
    tables: tuple[ModuleType, ...] = ()  # modules that define some
    parts: tuple[Part[Any], ...] = ()  # what its handlers ask for by `Request.service`
    subscribes: Callable[[Services], None] | None = None  # of which events its parts hear
    schedules: Callable[[Services, Schedule], None] | None = None  # its work by the clock
    lives: tuple[type[Life], ...] = ()  # parts in the order they start; they stop in the opposite one
    tidies: tuple[Tidy, ...] = ()  # each forgets what nothing refers to any more, once an hour


class DeclaredTwice(ValueError):
    """Two features, or one of them twice, claim the same command, callback, statement, …"""

    def __init__(self, what: str, name: object) -> None:
        super().__init__(f"the {what} {name} is declared twice")


class Features:
    """All that the features of a program declare, by name. Raises DeclaredTwice."""

    def __init__(self, features: Iterable[Feature]) -> None:
        declared = tuple(features)
        self._commands = _by_name(
            "command", ((name, one) for f in declared for one in f.commands for name in one.names)
        )
        self.callbacks = _by_name("callback", ((one.prefix, one) for f in declared for one in f.callbacks))
        self._statements = _by_name("statement", (pair for f in declared for pair in f.statements.items()))
        self._questions = _by_name("question", (pair for f in declared for pair in f.questions.items()))
        self._answers = _by_name("answer", (pair for f in declared for pair in f.answers.items()))
        self.confirmations = _by_name(
            "confirmation", (pair for f in declared for pair in f.confirmations.items())
        )
        self.settings = _by_name("setting", ((one.name, one) for f in declared for one in f.settings))
        self.sections = sections_of(part for f in declared for part in f.menu)
        listed = {one.name: one.listed for f in declared for one in f.commands if one.listed is not None}
        self.listed = sorted(listed, key=listed.__getitem__)
        topics = _by_name("help topic", (pair for f in declared for pair in f.help.items()))
        self.topics = sorted(topics, key=topics.__getitem__)
        self.reader = _one_of("reader", (f.reader for f in declared))
        self.turn_away = _one_of("answer to strangers", (f.turns_away for f in declared))
        self._all = declared
        self._ask_newcomers = [f.asks_newcomers for f in declared if f.asks_newcomers is not None]

    def __iter__(self) -> Iterator[Feature]:
        return iter(self._all)

    def command(self, name: str, *, operator: bool = False) -> Command | None:
        """The command of that name; an operator's is none to anybody else."""
        found = self._commands.get(name.lower())
        return found if found is None or operator or found.access is not ActClass.OPERATOR else None

    def is_command(self, name: str) -> bool:
        """Whether it is one, whoever may send it."""
        return name.lower() in self._commands

    def behind(self, callback: Callback, argument: str) -> Act:
        """What a button begins: of a menu entry the command itself."""
        return (self.command(argument) if callback.names_command else None) or callback

    async def obey(self, request: Request, intent: Intent) -> bool:
        """Do one statement of a line; False when it was refused."""
        if isinstance(intent, QueryIntent):
            return await self._questions[intent.kind](request, intent.argument or "") is not False
        return await self._statements[type(intent)](request, intent)

    async def answer(self, request: Request, prompt: Prompt, text: str) -> bool:
        """Take a text as the answer to a prompt; False when it is none after all."""
        return await self._answers[prompt.kind](request, prompt, text)

    async def newcomer_question(self, request: Request) -> Message | None:
        """The first question that somebody has for who has just linked a key."""
        for ask in self._ask_newcomers:
            if (question := await ask(request)) is not None:
                return question
        return None


def _by_name(what: str, pairs: Iterable[tuple[Key, Declared]]) -> dict[Key, Declared]:
    found: dict[Key, Declared] = {}
    for key, declared in pairs:
        if key in found:
            raise DeclaredTwice(what, key)
        found[key] = declared
    return found


def _one_of(what: str, declared: Iterable[Declared | None]) -> Declared | None:
    found = _by_name(what, (("of all", one) for one in declared if one is not None))
    return next(iter(found.values()), None)


async def begin(request: Request, act: Act, argument: str) -> None:
    """Hand a request over to what its sender asks for."""
    if act.in_groups or request.sender.private:
        await act.handler(request, argument)
    else:
        await request.say(refusal_view.refusal(request.here, Refusal(RefusalCode.PRIVATE_ONLY)))


def typed(
    data: type[Data],
    handler: Callable[[Request, Data], Awaitable[Any]],
    access: ActClass,
    *,
    looks: Callable[[Data], bool] = never,
    line: Callable[[Data], str] | None = None,
    speaks: bool = False,
) -> Callback:
    """A callback whose handler gets its argument as a value; a tap that cannot be read is over."""

    def only_looks(argument: str) -> bool:
        try:
            return looks(data.read(argument))
        except Forged:
            return True

    def line_of(argument: str) -> str:
        try:
            return line(data.read(argument)) if line is not None else ""
        except Forged:
            return ""

    async def handle(request: Request, argument: str) -> None:
        try:
            await handler(request, data.read(argument))
        except Forged:
            await request.answer(Refusal(RefusalCode.EXPIRED))

    stands_for = line_of if line is not None else None
    return Callback(data.prefix, handle, access, looks=only_looks, line=stands_for, speaks=speaks)


def wordless(act: Callable[[Request], Awaitable[Any]]) -> Handler:
    """A handler of a command that takes no words, and ignores them."""

    async def handle(request: Request, _: str) -> Any:
        return await act(request)

    return handle
