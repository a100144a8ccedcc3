"""Habits of the tests themselves."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = sorted((ROOT / "tests").rglob("*.py"))
_PRIVATE = re.compile(r"(?:(?:bot|tests)\..*[.:])?_[a-z]\w*")  # a name, or an address that ends in one
_PATCHES = {"setattr", "delattr", "object", "patch"}


@cache
def ours() -> frozenset[str]:
    """Every private name the program or a test defines."""
    found: set[str] = set()
    for path in [*(ROOT / "bot").rglob("*.py"), *FILES]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    found.add(name)
                case ast.Attribute(attr=name, ctx=ast.Store()) | ast.Name(id=name, ctx=ast.Store()):
                    found.add(name)
    return frozenset(name for name in found if _PRIVATE.fullmatch(name))


def touched(source: str) -> Iterator[tuple[int, str]]:
    """Line and name of what is private to somebody else of ours: read, imported or patched."""
    tree = ast.parse(source)
    foreign = {
        (alias.asname or alias.name).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom) and not _is_ours(node)
        for alias in node.names
    }
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "cls")):
                continue
            case ast.Attribute(value=ast.Name(id=name)) if name in foreign:
                continue
            case ast.Attribute(value=ast.Call(func=ast.Name(id="super"))):
                continue
            case ast.Attribute(attr=name) if name in ours():
                yield node.lineno, name
            case ast.ImportFrom() if _is_ours(node):
                yield from ((node.lineno, alias.name) for alias in node.names if _PRIVATE.match(alias.name))
            case ast.Call(func=ast.Attribute(attr=patch) | ast.Name(id=patch)) if patch in _PATCHES:
                yield from ((node.lineno, name) for name in _words(node) if _PRIVATE.fullmatch(name))


def _is_ours(node: ast.Import | ast.ImportFrom) -> bool:
    named = [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
    return all(name.partition(".")[0] in {"bot", "tests"} for name in named)


def _words(call: ast.Call) -> list[str]:
    return [one.value for one in call.args if isinstance(one, ast.Constant) and isinstance(one.value, str)]


def test_no_test_touches_a_private_name() -> None:
    """What a test needs of a part, its users need as well; else it is tested through them."""
    wrong = [
        f"{path.relative_to(ROOT)}:{line}: {name}"
        for path in FILES
        for line, name in touched(path.read_text("utf-8"))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "line",
    [
        "world.bot.feed._bus.tell(1)",
        "from tests.journeys.conftest import _told",
        "monkeypatch.setattr(desk, '_send', None)",
        "mock.patch('bot.web.render._page')",
        "del chains._finish",
    ],
)
def test_a_private_name_is_noticed(line: str) -> None:
    assert list(touched(line))


@pytest.mark.parametrize(
    "line",
    [
        "self._bus.tell(1)",
        "super()._finish()",
        "from httpx._transports import default",
        "from asyncio.events import Handle\nrun = Handle._finish",
        "row._asdict()",
        "_own = 1",
    ],
)
def test_what_is_ones_own_or_a_strangers_is_not(line: str) -> None:
    assert not list(touched(line))
