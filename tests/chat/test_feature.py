"""What features declare: found by name, refused when declared twice, enforced by its class."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, get_args

import pytest

from bot.app.features import FEATURES
from bot.chat import admission, taps
from bot.chat.confirmations import Confirmation
from bot.chat.feature import (
    Act,
    ActClass,
    Callback,
    Command,
    DeclaredTwice,
    Feature,
    Features,
    always,
    at,
    begin,
    wordless,
)
from bot.chat.prompts import Prompt
from bot.chat.request import Request
from bot.chat.urgency import Urgencies
from bot.domain.intent import CancelIntent, CloseIntent, Intent, PanicIntent, QueryIntent, QueryKind
from bot.domain.values import Language
from bot.intake import Arrival, Urgency
from bot.ui import Locale

OPERATOR, FRIEND, STRANGER, DENIED = 1, 2, 3, 4  # the friend is let in; who is denied has an account here


async def _nothing(request: Request, argument: Any) -> bool:
    return True


async def _no_confirmation(request: Request, arguments: Any) -> None: ...


@dataclass
class Asking:
    """A request of one person that writes down what it is told, and what is begun."""

    person: int = FRIEND
    private: bool = True
    told: list[str] = field(default_factory=list)
    begun: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.user = SimpleNamespace(id=self.person)
        self.sender = SimpleNamespace(private=self.private)
        self.here = Locale.of(Language.ENGLISH)
        policy = SimpleNamespace(admits=lambda user: user.id in {OPERATOR, FRIEND}, admins=(OPERATOR,))
        features = SimpleNamespace(turn_away=self.turn_away)
        self.services = SimpleNamespace(access=policy, users=self, features=features)

    async def has_account(self, user_id: int) -> bool:
        return user_id == DENIED

    async def say(self, message: Any) -> None:
        self.told.append(str(message.text))

    async def answer(self, refusal: Any) -> None:
        self.told.append(refusal.code.value)

    def answer_soon(self) -> None: ...

    async def turn_away(self, request: Any, asks: bool) -> None:
        self.told.append("heard" if asks else "turned away")

    async def is_stopped(self, act: Act | None, *, quiet: bool = False) -> bool:
        request: Any = self
        return await admission.stops(request, act, quiet=quiet)

    async def handler(self, request: Request, argument: str) -> None:
        self.begun.append(argument)


def command(name: str = "ping", access: ActClass = ActClass.READ, **more: Any) -> Command:
    return Command(name, _nothing, access, **more)


# --- the table -----------------------------------------------------------------------------------------


def test_a_command_is_found_by_its_name_and_by_its_alias() -> None:
    ping = command("ping", aliases=("p",))
    features = Features([Feature("pings", commands=(ping,))])
    assert features.command("ping") is features.command("P") is ping
    assert features.command("pong") is None


def test_an_operators_command_is_none_to_anybody_else() -> None:
    features = Features([Feature("pings", commands=(command(access=ActClass.OPERATOR),))])
    assert features.command("ping") is None
    assert features.command("ping", operator=True) is not None
    assert features.is_command("ping")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"commands": (command("a"),)}, {"commands": (command("b", aliases=("a",)),)}),
        ({"commands": (command("a", aliases=("a",)),)}, {}),
        (
            {"callbacks": (Callback("a", _nothing, ActClass.READ),)},
            {"callbacks": (Callback("a", _nothing, ActClass.READ),)},
        ),
        ({"statements": {CloseIntent: _nothing}}, {"statements": {CloseIntent: _nothing}}),
        ({"questions": {QueryKind.FEES: _nothing}}, {"questions": {QueryKind.FEES: _nothing}}),
        ({"answers": {"line": _nothing}}, {"answers": {"line": _nothing}}),
        (
            {"confirmations": {"a": Confirmation(_no_confirmation, _no_confirmation)}},
            {"confirmations": {"a": Confirmation(_no_confirmation, _no_confirmation)}},
        ),
    ],
)
def test_what_is_declared_twice_is_an_error(one: dict[str, Any], other: dict[str, Any]) -> None:
    with pytest.raises(DeclaredTwice):
        Features([Feature("one", **one), Feature("other", **other)])


def test_a_menu_entry_is_of_the_class_of_its_command() -> None:
    close = command("close", ActClass.REDUCE_RISK)
    entry = Callback("menu", _nothing, ActClass.READ, names_command=True)
    plain = Callback("pos", _nothing, ActClass.READ)
    features = Features([Feature("closing", commands=(close,), callbacks=(entry, plain))])
    assert features.behind(entry, "close") is close
    assert features.behind(entry, "main") is entry
    assert features.behind(plain, "close") is plain


async def test_a_statement_goes_to_the_feature_that_declares_it() -> None:
    done: list[Any] = []

    async def close(request: Request, intent: Any) -> bool:
        done.append(intent)
        return False

    async def fees(request: Request, argument: str) -> None:
        done.append(argument)

    asking: Any = Asking()
    features = Features(
        [Feature("one", statements={CloseIntent: close}), Feature("two", questions={QueryKind.FEES: fees})]
    )
    assert not await features.obey(asking, CloseIntent(symbol="SOL"))
    assert await features.obey(asking, QueryIntent(QueryKind.FEES, "now"))
    assert done == [CloseIntent(symbol="SOL"), "now"]


async def test_a_text_goes_to_whoever_asked_for_it() -> None:
    async def typed(request: Request, prompt: Prompt, text: str) -> bool:
        return text == f"{prompt.prefix} 5"

    asking: Any = Asking()
    features = Features([Feature("one", answers={"line": typed})])
    assert await features.answer(asking, Prompt("line", "sl"), "sl 5")
    assert not await features.answer(asking, Prompt("line", "sl"), "tp 5")


# --- who may -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("access", "may"),
    [
        (ActClass.STRANGERS, {OPERATOR, FRIEND, DENIED, STRANGER}),
        (ActClass.READ, {OPERATOR, FRIEND, DENIED}),
        (ActClass.SETTINGS, {OPERATOR, FRIEND, DENIED}),
        (ActClass.REDUCE_RISK, {OPERATOR, FRIEND, DENIED}),
        (ActClass.JUDGED, {OPERATOR, FRIEND, DENIED}),
        (ActClass.OPEN_RISK, {OPERATOR, FRIEND}),
        (ActClass.OPERATOR, {OPERATOR}),
    ],
)
async def test_the_class_of_an_act_says_who_may_begin_it(access: ActClass, may: set[int]) -> None:
    for person in (OPERATOR, FRIEND, STRANGER, DENIED):
        asking = Asking(person)
        assert await asking.is_stopped(command(access=access)) == (person not in may)
        assert bool(asking.told) == (person not in may)


async def test_a_stranger_who_knocks_is_heard_in_private() -> None:
    start = command("start", knocks=True)
    for private, word in ((True, "heard"), (False, "turned away")):
        asking = Asking(STRANGER, private)
        assert await asking.is_stopped(start)
        assert asking.told == [word]


async def test_a_line_of_a_stranger_is_stopped_and_in_quiet_without_a_word() -> None:
    loud, quiet = Asking(STRANGER), Asking(STRANGER, private=False)
    assert await loud.is_stopped(None)
    assert await quiet.is_stopped(None, quiet=True)
    assert (loud.told, quiet.told) == (["turned away"], [])


@pytest.mark.parametrize("in_groups", [True, False])
@pytest.mark.parametrize("private", [True, False])
async def test_an_act_that_is_not_for_groups_is_begun_in_private_only(in_groups: bool, private: bool) -> None:
    asking: Any = Asking(private=private)
    for act in (
        Command("ping", asking.handler, ActClass.READ, in_groups=in_groups),
        Callback("pi", asking.handler, ActClass.READ, in_groups=in_groups),
    ):
        await begin(asking, act, "now")
    is_begun = in_groups or private
    assert asking.begun == (["now", "now"] if is_begun else [])
    assert len(asking.told) == (0 if is_begun else 2)


async def test_a_wordless_command_ignores_its_words() -> None:
    async def fees(request: Request) -> bool:
        return False

    asking: Any = Asking()
    assert await wordless(fees)(asking, "of yesterday") is False


# --- taps ----------------------------------------------------------------------------------------------


def test_a_tap_acts_unless_its_callback_says_that_it_only_looks() -> None:
    def acts(argument: str, **more: Any) -> bool:
        return taps.acts(Callback("x", _nothing, ActClass.READ, **more), argument, Language.ENGLISH)

    assert acts("anything")
    assert not acts("anything", looks=always)
    assert not acts("open:7", looks=at("open", "edit"))
    assert acts("delete:7", looks=at("open", "edit"))
    assert acts("price sol; close sol", line=str)
    assert not acts("price sol", line=str)


def _tap(data: str) -> Arrival:
    return Arrival(1, {"callback_query": {"data": data}}, "callback_query", FRIEND, FRIEND, 0)


async def test_a_tap_that_reduces_risk_goes_before_all_else() -> None:
    features = Features(
        [
            Feature(
                "taps",
                callbacks=(
                    Callback("flat", _nothing, ActClass.REDUCE_RISK),
                    Callback("pos", _nothing, ActClass.READ),
                    Callback("on", _nothing, ActClass.JUDGED, line=lambda text: text.partition(":")[2]),
                ),
            )
        ]
    )
    urgencies = Urgencies(features)
    exits = {
        data
        for data in ("flat:x", "pos:0", "on:7:close sol", "on:7:long sol", "unknown:x", "")
        if urgencies.of(_tap(data)) is Urgency.EXIT
    }
    assert exits == {"flat:x", "on:7:close sol"}


# --- the features of this program ----------------------------------------------------------------------


def test_every_statement_and_question_has_a_home() -> None:
    statements = {intent for feature in FEATURES for intent in feature.statements}
    questions = {kind for feature in FEATURES for kind in feature.questions}
    assert statements == set(get_args(Intent)) - {QueryIntent}
    assert questions == set(QueryKind)
    assert {PanicIntent, CancelIntent, CloseIntent} <= statements


def test_every_listed_command_and_menu_entry_leads_somewhere() -> None:
    features = Features(FEATURES)
    entries = {name for rows in features.sections.values() for row in rows for name in row}
    for name in {*features.listed, *entries} - set(features.sections):
        assert features.command(name) is not None, name


def test_no_way_out_is_closed_to_who_is_denied() -> None:
    """Whatever reduces risk, looks, or keeps house is begun by who has an account here."""
    features = Features(FEATURES)
    narrow = {ActClass.OPEN_RISK, ActClass.OPERATOR}
    closed = {one.name for feature in FEATURES for one in feature.commands if one.access in narrow}
    closed |= {one.prefix for feature in FEATURES for one in feature.callbacks if one.access in narrow}
    operators = {"approve", "deny", "users", "dashboard", "adm"}
    operators |= {"affiliate", "rebates", "advisor", "payout", "share", "rb", "py"}
    assert closed == {"link"} | operators
    assert features.callbacks["link"].access is ActClass.OPEN_RISK
