"""The compiled grammar, and which words belong to it.

Compiling takes a tenth of a second. What came of it is kept beside Python's own compiled files, for one
version of the grammar, of lark and of Python, and is believed as those are: who may change it may change the
program. Where Python is told to write no such files, it is compiled each time.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import stat
import sys
from functools import cache
from importlib.util import cache_from_source
from pathlib import Path
from typing import Final

import lark as lark_package
from lark import Lark

from bot.kernel.private_files import replaceable_by_others
from bot.language.vocabulary import words_of

_log = logging.getLogger(__name__)

_NAMES: Final = frozenset({"SYMBOL", "FANOUT", "GLUED", "ID", "ANY_ID", "TOPIC", "LABEL", "REST"})
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH
_SUFFIX: Final = ".grammar"
_GRAMMAR: Final = Path(__file__).with_name("rucksack.lark")


@cache
def lark() -> Lark:
    """The compiled grammar, loaded or built at first use."""
    kept = _kept()
    known = _loaded(kept)
    if known is not None:
        return known
    compiled = _compiled()
    if not sys.dont_write_bytecode:
        with contextlib.suppress(OSError):
            _keep(compiled, kept)
    return compiled


def _compiled() -> Lark:
    return Lark(
        _GRAMMAR.read_text(encoding="utf-8"),
        parser="lalr",
        lexer="contextual",
        propagate_positions=True,
        maybe_placeholders=False,
        g_regex_flags=re.IGNORECASE | re.ASCII,
    )


def _kept() -> Path:
    """Where this grammar, compiled by this code, this lark and this Python, is kept."""
    made_of = [source.read_bytes() for source in (*sorted(_GRAMMAR.parent.glob("*.lark")), Path(__file__))]
    made_of += [lark_package.__version__.encode(), sys.version.encode()]
    digest = hashlib.sha256(b"\0".join(made_of)).hexdigest()[:16]
    return Path(cache_from_source(str(_GRAMMAR))).with_suffix(f".{digest}{_SUFFIX}")


def _loaded(kept: Path) -> Lark | None:
    try:
        with kept.open("rb") as file:
            is_ours = not replaceable_by_others(kept) and not os.fstat(file.fileno()).st_mode & _OTHERS_WRITE
            return Lark.load(file) if is_ours else None
    except FileNotFoundError:
        return None
    except Exception as error:  # cut short, or of no use to this lark: it is compiled anew
        _log.warning("the kept grammar cannot be read: %s", type(error).__name__)
        return None


def _keep(compiled: Lark, kept: Path) -> None:
    """Whole or not at all: another process may be reading it."""
    kept.parent.mkdir(exist_ok=True)
    part = kept.with_suffix(f".{os.getpid()}")
    try:
        with open(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            compiled.save(file)
        part.replace(kept)
    finally:
        part.unlink(missing_ok=True)
    for older in kept.parent.glob(f"*{_SUFFIX}"):
        if older != kept:
            older.unlink(missing_ok=True)


@cache
def is_word(text: str) -> bool:
    """Whether the grammar has a word or number of that spelling: a market of that name needs a `#`."""
    return any(pattern.fullmatch(text) for pattern in _patterns())


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    return words_of(lark(), _NAMES)
