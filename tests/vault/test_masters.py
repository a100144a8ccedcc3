"""Master keys are read strictly, shown never, and taken up from the file while the bot runs."""

from __future__ import annotations

import base64
import contextlib
import copy
import hashlib
import pickle
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.vault import MasterKeyError, MasterKeys, add_master_key
from tests.vault.conftest import locals_of_the_bot

KEY_1 = base64.b64encode(hashlib.sha256(b"one").digest()).decode()
KEY_2 = base64.b64encode(hashlib.sha256(b"two").digest()).decode()


def write(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def same(one: MasterKeys, two: MasterKeys) -> bool:
    return one.versions == two.versions and all(
        one.key(version).same_as(two.key(version)) for version in one.versions
    )


def test_a_lone_base64_is_version_one() -> None:
    assert same(MasterKeys.parse(KEY_1), MasterKeys.parse(f"v1:{KEY_1}"))


@pytest.mark.parametrize("text", [f"v2:{KEY_2},v1:{KEY_1}", f"# old and new\nv1:{KEY_1}\n\nv2:{KEY_2}\n"])
def test_the_highest_version_is_current(text: str) -> None:
    masters = MasterKeys.parse(text)
    assert (masters.versions, masters.current) == ((1, 2), 2)


@pytest.mark.parametrize(
    "text",
    ["", "v1:", "v0:" + KEY_1, KEY_1[:-4], KEY_1 + "A", f"{KEY_1},{KEY_2}", f"v1:{KEY_1},v1:{KEY_2}", "é"],
)
def test_malformed_text_is_one_sentence_that_repeats_none_of_it(text: str) -> None:
    with pytest.raises(MasterKeyError) as caught:
        MasterKeys.parse(text)
    assert KEY_1[:20] not in str(caught.value)
    assert KEY_1[:20] not in "".join(locals_of_the_bot(caught.value))


@given(st.text(max_size=200))
def test_no_text_gets_past_as_anything_but_keys_or_a_master_key_error(text: str) -> None:
    with contextlib.suppress(MasterKeyError):
        assert MasterKeys.parse(text).versions


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666, 0o601, 0o610])
def test_a_file_others_may_touch_is_refused_with_the_mend(tmp_path: Path, mode: int) -> None:
    path = write(tmp_path / "master.key", f"v1:{KEY_1}", mode)
    with pytest.raises(MasterKeyError, match="chmod 600"):
        MasterKeys.from_file(path)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_private_file_is_read(tmp_path: Path, mode: int) -> None:
    assert MasterKeys.from_file(write(tmp_path / "master.key", f"v1:{KEY_1}", mode)).versions == (1,)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(MasterKeyError, match=str(path)):
            MasterKeys.from_file(path)


def test_a_new_key_file_is_private_and_grows_by_versions(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master.key"
    assert add_master_key(path) == 1
    first = MasterKeys.from_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert add_master_key(path) == 2
    both = MasterKeys.from_file(path)
    assert both.versions == (1, 2)
    assert both.key(1).same_as(first.key(1))
    assert not both.key(1).same_as(both.key(2))
    assert [entry.name for entry in path.parent.iterdir()] == ["master.key"]


def test_a_key_is_never_added_to_a_file_others_may_read(tmp_path: Path) -> None:
    path = write(tmp_path / "master.key", f"v1:{KEY_1}", 0o644)
    with pytest.raises(MasterKeyError):
        add_master_key(path)
    assert path.read_text() == f"v1:{KEY_1}"


def test_a_key_added_to_the_file_is_taken_up_and_a_removed_one_kept(tmp_path: Path) -> None:
    path = write(tmp_path / "master.key", f"v1:{KEY_1}")
    masters = MasterKeys.from_file(path)
    add_master_key(path)
    masters.refresh()
    assert masters.current == 2
    write(path, "\n".join(line for line in path.read_text().splitlines() if line.startswith("v2")))
    masters.refresh()
    assert masters.versions == (1, 2)


def test_a_version_whose_key_changed_in_the_file_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "master.key", f"v1:{KEY_1}")
    masters = MasterKeys.from_file(path)
    write(path, f"v1:{KEY_2}\n")
    with pytest.raises(MasterKeyError, match="replaced"):
        masters.refresh()


def test_master_keys_show_versions_only_and_cannot_be_copied() -> None:
    masters = MasterKeys.parse(f"v3:{KEY_1}")
    assert repr(masters) == "<master keys v3>"
    for leak in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError):
            leak(masters)
