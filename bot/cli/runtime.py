"""What the commands of the terminal share: the loop they run on, and the master keys they open."""

from __future__ import annotations

import asyncio
import gc
import re
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Final, TypeVar

from bot.kernel.private_files import readable_by_others, replaceable_by_others
from bot.settings import ENV_FILE, Settings, SettingsError
from bot.vault import MasterKeyError, MasterKeys

Result = TypeVar("Result")

_COLLECT_AFTER: Final = (10_000, 20, 50)  # objects made, and collections of the younger ones
_MASTER_KEY: Final = re.compile(r"(?im)^\s*(?:export\s+)?VAULT_MASTER_KEY\s*=\s*['\"]?[^\s'\"#]")


def go(work: Coroutine[Any, Any, Result]) -> Result:
    """Run `work` to its end, on the fastest loop this system has."""
    if sys.platform == "win32":
        return asyncio.run(work)
    import uvloop

    found: Result = uvloop.run(work)
    return found


def spare_collector() -> None:
    """Let the garbage collector forget what starting up made, for that lives as long as the process.

    It is most of what there is: looking through it all held the loop up for 0.1 s, whoever was trading. While
    a thousand streams open, what they keep would be looked through seven times, 0.1 to 0.4 s each; so that is
    left until ten million objects more are alive than were.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)


def exposed_env_file() -> str | None:
    """What lets others read or replace a `.env` with a master key in it, with the mend; None for nothing."""
    path = Path(ENV_FILE)
    try:
        found = path.stat()
        holds_key = _MASTER_KEY.search(path.read_text("utf-8", errors="replace")) is not None
    except OSError:
        return None
    if not holds_key:
        return None
    return readable_by_others(found, path) or replaceable_by_others(path)


def master_keys(settings: Settings) -> MasterKeys:
    """The configured master keys. Raises SettingsError."""
    key, file = settings.vault_master_key, settings.vault_master_key_file
    variable = "VAULT_MASTER_KEY" if file is None else "VAULT_MASTER_KEY_FILE"
    exposed = exposed_env_file()
    if exposed is not None:
        raise SettingsError(
            "VAULT_MASTER_KEY", f"stands in .env, and {exposed}", "Or keep it in a file of its own"
        )
    try:
        if file is not None:
            return MasterKeys.from_file(file)
        if key is not None:
            return MasterKeys.parse(key.get_secret_value())
    except MasterKeyError as error:
        # Never advise a new key alone: what the old one sealed would stay shut.
        mend = "Mend it or restore its copy; for a first start, make one with `rucksack vault new-key FILE`"
        raise SettingsError(variable, str(error), mend) from None
    raise SettingsError(variable, "is not set", "Make one with `rucksack vault new-key FILE`")
