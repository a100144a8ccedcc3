"""What the commands of the terminal share: the loop they run on, and the master keys they open."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Coroutine
from typing import Any

from bot.settings import Settings, SettingsError
from bot.vault import MasterKeys


def go(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` to its end, on the fastest loop this system has."""
    if sys.platform == "win32":
        asyncio.run(work)
        return
    import uvloop

    uvloop.run(work)


def spare_collector() -> None:
    """Let the garbage collector forget what starting up made, for that lives as long as the process.

    It is most of what there is: looking through it all held the loop up for 0.1 s, whoever was trading.
    """
    gc.collect()
    gc.freeze()


def master_keys(settings: Settings) -> MasterKeys:
    """The configured master keys. Raises SettingsError, MasterKeyError."""
    if settings.vault_master_key_file is not None:
        return MasterKeys.from_file(settings.vault_master_key_file)
    if settings.vault_master_key is not None:
        return MasterKeys.parse(settings.vault_master_key.get_secret_value())
    raise SettingsError("VAULT_MASTER_KEY", "is not set", "Make one with `rucksack vault new-key FILE`")
