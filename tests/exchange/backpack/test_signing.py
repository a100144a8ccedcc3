from __future__ import annotations

import base64
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.exchange.backpack import signing_text
from bot.exchange.backpack.signing import Params, wire_text
from tests.exchange.backpack.support import SeedSigner

VECTORS = json.loads((Path(__file__).parent / "data" / "signing-vectors.json").read_text())

# RFC 8032, section 7.1: seed, public key, message, signature.
RFC_8032 = [
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


@pytest.mark.parametrize(("seed", "public", "message", "signature"), RFC_8032)
def test_the_test_signer_is_ed25519_as_the_rfc_has_it(
    seed: str, public: str, message: str, signature: str
) -> None:
    signer = SeedSigner(bytes.fromhex(seed))
    assert base64.b64decode(signer.public_key).hex() == public
    assert signer.sign(bytes.fromhex(message)).hex() == signature


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
def test_text_and_signature_match_the_published_vectors(case: dict[str, Any]) -> None:
    text = signing_text(case["instruction"], case["params"], case["timestamp"], case["window"])
    assert text == case["message"]
    signer = SeedSigner(base64.b64decode(VECTORS["seedBase64"]))
    assert signer.public_key == VECTORS["publicKeyBase64"]
    assert base64.b64encode(signer.sign(text.encode())).decode() == case["signatureBase64"]


names = st.text("abcXYZ", min_size=1, max_size=6)
values = st.one_of(st.none(), st.booleans(), st.integers(0, 2**32), st.text("0123456789.ABC_/+=", max_size=8))
params = st.dictionaries(names, values, max_size=6)


@given(params)
def test_the_order_in_which_parameters_were_given_does_not_matter(given_params: Params) -> None:
    backwards = dict(reversed(list(given_params.items())))
    assert signing_text("x", given_params, 1, 2) == signing_text("x", backwards, 1, 2)


@given(params)
def test_parameters_stand_sorted_between_instruction_and_timestamp_without_nulls(
    given_params: Params,
) -> None:
    parts = signing_text("x", given_params, 11, 22).split("&")
    assert parts[0] == "instruction=x"
    assert parts[-2:] == ["timestamp=11", "window=22"]
    written = {name: value for name, value in given_params.items() if value is not None}
    assert [part.split("=", 1)[0] for part in parts[1:-2]] == sorted(written)
    for part in parts[1:-2]:
        name, text = part.split("=", 1)
        value = written[name]
        assert text == (str(value).lower() if isinstance(value, bool) else str(value))


@given(params, params)
def test_different_requests_never_share_a_text(one: Params, other: Params) -> None:
    def meant(given_params: Params) -> dict[str, str]:
        return {name: wire_text(value) for name, value in given_params.items() if value is not None}

    same_text = signing_text("x", one, 1, 2) == signing_text("x", other, 1, 2)
    assert same_text == (meant(one) == meant(other))


@given(st.lists(params, min_size=1, max_size=4))
def test_a_batch_repeats_the_instruction_per_order_and_the_time_once(batch: list[Params]) -> None:
    text = signing_text("orderExecute", batch, 5, 6)
    singles = [signing_text("orderExecute", one, 5, 6).removesuffix("&timestamp=5&window=6") for one in batch]
    assert text == "&".join([*singles, "timestamp=5", "window=6"])


@pytest.mark.parametrize("value", [1.5, Decimal("1.5"), ["a"]])
def test_values_without_one_spelling_are_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        signing_text("x", {"a": value}, 1, 2)


def test_a_value_that_could_pass_for_another_parameter_is_refused() -> None:
    with pytest.raises(ValueError, match="&"):
        signing_text("orderExecute", {"symbol": "SOL_USDC&side=Ask"}, 1, 2)


@pytest.mark.parametrize("window", [0, -1, 60_001])
def test_windows_the_exchange_would_refuse_are_refused_here(window: int) -> None:
    with pytest.raises(ValueError, match="window"):
        signing_text("x", {}, 1, window)
