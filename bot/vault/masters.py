"""Master keys: from the operator's file or environment into buffers, by version.

The file is read again when it changes, so that a rotation needs no restart of the bot.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import re
import stat
from itertools import pairwise
from pathlib import Path
from typing import Self

from bot.kernel.private_files import readable_by_others, replaceable_by_others
from bot.vault.errors import MasterKeyError
from bot.vault.sodium import KEY_BYTES, SecretBuffer, Unshareable, to_base64, wipe

_ENTRY = re.compile(r"(?:v(?P<version>[1-9][0-9]{0,8}):)?(?P<key>[A-Za-z0-9+/_-]{43}=)")
_FROM_URL_SAFE = str.maketrans("-_", "+/")
_MAX_FILE_BYTES = 65_536
_LEAST_VALUES = 17  # different ones of 32: random bytes have 24 and more, practically always

_Stamp = tuple[int, int, int]


class MasterKeys(Unshareable):
    """Versioned 32-byte keys; `current` is the highest version. Shows versions, never keys."""

    __slots__ = ("_keys", "_source", "_stamp")

    def __init__(self, keys: dict[int, SecretBuffer]) -> None:
        self._keys = keys
        self._source: Path | None = None
        self._stamp: _Stamp | None = None
        if not keys:
            raise MasterKeyError("there is no master key: make one with `rucksack vault new-key FILE`")

    @classmethod
    def generate(cls) -> Self:
        """One new random key, version 1, that nobody else has: for tests and throw-away databases."""
        return cls({1: SecretBuffer.random(KEY_BYTES)})

    @classmethod
    def parse(cls, text: str) -> Self:
        """From `v2:base64,v1:base64`, one per line or separated by commas; a lone base64 is version 1.

        Raises MasterKeyError, which never repeats the text.
        """
        outcome = _parse(text)
        del text  # a traceback with locals must not show it
        return cls(_keys_or_raise(outcome))

    @classmethod
    def from_file(cls, path: Path | str) -> Self:
        """From a file only its owner may read. Raises MasterKeyError naming the mend."""
        source = Path(path)
        stamp, outcome = _load(source)
        masters = cls(_keys_or_raise(outcome))
        masters._source, masters._stamp = source, stamp
        return masters

    @property
    def versions(self) -> tuple[int, ...]:
        """Versions at hand, oldest first."""
        return tuple(sorted(self._keys))

    @property
    def current(self) -> int:
        """The version new data keys are wrapped with."""
        return max(self._keys)

    def key(self, version: int) -> SecretBuffer:
        """The key of `version`. Raises MasterKeyError when it is not at hand."""
        try:
            return self._keys[version]
        except KeyError:
            raise MasterKeyError(
                f"master key v{version} is missing: add its line back to the master key file"
            ) from None

    def refresh(self) -> None:
        """Take up versions added to the file since. Versions removed from it stay until a restart.

        Raises MasterKeyError when the file changed into something unusable.
        """
        if self._source is None or _stamp_of(self._source) == self._stamp:
            return
        stamp, outcome = _load(self._source)
        for version, key in _keys_or_raise(outcome).items():
            known = self._keys.setdefault(version, key)
            if known is not key and not known.same_as(key):
                raise MasterKeyError(
                    f"master key v{version} was replaced in the file: add a new version instead"
                )
        self._stamp = stamp

    def __repr__(self) -> str:
        return f"<master keys {', '.join(f'v{version}' for version in self.versions)}>"


def add_master_key(path: Path | str) -> int:
    """Make the key file (mode 0600), or add the next version to it; returns the new version.

    The file is replaced whole: a crash leaves the old one. Raises MasterKeyError.
    """
    target = Path(path)
    version = max(MasterKeys.from_file(target).versions) + 1 if target.exists() else 1
    problem = replaceable_by_others(target) or _prepend_key(target, version)
    if problem is not None:
        raise MasterKeyError(f"cannot write {target}: {problem}")
    return version


# The functions below return problems instead of raising them: their frames hold key text, and a traceback
# with locals must not find those frames.


def _prepend_key(target: Path, version: int) -> str | None:
    fresh = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        old = target.read_text("ascii") if target.exists() else ""
        with SecretBuffer.random(KEY_BYTES) as key:
            line = f"v{version}:{to_base64(key)}\n"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(line + old)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)
        return error.strerror
    return None


def _load(path: Path) -> tuple[_Stamp | None, dict[int, SecretBuffer] | str]:
    stamp = _stamp_of(path)
    problem, content = _read_private(path)
    return stamp, problem or _parse(content.decode("ascii", errors="replace"))


def _read_private(path: Path) -> tuple[str | None, bytes]:
    try:
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
            content = file.read(_MAX_FILE_BYTES)
    except OSError as error:
        return f"cannot read the master key file {path}: {error.strerror}", b""
    if not stat.S_ISREG(found.st_mode):
        return f"{path} is not a regular file", b""
    problem = readable_by_others(found, path) or replaceable_by_others(path)
    return (problem, b"") if problem is not None else (None, content)


def _parse(text: str) -> dict[int, SecretBuffer] | str:
    """The keys, or what is wrong in words that repeat nothing of the text."""
    keys: dict[int, SecretBuffer] = {}
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    entries = [entry for entry in re.split(r"[,\s]+", "\n".join(lines)) if entry]
    for number, entry in enumerate(entries, start=1):
        match = _ENTRY.fullmatch(entry)
        if match is None or (match["version"] is None and len(entries) > 1):
            return f"master key {number} is not of the form v1:<base64 of 32 bytes>"
        version = int(match["version"] or 1)
        if version in keys:
            return f"master key v{version} is there twice"
        raw = _decode(match["key"])
        if raw is None:
            return f"master key {number} is not base64 of {KEY_BYTES} bytes"
        if not _is_random(raw):
            wipe(raw)
            return f"master key {number} is not random: whoever guesses it opens every secret"
        keys[version] = SecretBuffer.taking(raw)
    return keys


def _decode(text: str) -> bytearray | None:
    try:
        raw = bytearray(base64.b64decode(text.translate(_FROM_URL_SAFE), validate=True))
    except binascii.Error:
        return None
    return raw if len(raw) == KEY_BYTES else None


def _is_random(raw: bytearray) -> bool:
    """Whether bytes could have come from a generator: no few values, no text, no repetition, no counting."""
    steps = {(later - earlier) % 256 for earlier, later in pairwise(raw)}
    text = all(32 <= one < 127 for one in raw)
    return len(set(raw)) >= _LEAST_VALUES and len(steps) >= _LEAST_VALUES and not text


def _keys_or_raise(outcome: dict[int, SecretBuffer] | str) -> dict[int, SecretBuffer]:
    if isinstance(outcome, str):
        raise MasterKeyError(outcome)
    return outcome


def _stamp_of(path: Path) -> _Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
