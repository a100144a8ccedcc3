"""`rucksack broker …`: the ledger from the terminal, for an operator beside a running bot."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

from bot.broker.payout_file import MAX_BYTES, FileProblem, read_payout_file
from bot.broker.payouts import Payouts, read_amount
from bot.broker.summary import Summaries
from bot.domain.rebate import Month
from bot.domain.reconcile import Paid
from bot.domain.values import Language
from bot.settings import Settings, load_settings
from bot.store import Database
from bot.terminal import go

if TYPE_CHECKING:
    from bot.view import Locale, Message

TERMINAL: Final = 0  # who acts here, where a chat would know its operator's id

broker = typer.Typer(no_args_is_help=True, help="The broker's ledger: months, payouts, statements, shares.")


def _month(text: str) -> Month:
    try:
        return Month.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


MonthArgument = Annotated[Month, typer.Argument(parser=_month, metavar="MONTH", help="Such as 2026-10.")]


@broker.command()
def payout(
    month: MonthArgument,
    amount: Annotated[str | None, typer.Argument(help="USD that arrived; without it the file's sum.")] = None,
    csv: Annotated[
        Path | None, typer.Option(help="The exchange's own account of it.", dir_okay=False)
    ] = None,
) -> None:
    """Record what the exchange paid for MONTH and say why it differs; with neither AMOUNT nor file, look."""
    from bot.app import unix_ms
    from bot.view import payouts as view

    paid = None if amount is None else read_amount(amount)
    if amount is not None and paid is None:
        raise typer.BadParameter("give dollars and cents, such as 1234.56", param_hint="AMOUNT")
    lines = _read(csv) if csv is not None else []

    async def act(settings: Settings, database: Database) -> None:
        payouts = Payouts(database, basis=settings.broker_tier_basis, clock=unix_ms)
        if month.end_ms > unix_ms():
            _fail(view.not_over(_english(), month))
        if paid is None and csv is None:
            outcome = await payouts.look(month)
        else:
            outcome = await payouts.record(month, paid, TERMINAL, lines, csv.name if csv else "")
        if outcome is None:
            _fail(view.nothing_recorded(_english(), month))
        _say(view.reconciled(_english(), month, outcome.terms.tier, outcome.found, line_count=outcome.lines))

    _with_database(act)


@broker.command()
def summary(
    month: MonthArgument,
    csv: Annotated[Path | None, typer.Option(help="Write every breakdown here.", dir_okay=False)] = None,
    xlsx: Annotated[Path | None, typer.Option(help="The same as a workbook.", dir_okay=False)] = None,
) -> None:
    """What MONTH brought: volume, fees, expected payout; for a month in progress also where it is heading."""
    from bot.app import unix_ms
    from bot.domain.programme import project
    from bot.view import rebates as view
    from bot.view import sheets

    async def act(settings: Settings, database: Database) -> None:
        locale, now_ms = _english(), unix_ms()
        found = await Summaries(database, settings.broker_tier_basis, clock=unix_ms).month(month)
        if now_ms < month.end_ms:
            projection = project(found.course(now_ms), found.basis)
            _say(view.in_progress(locale, found, projection, now_ms=now_ms))
        else:
            _say(view.finished(locale, found))
        for path, content in ((csv, sheets.csv_file), (xlsx, sheets.workbook)):
            if path is not None:
                _write(path, content(locale, found))

    _with_database(act)


@broker.command()
def advise(
    month: Annotated[
        Month | None, typer.Argument(parser=_month, metavar="[MONTH]", help="By default the running one.")
    ] = None,
    followers: Annotated[int | None, typer.Option(min=0, help="Yours on X.")] = None,
    elsewhere: Annotated[
        str | None, typer.Option(help="USD a month you refer to another exchange.", metavar="USD")
    ] = None,
) -> None:
    """Broker programme against affiliate programme, on the numbers of MONTH."""
    from bot.app import unix_ms
    from bot.domain.programme import advise as compare
    from bot.view import advice as view

    volume = None if elsewhere is None else read_amount(elsewhere)
    if elsewhere is not None and volume is None:
        raise typer.BadParameter("give dollars, such as 25000000", param_hint="--elsewhere")

    async def act(settings: Settings, database: Database) -> None:
        wanted = month or Month.of(unix_ms())
        found = await Summaries(database, settings.broker_tier_basis, clock=unix_ms).month(wanted)
        advice = compare(found.own_numbers(followers=followers, elsewhere=volume))
        _say(view.advice(_english(), wanted, advice, partial=unix_ms() < wanted.end_ms))

    _with_database(act)


def _write(file: Path, content: bytes) -> None:
    try:
        file.write_bytes(content)
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be written: {error.strerror}") from None
    typer.echo(f"Written: {file}")


def _read(file: Path) -> Sequence[Paid]:
    from bot.view import payouts as view

    try:
        with file.open("rb") as opened:
            lines = read_payout_file(opened.read(MAX_BYTES + 1))
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be opened: {error.strerror}", param_hint="--csv") from None
    if isinstance(lines, FileProblem):
        _fail(view.unreadable(_english(), lines.fault, lines.line, lines.found))
    return lines


def _english() -> Locale:
    from bot.view import Locale

    return Locale.of(Language.ENGLISH)


def _say(message: Message) -> None:
    from bot.view import plain_text

    typer.echo(plain_text(message.text))


def _fail(message: Message) -> NoReturn:
    from bot.view import plain_text

    typer.echo(plain_text(message.text), err=True)
    raise typer.Exit(1)


def _with_database(act: Callable[[Settings, Database], Awaitable[None]]) -> None:
    settings = load_settings()

    async def work() -> None:
        database = Database.open(settings.database_url)
        try:
            await act(settings, database)
        finally:
            await database.close()

    go(work())
