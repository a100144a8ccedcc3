"""The `rucksack` command. Settings problems end with one sentence and exit code 2, never a traceback.

Only what the command that is asked for needs is imported: `rucksack parse` needs no database, and without an
option of its own not even the reader of options.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Final, NoReturn

if TYPE_CHECKING:
    import typer

_RUN, _LEDGER = "bot.cli.run", "bot.cli.ledger"
_HOME: Final = {
    "run": _RUN,
    "demo": _RUN,
    "migrate": _RUN,
    "doctor": _RUN,
    "parse": "bot.cli.parse",
    "sandbox": "bot.cli.sandbox",
    "vault": "bot.cli.vault",
    "broker": _LEDGER,
}


def main() -> None:
    """Entry point: turns the problems an operator can mend into a sentence."""
    try:
        if _is_plain_parse(sys.argv[1:]):
            from bot.cli.meaning import print_meaning

            sys.exit(0 if print_meaning(" ".join(sys.argv[2:])) else 1)
        _command(sys.argv[1:2])()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        sentence = _sentence(error)
        if sentence is not None:
            _refuse(sentence)
        _break_down()


def _is_plain_parse(arguments: list[str]) -> bool:
    """Whether the words of a line are all that is given."""
    return arguments[:1] == ["parse"] and len(arguments) > 1 and not any(one[:1] == "-" for one in arguments)


def _command(asked: list[str]) -> typer.Typer:
    """The command with what was asked for; with everything, for help and for words nobody knows."""
    import typer

    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Rucksack, the Backpack trading desk in a chat.",
    )
    app.callback()(lambda: None)  # also with one command it is asked for by its name
    homes = [_HOME[asked[0]]] if asked and asked[0] in _HOME else list(dict.fromkeys(_HOME.values()))
    for home in homes:
        app.add_typer(import_module(home).app)
    return app


def _sentence(error: Exception) -> str | None:
    """What an operator can mend, in a sentence; None for a defect of ours."""
    from sqlalchemy.exc import OperationalError

    from bot.cli.sandbox import PortTaken
    from bot.kernel.storage import BadDatabaseUrl, MigrationsMissing
    from bot.settings import SettingsError
    from bot.vault import MasterKeyError

    if isinstance(error, SettingsError | MasterKeyError | MigrationsMissing | PortTaken):
        return str(error)
    if isinstance(error, BadDatabaseUrl):
        return f"DATABASE_URL: {error}"
    if isinstance(error, OperationalError):
        # The first line says what; what was being asked is nobody's business.
        problem = str(error.orig).strip().partition("\n")[0].rstrip(".")
        mend = "Start the database or correct the address; `rucksack migrate` makes its tables"
        return f"DATABASE_URL: {problem}. {mend}"
    return None


def _refuse(sentence: str) -> NoReturn:
    from bot.kernel.redaction import redact

    sys.stderr.write(f"rucksack: {redact(sentence)}\n")
    sys.exit(2)


def _break_down() -> NoReturn:
    """A defect of ours: its traceback passes the gate of the log."""
    import traceback

    from bot.kernel.redaction import redact

    sys.stderr.write(redact(traceback.format_exc()))
    sys.exit(1)
