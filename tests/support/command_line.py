"""The `rucksack` command as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-c", "from bot.cli.main import main; main()"]


def environment(**settings: str) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "VIRTUAL_ENV"}
    }
    root = str(Path(__file__).parents[2])
    return kept | {"PYTHONPATH": root, "COLUMNS": "200", "PYTHONUTF8": "1"} | settings


def rucksack(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run in `folder`, where no `.env` interferes."""
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
