"""A vault on both databases, with a clock that stands still."""

from __future__ import annotations

import os
import traceback

import pytest

from bot.kernel.storage import Database
from bot.vault import MasterKeys, Vault

NOW = 1_760_000_000_000


def at_now() -> int:
    return NOW


@pytest.fixture
def masters() -> MasterKeys:
    return MasterKeys.generate()


@pytest.fixture
def vault(database: Database, masters: MasterKeys) -> Vault:
    return Vault(database, masters, clock=at_now)


def locals_of_the_bot(error: BaseException) -> list[str]:
    """What a traceback with locals would print of every frame inside bot/, through all chained errors."""
    shown: list[str] = []
    chain: list[BaseException | None] = [error]
    while chain:
        link = chain.pop()
        if link is None:
            continue
        chain += [link.__cause__, link.__context__]
        for frame, _ in traceback.walk_tb(link.__traceback__):
            if f"{os.sep}bot{os.sep}" in frame.f_code.co_filename:
                shown += [f"{name} = {value!r}" for name, value in frame.f_locals.items()]
    return shown
