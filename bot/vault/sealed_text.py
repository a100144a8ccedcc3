"""What people write may hold a secret before anybody has looked: where it must wait on disk, it waits sealed.

Sealed under the current master key for the moment it waits, bound to the place it stands in; docs/vault.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from nacl._sodium import ffi  # type: ignore[import-not-found]

from bot.vault import sodium
from bot.vault.masters import MasterKeys
from bot.vault.sodium import Sealed, SecretBuffer, Unshareable


@dataclass(frozen=True, slots=True)
class SealedNote:
    """Ciphertext under one master key."""

    master_version: int
    sealed: Sealed = field(repr=False)


class Notes(Unshareable):
    """Seals and opens what has to wait."""

    __slots__ = ("_masters",)

    def __init__(self, masters: MasterKeys) -> None:
        self._masters = masters

    def seal(self, plain: bytes, place: str) -> SealedNote:
        """`place` names the row; a note opens nowhere else."""
        version = self._masters.current
        with SecretBuffer.taking(bytearray(plain)) as buffer:
            return SealedNote(version, sodium.seal(buffer, self._masters.key(version), _data(place, version)))

    def open(self, note: SealedNote, place: str) -> bytes:
        """Raises MasterKeyError, Unopenable."""
        if note.master_version not in self._masters.versions:
            self._masters.refresh()
        master = self._masters.key(note.master_version)
        with sodium.open_sealed(note.sealed, master, _data(place, note.master_version)) as plain:
            return bytes(ffi.buffer(plain.cdata, plain.size))


def _data(place: str, version: int) -> bytes:
    """Associated data of a note; see docs/vault.md."""
    return f"rucksack|v1|note:{place}|seal|{version}".encode()
