"""The primitives against published vectors, and the seal against every small change."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.vault import Unopenable, sodium
from bot.vault.signer import seed_data, wrap_data
from bot.vault.sodium import Sealed, SecretBuffer


def buffer(data: bytes) -> SecretBuffer:
    return SecretBuffer.taking(bytearray(data))


def content(secret: SecretBuffer) -> bytes:
    return bytes(secret.cdata)


# draft-irtf-cfrg-xchacha-03, A.3.1
XCHACHA_KEY = bytes(range(0x80, 0xA0))
XCHACHA_NONCE = bytes(range(0x40, 0x58))
XCHACHA_DATA = bytes.fromhex("50515253c0c1c2c3c4c5c6c7")
XCHACHA_PLAIN = (
    b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, "
    b"sunscreen would be it."
)
XCHACHA_CIPHERTEXT = bytes.fromhex(
    "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb"
    "731c7f1b0b4aa6440bf3a82f4eda7e39ae64c6708c54c216cb96b72e1213b452"
    "2f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff9"
    "21f9664c97637da9768812f615c68b13b52e"
    "c0875924c1c7987947deafd8780acf49"
)

# RFC 8032, 7.1, tests 1 to 3: seed, public key, message, signature
ED25519 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        "d25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        "387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        "4a7c15e9716ed28dc027beceea1ec40a",
    ),
]


def test_opens_the_published_xchacha20_poly1305_vector() -> None:
    sealed = Sealed(XCHACHA_CIPHERTEXT, XCHACHA_NONCE)
    assert content(sodium.open_sealed(sealed, buffer(XCHACHA_KEY), XCHACHA_DATA)) == XCHACHA_PLAIN


@pytest.mark.parametrize(("seed", "public", "message", "signature"), ED25519)
def test_signs_the_published_ed25519_vectors(seed: str, public: str, message: str, signature: str) -> None:
    key = buffer(bytes.fromhex(seed))
    assert sodium.public_key(key).hex() == public
    assert sodium.sign(key, bytes.fromhex(message)).hex() == signature


def test_what_is_sealed_opens_again_and_never_looks_the_same() -> None:
    key, secret = SecretBuffer.random(32), buffer(b"a seed of thirty-two bytes, yes!")
    first, second = (sodium.seal(secret, key, b"here") for _ in range(2))
    assert first.nonce != second.nonce
    assert first.ciphertext != second.ciphertext
    assert content(sodium.open_sealed(first, key, b"here")) == content(secret)


@settings(deadline=None, max_examples=200)
@given(st.binary(min_size=1, max_size=64), st.data())
def test_a_single_flipped_bit_anywhere_fails_to_open(plain: bytes, data: st.DataObject) -> None:
    key_bytes, place = bytes(range(32)), b"rucksack|v1|user:1|account:2|backpack-api-key|k"
    sealed = sodium.seal(buffer(plain), buffer(key_bytes), place)
    parts = {"ciphertext": sealed.ciphertext, "nonce": sealed.nonce, "key": key_bytes, "place": place}
    name = data.draw(st.sampled_from(sorted(parts)))
    position = data.draw(st.integers(0, len(parts[name]) * 8 - 1))
    changed = bytearray(parts[name])
    changed[position // 8] ^= 1 << (position % 8)
    parts[name] = bytes(changed)
    moved = Sealed(parts["ciphertext"], parts["nonce"])
    with pytest.raises(Unopenable):
        sodium.open_sealed(moved, buffer(parts["key"]), parts["place"])


@given(st.integers(0, 24), st.integers(0, 48))
def test_a_truncated_row_fails_to_open(nonce_bytes: int, ciphertext_bytes: int) -> None:
    key = SecretBuffer.random(32)
    whole = sodium.seal(SecretBuffer.random(32), key, b"")
    cut = Sealed(whole.ciphertext[:ciphertext_bytes], whole.nonce[:nonce_bytes])
    if cut == whole:
        return
    with pytest.raises(Unopenable):
        sodium.open_sealed(cut, key, b"")


ids = st.integers(1, 2**52)
names = st.text("ABCDabcd0123+/=", min_size=1, max_size=44)


@given(st.tuples(ids, ids, names), st.tuples(ids, ids, names))
def test_two_places_never_share_associated_data(one: tuple[int, int, str], two: tuple[int, int, str]) -> None:
    assert (seed_data(*one) == seed_data(*two)) == (one == two)
    assert (wrap_data(*one[:2]) == wrap_data(*two[:2])) == (one[:2] == two[:2])
    assert seed_data(*one) != wrap_data(*two[:2])


def test_a_buffer_is_zero_after_its_block_and_after_being_taken() -> None:
    source = bytearray(b"seed")
    with SecretBuffer.taking(source) as secret:
        assert content(secret) == b"seed"
    assert content(secret) == bytes(4)
    assert source == bytearray(4)


def test_a_buffer_shows_nothing_and_cannot_be_copied_or_pickled() -> None:
    secret = buffer(b"do-not-show")
    assert "do-not-show" not in repr(secret) + str(secret) + repr(secret.cdata)
    for leak in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="cannot be copied or pickled"):
            leak(secret)
