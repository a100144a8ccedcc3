"""Whether a file is its owner's alone: who may read it, and who may put another in its place."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_MOST_LINKS: Final = 16
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def readable_by_others(found: os.stat_result, path: Path) -> str | None:
    """What is wrong with the mode or owner of a file, with the mend; None for nothing."""
    if found.st_mode & _OTHERS:
        return f"others may read {path}: run `chmod 600 {path}`"
    if found.st_uid not in {os.geteuid(), 0}:
        return f"{path} belongs to another user: run `chown $(id -un) {path}`"
    return None


def replaceable_by_others(path: Path) -> str | None:
    """Which folder on the way to `path` lets others put another file there, with the mend; None for none.

    Also the way to what it is a link to. In a folder with the sticky bit, as /tmp has it, everybody may make
    files, and nobody take away another's.
    """
    for folder in _folders(path):
        try:
            found = folder.stat()
        except OSError:
            continue
        if found.st_mode & stat.S_IWOTH and not found.st_mode & stat.S_ISVTX:
            return f"others may replace it in {folder}: run `chmod o-w {folder}`"
        if found.st_mode & stat.S_IWGRP and found.st_gid not in {os.getegid(), 0}:
            return f"a group may replace it in {folder}: run `chmod g-w {folder}`"
        if found.st_uid not in {os.geteuid(), 0}:
            return f"the folder {folder} belongs to another user: move the file into one of yours"
    return None


def _folders(path: Path) -> Iterator[Path]:
    """Every folder that is walked through to reach `path`, links followed one by one."""
    step = Path(os.path.abspath(path))
    for _ in range(_MOST_LINKS):
        yield from step.parents
        yield from Path(os.path.realpath(step.parent), "x").parents
        if not step.is_symlink():
            return
        step = Path(os.path.abspath(step.parent / step.readlink()))
