"""Each branch beside the trunk alone: it is built, and has every part its code asks for."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app.features import FEATURES
from bot.app.tables import MODULES
from bot.app.wiring import Bot, build
from bot.chat.feature import DeclaredTwice, Feature, Features
from bot.chat.services import Part, PartError, Services
from bot.settings import load_settings
from bot.trading.feature import FEATURE as TRUNK
from bot.vault import MasterKeys

BRANCHES = {feature.name: feature for feature in FEATURES if feature.name not in {TRUNK.name, "web"}}


_SERVICES = {"services", "_services", "s"}


class One: ...


class Other: ...


def built(path: Path, *features: Feature) -> Bot:
    settings = load_settings(
        _env_file=None,
        telegram_bot_token="1:a",
        backpack_broker_id=1,
        database_url=f"sqlite+aiosqlite:///{path / 'bot.db'}",
    )
    return build(settings, MasterKeys.generate(), features=features)


def asked_for(package: str) -> Iterator[type]:
    """Every class that the code of a package asks `service` or `services.get` for."""
    for file in sorted(Path("bot", package).rglob("*.py")):
        module = ".".join(file.with_suffix("").parts)
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            match node:
                case ast.Call(ast.Attribute(owner, "service" | "get"), [ast.Name(name)], []) if name[
                    0
                ].isupper() and ast.unparse(owner).split(".")[-1] in {"request", *_SERVICES}:
                    yield getattr(importlib.import_module(module), name)


@pytest.mark.parametrize("name", BRANCHES)
async def test_a_branch_beside_the_trunk_alone_has_every_part_it_asks_for(name: str, tmp_path: Path) -> None:
    bot = built(tmp_path, TRUNK, BRANCHES[name])
    try:
        assert [kind for kind in asked_for(name) if bot.services.find(kind) is None] == []
    finally:
        await bot.client.aclose()
        await bot.database.close()


async def test_the_trunk_alone_has_every_part_it_asks_for(tmp_path: Path) -> None:
    bot = built(tmp_path, TRUNK)
    try:
        asked = {*asked_for("trading"), *asked_for("chat")}
        assert len(asked) > 5
        assert [kind for kind in asked if bot.services.find(kind) is None] == []
    finally:
        await bot.client.aclose()
        await bot.database.close()


def needs_other(services: Services) -> One:
    services.get(Other)
    return One()


def needs_one(services: Services) -> Other:
    services.get(One)
    return Other()


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ((Part(One, needs_other),), "nobody declares Other"),
        ((Part(One, needs_other), Part(Other, needs_one)), "One needs itself"),
        ((Part(One, lambda _: One()), Part(One, lambda _: One())), "One is declared twice"),
    ],
)
def test_parts_that_do_not_fit_are_found_when_the_bot_is_built(
    parts: tuple[Part[One]], why: str, tmp_path: Path
) -> None:
    with pytest.raises(PartError, match=why):
        built(tmp_path, TRUNK, Feature("odd", parts=parts))


def test_two_readers_of_lines_are_one_too_many(tmp_path: Path) -> None:
    with pytest.raises(DeclaredTwice):
        built(tmp_path, TRUNK, Feature("odd", reader=TRUNK.reader))


def test_a_bot_that_reads_no_lines_is_none(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no feature reads lines"):
        built(tmp_path, Feature("mute"))


@pytest.mark.parametrize("name", BRANCHES)
def test_menus_of_a_branch_beside_the_trunk_lead_only_to_what_is_there(name: str) -> None:
    features = Features([TRUNK, BRANCHES[name]])
    entries = {entry for rows in features.sections.values() for row in rows for entry in row}
    assert [one for one in entries - features.sections.keys() if features.command(one) is None] == []


def test_every_module_with_tables_is_declared() -> None:
    """One that is not would be neither migrated nor forgotten."""
    found = {
        ".".join(file.with_suffix("").parts)
        for file in Path("bot").rglob("*.py")
        if re.search(r"^class .*table=True", file.read_text("utf-8"), re.MULTILINE)
    }
    assert found == {module.__name__ for module in MODULES}
