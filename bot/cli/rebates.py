"""`rucksack broker …`: the ledger from the terminal, for an operator beside a running bot."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

from bot.cli.runtime import go, master_keys
from bot.domain.values import Language
from bot.kernel.clock import unix_ms
from bot.kernel.storage import Database
from bot.rebates.model.rebate import Month
from bot.rebates.model.revenue_shares import Party
from bot.rebates.model.statement import from_document, to_document
from bot.rebates.payout_file import PayoutFile, read_payout_file
from bot.rebates.payout_sheet import MAX_BYTES, FileProblem
from bot.rebates.payouts import How, PayoutOutcome, Payouts, read_amount
from bot.rebates.statements import Check, Statements, check
from bot.rebates.summary import Summaries
from bot.settings import Settings, load_settings
from bot.vault import Vault

if TYPE_CHECKING:
    from bot.ui import Locale, Message

TERMINAL: Final = 0  # who acts here, where a chat would know its operator's id

_VERDICTS: Final = {
    Check.TRUE: "true, as it was signed",
    Check.ALTERED: "ALTERED: not what was signed",
    Check.FOREIGN: "FOREIGN: signed, but not by this key",
}

broker = typer.Typer(no_args_is_help=True, help="The broker's ledger: months, payouts, statements, shares.")


def _month(text: str) -> Month:
    try:
        return Month.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _party(text: str) -> Party:
    try:
        return Party.parse(text)
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
    part: Annotated[bool, typer.Option("--part", help="One more part of what is recorded.")] = False,
    correct: Annotated[bool, typer.Option("--correct", help="In place of what is recorded.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="The file was read right: record it.")] = False,
) -> None:
    """Record what the exchange paid for MONTH and say why it differs; with neither AMOUNT nor file, look."""
    from bot.rebates.views import payouts as view

    paid = None if amount is None else read_amount(amount)
    if amount is not None and paid is None:
        raise typer.BadParameter("give dollars and cents, such as 1234.56", param_hint="AMOUNT")
    if part and correct:
        raise typer.BadParameter("it is a part or a correction, not both", param_hint="--part")
    file = _read(csv, paid) if csv is not None else None
    how = How.PART if part else How.CORRECTION if correct else How.FIRST

    async def record(payouts: Payouts) -> PayoutOutcome:
        draft = await payouts.draft(
            month, paid, TERMINAL, file.lines if file else (), csv.name if csv else ""
        )
        if file is not None:
            read = view.ReadAs(len(file.lines), file.amount, file.delimiter, file.sign, file.totals)
            _say(view.read_as(_english(), read, draft.amount))
        if draft.standing and how is How.FIRST:
            _fail(view.already_recorded(_english(), month, draft.standing))
        if draft.is_known and how is How.PART:
            _fail(view.known(_english()))
        if file is not None and not yes:
            _fail(view.confirm(_english()))
        return await payouts.settle(draft.number, how, TERMINAL, draft.seen)

    async def act(settings: Settings, database: Database) -> None:
        payouts = Payouts(database, basis=settings.broker_tier_basis, clock=unix_ms)
        if month.end_ms > unix_ms():
            _fail(view.not_over(_english(), month))
        looks = paid is None and file is None
        outcome = await payouts.look(month) if looks else await record(payouts)
        if outcome is None:
            _fail(view.nothing_recorded(_english(), month))
        shown = view.reconciled(
            _english(),
            month,
            outcome.terms.tier,
            outcome.found,
            line_count=outcome.lines,
            amounts=outcome.amounts,
            corrects=outcome.how is How.CORRECTION,
        )
        _say(shown)

    _with_database(act)


@broker.command()
def summary(
    month: MonthArgument,
    csv: Annotated[Path | None, typer.Option(help="Write every breakdown here.", dir_okay=False)] = None,
    xlsx: Annotated[Path | None, typer.Option(help="The same as a workbook.", dir_okay=False)] = None,
) -> None:
    """What MONTH brought: volume, fees, expected payout; for a month in progress also where it is heading."""
    from bot.rebates.model.programme import project
    from bot.rebates.views import rebates as view
    from bot.rebates.views import sheets

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
    from bot.rebates.model.programme import advise as compare
    from bot.rebates.views import advice as view

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


@broker.command()
def close(month: MonthArgument) -> None:
    """Book the shares of MONTH and sign its statements anew where something changed; nobody is told."""

    async def act(settings: Settings, database: Database) -> None:
        from bot.rebates.views import payouts as view

        if month.end_ms > unix_ms():
            _fail(view.not_over(_english(), month))
        signed = await _statements(settings, database).close(month)
        for one in signed:
            typer.echo(f"no. {one.number}: {one.party}, revision {one.revision}")
        if not signed:
            typer.echo("Nothing changed since the statements that are there.")

    _with_database(act)


@broker.command()
def statement(
    month: MonthArgument,
    party: Annotated[
        Party, typer.Option("--for", parser=_party, metavar="PARTY", help="operator, group:ID, person:ID.")
    ],
    revision: Annotated[int | None, typer.Option(help="An earlier one; by default the last.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The file that proves it.")] = False,
) -> None:
    """Print what a party earned in MONTH."""

    async def act(settings: Settings, database: Database) -> None:
        from bot.rebates.views import statements as view

        statements = _statements(settings, database)
        found = await statements.get(month, party, revision)
        if found is None:
            typer.echo(
                f"There is no such statement. `rucksack broker close {month}` signs what is due.", err=True
            )
            raise typer.Exit(1)
        if as_json:
            typer.echo(to_document(found))
            return
        _say(view.statement(_english(), found, most=sys.maxsize))
        typer.echo(f"hash {found.hash.hex()}, public key {found.public_key.hex()}")

    _with_database(act)


@broker.command()
def verify(
    file: Annotated[Path, typer.Argument(help="What `statement --json` printed.", dir_okay=False)],
    key: Annotated[
        str | None, typer.Option(help="The signer's public key in hex; by default this bot's.")
    ] = None,
) -> None:
    """Say whether a statement is as it was signed; exit code 1 when it is not."""
    try:
        sealed = from_document(file.read_bytes()[:MAX_BYTES].decode())
        wanted = None if key is None else bytes.fromhex(key)
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"{file}: {error}") from None

    def tell(public_key: bytes) -> None:
        verdict = check(sealed, public_key)
        typer.echo(f"no. {sealed.number}, {sealed.month}, {sealed.party}: {_VERDICTS[verdict]}")
        if verdict is not Check.TRUE:
            raise typer.Exit(1)

    async def act(settings: Settings, database: Database) -> None:
        tell(await _statements(settings, database).public_key())

    if wanted is not None:
        tell(wanted)
    else:
        _with_database(act)


def _statements(settings: Settings, database: Database) -> Statements:
    vault = Vault(database, master_keys(settings), clock=unix_ms)
    return Statements(database, vault, basis=settings.broker_tier_basis, clock=unix_ms)


def _read(file: Path, amount: Decimal | None) -> PayoutFile:
    from bot.rebates.views import payouts as view

    try:
        with file.open("rb") as opened:
            lines = read_payout_file(opened.read(MAX_BYTES + 1), amount)
    except OSError as error:
        raise typer.BadParameter(f"{file} cannot be opened: {error.strerror}", param_hint="--csv") from None
    if isinstance(lines, FileProblem):
        _fail(view.unreadable(_english(), lines.fault, lines.line, lines.found))
    return lines


def _english() -> Locale:
    from bot.ui import Locale

    return Locale.of(Language.ENGLISH)


def _say(message: Message) -> None:
    from bot.ui import plain_text

    typer.echo(plain_text(message.text))


def _fail(message: Message) -> NoReturn:
    from bot.ui import plain_text

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
