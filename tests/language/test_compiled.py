"""The compiled grammar is kept between processes, and one that is spoilt or anybody's is not believed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bot import language

SOURCE = Path(language.__file__).parents[1]
_ASK = """
import sys, lark
from bot.language import parse
compiled = []
init = lark.Lark.__init__
lark.Lark.__init__ = lambda self, *given, **how: (compiled.append(1), init(self, *given, **how))[1]
print(type(parse("long sol $200")).__name__, len(compiled))
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A program of one's own, without compiled files."""
    ignored = shutil.ignore_patterns("__pycache__")
    for package in ("language", "domain", "kernel"):
        shutil.copytree(SOURCE / package, tmp_path / "bot" / package, ignore=ignored)
    shutil.copy(SOURCE / "__init__.py", tmp_path / "bot" / "__init__.py")
    tmp_path.chmod(0o700)
    return tmp_path


def _ask(tree: Path, **environment: str) -> str:
    """What a new process makes of a line, and how many grammars it compiled for that."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [sys.executable, "-c", _ASK],
        cwd=tree,
        env={**known, "PYTHONPATH": str(tree), **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout.strip()


def _kept(tree: Path) -> list[Path]:
    return list(tree.rglob("*.grammar"))


def test_the_second_process_need_not_compile(tree: Path) -> None:
    assert _ask(tree) == "Parsed 1"
    assert _ask(tree) == "Parsed 0"
    (kept,) = _kept(tree)
    assert kept.stat().st_mode & 0o077 == 0


def test_another_grammar_is_compiled_and_takes_the_place_of_the_old(tree: Path) -> None:
    _ask(tree)
    grammar = tree / "bot" / "language" / "rucksack.lark"
    grammar.write_text(grammar.read_text(encoding="utf-8") + "\n// another\n", encoding="utf-8")
    assert _ask(tree) == "Parsed 1"
    assert _ask(tree) == "Parsed 0"
    assert len(_kept(tree)) == 1


def test_what_is_spoilt_or_writable_for_others_is_compiled_anew(tree: Path) -> None:
    _ask(tree)
    (kept,) = _kept(tree)
    whole = kept.read_bytes()
    kept.write_bytes(whole[:1000])
    assert _ask(tree) == "Parsed 1"
    assert _ask(tree) == "Parsed 0"
    (kept,) = _kept(tree)
    kept.chmod(0o666)
    assert _ask(tree) == "Parsed 1"


def test_a_folder_of_everybody_is_not_believed(tree: Path) -> None:
    _ask(tree)
    (kept,) = _kept(tree)
    kept.parent.chmod(0o777)
    assert _ask(tree) == "Parsed 1"


def test_who_wants_no_compiled_files_gets_none(tree: Path) -> None:
    assert _ask(tree, PYTHONDONTWRITEBYTECODE="1") == "Parsed 1"
    assert _kept(tree) == []
