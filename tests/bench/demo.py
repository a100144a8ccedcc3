"""The demo as `rucksack demo` starts it, until its standard input ends: for the measure of its start."""

from __future__ import annotations

import os
import signal
import sys
import threading

from bot.cli.main import main


def _stop_with_input() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_stop_with_input, daemon=True).start()
    sys.argv = ["rucksack", "demo", "--port", "0"]
    main()
