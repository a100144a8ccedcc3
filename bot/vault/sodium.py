"""Secret bytes outside Python's own objects, so that they can be wiped; and what libsodium does to them.

PyNaCl's public bindings return secrets as `bytes`, which nobody can wipe. This module calls the same compiled
library with buffers of its own instead.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, NoReturn, Self

from nacl import bindings
from nacl._sodium import ffi, lib  # type: ignore[import-not-found]

from bot.vault.errors import Unopenable

KEY_BYTES: Final = bindings.crypto_aead_xchacha20poly1305_ietf_KEYBYTES
NONCE_BYTES: Final = bindings.crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
TAG_BYTES: Final = bindings.crypto_aead_xchacha20poly1305_ietf_ABYTES
SEED_BYTES: Final = bindings.crypto_sign_SEEDBYTES
SIGNATURE_BYTES: Final = bindings.crypto_sign_BYTES
PUBLIC_BYTES: Final = bindings.crypto_sign_PUBLICKEYBYTES


class Unshareable:
    """Base of what must neither be copied nor leave the process."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(f"{type(self).__name__} cannot be copied or pickled")


class SecretBuffer(Unshareable):
    """`size` secret bytes, wiped at the end of a `with` block or by `wipe`."""

    __slots__ = ("__weakref__", "cdata", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self.cdata: Any = ffi.new("unsigned char[]", size)

    @classmethod
    def random(cls, size: int) -> Self:
        buffer = cls(size)
        lib.randombytes(buffer.cdata, size)
        return buffer

    @classmethod
    def taking(cls, source: bytearray) -> Self:
        """The bytes of `source`, which is wiped."""
        buffer = cls(len(source))
        ffi.memmove(buffer.cdata, source, len(source))
        wipe(source)
        return buffer

    def same_as(self, other: SecretBuffer) -> bool:
        """Equality in constant time."""
        return self.size == other.size and lib.sodium_memcmp(self.cdata, other.cdata, self.size) == 0

    def wipe(self) -> None:
        lib.sodium_memzero(self.cdata, self.size)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.wipe()

    def __repr__(self) -> str:
        return f"<{self.size} secret bytes>"


def to_base64(secret: SecretBuffer) -> str:
    """The bytes as text: for writing a new master key to its file, and for nothing else."""
    return base64.b64encode(ffi.buffer(secret.cdata)).decode()


def wipe(buffer: bytearray) -> None:
    """Overwrite with zeros."""
    lib.sodium_memzero(ffi.from_buffer(buffer), len(buffer))


@dataclass(frozen=True, slots=True)
class Sealed:
    """Ciphertext with its tag, and the nonce it was made with."""

    ciphertext: bytes = field(repr=False)
    nonce: bytes = field(repr=False)


def seal(plain: SecretBuffer, key: SecretBuffer, associated: bytes) -> Sealed:
    """XChaCha20-Poly1305 under a fresh random nonce."""
    nonce = bytes(ffi.buffer(SecretBuffer.random(NONCE_BYTES).cdata))
    output = ffi.new("unsigned char[]", plain.size + TAG_BYTES)
    length = ffi.new("unsigned long long *")
    lib.crypto_aead_xchacha20poly1305_ietf_encrypt(
        output, length, plain.cdata, plain.size, associated, len(associated), ffi.NULL, nonce, key.cdata
    )
    return Sealed(bytes(ffi.buffer(output, length[0])), nonce)


def open_sealed(sealed: Sealed, key: SecretBuffer, associated: bytes) -> SecretBuffer:
    """The plaintext; wipe it. Raises Unopenable unless bytes, nonce, key and associated data all fit."""
    size = len(sealed.ciphertext) - TAG_BYTES
    if size < 0 or len(sealed.nonce) != NONCE_BYTES or key.size != KEY_BYTES:
        raise Unopenable("not a sealed row")
    plain = SecretBuffer(size)
    length = ffi.new("unsigned long long *")
    refused = lib.crypto_aead_xchacha20poly1305_ietf_decrypt(
        plain.cdata,
        length,
        ffi.NULL,
        sealed.ciphertext,
        len(sealed.ciphertext),
        associated,
        len(associated),
        sealed.nonce,
        key.cdata,
    )
    if refused:
        plain.wipe()
        raise Unopenable("a sealed row does not belong where it stands, or its key is another")
    return plain


def public_key(seed: SecretBuffer) -> bytes:
    """The Ed25519 public key of `seed`."""
    public, secret = _key_pair(seed)
    secret.wipe()
    return public


def sign(seed: SecretBuffer, message: bytes) -> bytes:
    """The detached Ed25519 signature (RFC 8032) of `message`."""
    _, secret = _key_pair(seed)
    with secret:
        signed = ffi.new("unsigned char[]", SIGNATURE_BYTES + len(message))
        length = ffi.new("unsigned long long *")
        lib.crypto_sign(signed, length, message, len(message), secret.cdata)
    return bytes(ffi.buffer(signed, SIGNATURE_BYTES))


def _key_pair(seed: SecretBuffer) -> tuple[bytes, SecretBuffer]:
    if seed.size != SEED_BYTES:
        raise Unopenable("not an Ed25519 seed")
    public = ffi.new("unsigned char[]", PUBLIC_BYTES)
    secret = SecretBuffer(bindings.crypto_sign_SECRETKEYBYTES)
    lib.crypto_sign_seed_keypair(public, secret.cdata, seed.cdata)
    return bytes(ffi.buffer(public)), secret
