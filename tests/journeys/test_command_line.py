"""The `rucksack` command as an operator meets it: a process, its words, its exit code."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from sqlalchemy import delete

from bot.domain.values import plain
from bot.kernel.storage import Database, migrate
from bot.rebates.model.rebate import Month
from bot.trading.storage.tables import FillRow
from bot.vault import MasterKeys, add_master_key
from tests.rebates.rows import a_ledger_fill, a_person
from tests.support.books import places, rows
from tests.support.command_line import COMMAND, environment, rucksack
from tests.support.world import CAROL, open_world

GOOD = {
    "TELEGRAM_BOT_TOKEN": "7000123456:AAFq9-_wH0pZ1xC2vB3nM4kJ5hG6fD7sA8",
    "BACKPACK_BROKER_ID": "4242",
    "ADMIN_USER_IDS": "1001",
}


def test_parse_prints_the_intent_as_json(tmp_path: Path) -> None:
    done = rucksack(tmp_path, "parse", "long", "sol", "$200", "5x", "sl", "3%")
    assert done.returncode == 0
    assert json.loads(done.stdout)["ok"] is True
    refused = rucksack(tmp_path, "parse", "lnog sol $200")
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["ok"] is False
    assert refused.stderr == ""


@pytest.mark.parametrize(
    ("missing", "variable"),
    [
        ("TELEGRAM_BOT_TOKEN", "TELEGRAM_BOT_TOKEN"),
        ("BACKPACK_BROKER_ID", "BACKPACK_BROKER_ID"),
        ("ADMIN_USER_IDS", "ADMIN_USER_IDS"),
        ("VAULT_MASTER_KEY", "VAULT_MASTER_KEY"),
    ],
)
def test_a_missing_setting_is_named_with_its_mend(tmp_path: Path, missing: str, variable: str) -> None:
    key = {"VAULT_MASTER_KEY_FILE": str(tmp_path / "keys")} if missing != "VAULT_MASTER_KEY" else {}
    given = {name: value for name, value in (GOOD | key).items() if name != missing}
    for command in ("run", "doctor"):
        done = rucksack(tmp_path, command, **given)
        assert done.returncode == 2
        assert variable in done.stderr
        assert "Traceback" not in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("BACKPACK_BROKER_ID", "70000"),
        ("BACKPACK_BROKER_ID", "many"),
        ("TELEGRAM_API_URL", "ftp://x"),
        ("DATABASE_URL", "mysql://x"),
        ("ADMIN_USER_IDS", "alice"),
        ("ORDER_WINDOW_MS", "1"),
        ("TELEGRAM_WEBHOOK_SECRET", "short"),
        ("TELEGRAM_WEBHOOK_SECRET", "long enough, with spaces"),
        ("TELEGRAM_BOT_TOKEN", "no token"),
        ("BACKPACK_API_URL", "http://[::"),
        ("BACKPACK_WS_URL", "wss://["),
        ("BACKPACK_BROKER_KEY", "with space"),
        ("ADMIN_USER_IDS", "1001,-5"),
        ("VAULT_MASTER_KEY", "not a key"),
        ("VAULT_MASTER_KEY_FILE", "/nowhere/at/all"),
    ],
)
def test_a_malformed_setting_is_named_without_its_value_or_a_traceback(
    tmp_path: Path, variable: str, value: str
) -> None:
    done = rucksack(tmp_path, "run", **(GOOD | {variable: value}))
    assert done.returncode == 2
    assert f"rucksack: {variable}: " in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert GOOD["TELEGRAM_BOT_TOKEN"] not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("command", "url"),
    [
        (("run",), "postgresql://desk@127.0.0.1:1/desk"),  # nobody listens
        (("vault", "rotate"), "postgresql://desk@127.0.0.1:1/desk"),
        (("migrate",), "postgresql://desk@127.0.0.1:port/desk"),
        (("run",), "sqlite:////dev/null/desk.sqlite3"),
        (("doctor",), "sqlite:///."),
    ],
)
def test_a_database_that_cannot_be_opened_is_one_sentence(
    tmp_path: Path, command: tuple[str, ...], url: str
) -> None:
    key = {"VAULT_MASTER_KEY_FILE": str(tmp_path / "keys")}
    add_master_key(tmp_path / "keys")
    done = rucksack(tmp_path, *command, **(GOOD | key | {"DATABASE_URL": url}))
    assert done.returncode == 2
    assert done.stderr.startswith("rucksack: DATABASE_URL: ")
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_settings_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"ADMIN_USER_IDS=\xff\xfe")
    done = rucksack(tmp_path, "run")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("rucksack: .env: ")


@pytest.mark.parametrize("which", ["exchange", "telegram"])
def test_a_sandbox_says_that_its_port_is_taken(tmp_path: Path, which: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = rucksack(tmp_path, "sandbox", which, "--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "--port" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_webhook_without_its_secret_is_refused(tmp_path: Path) -> None:
    settings = GOOD | {"VAULT_MASTER_KEY_FILE": "k", "TELEGRAM_WEBHOOK_URL": "https://bot.example"}
    done = rucksack(tmp_path, "run", **settings)
    assert done.returncode == 2
    assert "TELEGRAM_WEBHOOK_SECRET" in done.stderr


def test_master_keys_are_made_in_a_private_file(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "master"
    file.parent.mkdir()
    for version in (1, 2):
        done = rucksack(tmp_path, "vault", "new-key", str(file))
        assert done.returncode == 0
        assert f"v{version}" in done.stdout
        assert not re.search(r"[A-Za-z0-9+/]{43}=", done.stdout + done.stderr)
    assert file.stat().st_mode & 0o077 == 0
    assert len(file.read_text().strip().splitlines()) == 2


def test_migrate_makes_the_tables_and_can_be_repeated(tmp_path: Path) -> None:
    database = tmp_path / "desk.sqlite3"
    for _ in range(2):
        done = rucksack(tmp_path, "migrate", DATABASE_URL=f"sqlite:///{database}")
        assert (done.returncode, done.stdout) == (0, "The database is up to date.\n")
    assert database.stat().st_mode & 0o077 == 0


async def test_the_doctor_finds_a_healthy_bot_healthy_and_keys_rotate_while_it_runs(tmp_path: Path) -> None:
    url, file = f"sqlite:///{tmp_path / 'desk.sqlite3'}", tmp_path / "master"
    await asyncio.to_thread(migrate, url)
    made = await asyncio.to_thread(rucksack, tmp_path, "vault", "new-key", str(file))
    assert made.returncode == 0, made.stderr
    async with open_world(url, masters=MasterKeys.from_file(file)) as world:
        carol = world.person(CAROL)
        await carol.says("/start", "Rucksack")
        await carol.links("Carol")
        settings = {
            "TELEGRAM_BOT_TOKEN": world.telegram.config.token,
            "TELEGRAM_API_URL": world.telegram.url,
            "BACKPACK_API_URL": world.exchange.rest_url,
            "BACKPACK_WS_URL": world.exchange.ws_url,
            "BACKPACK_BROKER_ID": "4242",
            "DATABASE_URL": url,
            "VAULT_MASTER_KEY_FILE": str(file),
            "ADMIN_USER_IDS": "1001",
        }
        healthy = await asyncio.to_thread(lambda: rucksack(tmp_path, "doctor", **settings))
        assert healthy.returncode == 0, healthy.stdout + healthy.stderr
        for check in ("@rucksack_bot", "against the exchange", "X-BROKER-ID 4242", "1 linked", "1001"):
            assert check in healthy.stdout
        await asyncio.to_thread(rucksack, tmp_path, "vault", "new-key", str(file))
        rotated = await asyncio.to_thread(lambda: rucksack(tmp_path, "vault", "rotate", **settings))
        assert rotated.returncode == 0, rotated.stderr
        assert "v2" in rotated.stdout
        await carol.says("long sol $50", "Long SOL-PERP")
        await carol.taps("✅", "Filled")
        wrong = settings | {"TELEGRAM_BOT_TOKEN": "7000:wrong", "BACKPACK_API_URL": "http://127.0.0.1:9"}
        ill = await asyncio.to_thread(lambda: rucksack(tmp_path, "doctor", **wrong))
        assert ill.returncode == 1
        assert "BotFather" in ill.stdout
        assert "BACKPACK_API_URL" in ill.stdout


@asynccontextmanager
async def _started(folder: Path, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *arguments,
        cwd=folder,
        env=environment(PYTHONUNBUFFERED="1"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
async def test_the_demo_says_where_it_is_and_stops_when_told(tmp_path: Path, ending: signal.Signals) -> None:
    async with _started(tmp_path, "run", "--port", "0") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        said = ""
        while "http://" not in said:
            said += (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
        assert "demo" in said
        url = re.search(r"http://127\.0\.0\.1:\d+/", said)
        assert url is not None
        async with httpx.AsyncClient(timeout=10) as browser:
            assert "<html" in (await browser.get(url[0])).text.lower()
        process.send_signal(ending)
        assert await asyncio.wait_for(process.wait(), 20) == 0
        assert b"Traceback" not in await process.stderr.read()


def test_a_payout_is_recorded_from_the_terminal_and_looked_at(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'desk.sqlite3'}"
    migrate(url)
    file = tmp_path / "rebates.csv"
    file.write_text("Order ID,Rebate\n77,12.34\n")
    of_file = ("broker", "payout", "2026-09", "--csv", str(file))
    asked = rucksack(tmp_path, *of_file, DATABASE_URL=url)
    assert asked.returncode == 1
    assert "1 line of $12.34" in asked.stdout
    assert "add --yes" in asked.stderr
    paid = rucksack(tmp_path, *of_file, "--yes", DATABASE_URL=url)
    assert paid.returncode == 0, paid.stderr
    assert "+$12.34 · orders that are not ours" in paid.stdout
    looked = rucksack(tmp_path, "broker", "payout", "2026-09", DATABASE_URL=url)
    assert looked.stdout in paid.stdout
    for flags, words, code in (
        (("5",), "Recorded for 2026-09 already: $12.34", 1),
        (("5", "--part"), "Paid in parts: $12.34 + $5.00", 0),
        (("16", "--correct"), "A correction", 0),
    ):
        said = rucksack(tmp_path, "broker", "payout", "2026-09", *flags, DATABASE_URL=url)
        assert words in said.stdout + said.stderr
        assert said.returncode == code
    file.write_text("sep=;\nOrder ID;Rebate\n77;16,00\n")
    for flags, words, code in (
        (("--correct",), "A correction", 0),
        (("--part",), "The same lines are recorded already", 1),  # as an arrow key and Enter would have it
    ):
        said = rucksack(tmp_path, *of_file, *flags, "--yes", DATABASE_URL=url)
        assert words in said.stdout + said.stderr
        assert said.returncode == code
    assert "Paid: $16.00" in rucksack(tmp_path, "broker", "payout", "2026-09", DATABASE_URL=url).stdout
    file.write_text("Order ID,Fee\n77,12.34\n")
    for arguments, words in (
        (("2026-09", "--csv", str(file)), "No column holds the rebate"),
        (("2026-08",), "No payout of 2026-08"),
        (("2026-9",), "a month is written 2026-10"),
        (("2026-09", "a lot"), "dollars and cents"),
    ):
        refused = rucksack(tmp_path, "broker", "payout", *arguments, DATABASE_URL=url)
        assert refused.returncode != 0
        assert words in refused.stderr
        assert "Traceback" not in refused.stderr


def test_a_month_and_the_advice_are_printed_and_written(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'rucksack.sqlite3'}"
    migrate(url)
    files = [str(tmp_path / "october.csv"), str(tmp_path / "october.xlsx")]
    done = rucksack(
        tmp_path, "broker", "summary", "2026-10", "--csv", files[0], "--xlsx", files[1], DATABASE_URL=url
    )
    assert done.returncode == 0, done.stderr
    assert "Broker rebate · 2026-10" in done.stdout
    assert "Payout expected: $0.00" in done.stdout
    assert Path(files[0]).read_bytes().startswith(b"\xef\xbb\xbfMonth,Breakdown")
    assert Path(files[1]).read_bytes().startswith(b"PK")
    done = rucksack(tmp_path, "broker", "advise", "--elsewhere", "25000000", DATABASE_URL=url)
    assert "You could apply" in done.stdout
    for wrong in (
        ["summary", "October"],
        ["advise", "--elsewhere", "much"],
        ["summary", "2026-10", "--csv", "/"],
    ):
        assert rucksack(tmp_path, "broker", *wrong, DATABASE_URL=url).returncode == 2


def test_a_statement_is_signed_printed_and_checked_in_the_terminal(tmp_path: Path) -> None:
    url, keys = f"sqlite:///{tmp_path / 'desk.sqlite3'}", tmp_path / "master"
    migrate(url)
    rucksack(tmp_path, "vault", "new-key", str(keys))
    asyncio.run(_a_fill_of_september(url))

    def broker(*arguments: str) -> subprocess.CompletedProcess[str]:
        return rucksack(tmp_path, "broker", *arguments, DATABASE_URL=url, VAULT_MASTER_KEY_FILE=str(keys))

    of = ("statement", "2026-09", "--for", "operator")
    assert "broker close 2026-09" in broker(*of).stderr
    assert broker("close", "2026-09").stdout == "no. 1: operator, revision 1\n"
    assert "Nothing changed" in broker("close", "2026-09").stdout
    printed = broker(*of)
    assert "Statement no. 1 · 2026-09 · operator" in printed.stdout
    key = printed.stdout.strip().rpartition(" ")[2]
    file = tmp_path / "statement.json"
    file.write_text(broker(*of, "--json").stdout)
    for more in ((), ("--key", key)):
        assert "true, as it was signed" in broker("verify", str(file), *more).stdout
    assert "FOREIGN" in broker("verify", str(file), "--key", "00" * 32).stdout
    file.write_text(file.read_text().replace("1000.00", "9000.00"))
    altered = broker("verify", str(file))
    assert (altered.returncode, "ALTERED" in altered.stdout) == (1, True)
    for arguments in (("verify", str(keys)), ("statement", "2026-09", "--for", "me"), ("close", "2999-01")):
        refused = broker(*arguments)
        assert refused.returncode != 0
        assert "Traceback" not in refused.stderr


async def _a_fill_of_september(url: str) -> None:
    database = Database.open(url)
    async with database.write() as session:
        person = await a_person(session)
        session.add(a_ledger_fill(person, at_ms=Month(2026, 9).start_ms))
    await database.close()


async def test_the_ledger_is_checked_and_balanced_from_the_terminal(tmp_path: Path) -> None:
    url, file = f"sqlite:///{tmp_path / 'desk.sqlite3'}", tmp_path / "master"
    await asyncio.to_thread(migrate, url)
    add_master_key(file)
    async with open_world(url, masters=MasterKeys.from_file(file)) as world:
        carol = world.person(CAROL)
        await carol.says("/start", "Rucksack")
        await carol.links("Carol")
        await places(carol, "long sol $200")
        (row,) = await rows(world, 1)
        settings = {
            "TELEGRAM_BOT_TOKEN": world.telegram.config.token,
            "BACKPACK_API_URL": world.exchange.rest_url,
            "BACKPACK_BROKER_ID": "4242",
            "DATABASE_URL": url,
            "VAULT_MASTER_KEY_FILE": str(file),
            "ADMIN_USER_IDS": "1001",
        }

        async def broker(*arguments: str) -> tuple[int, str]:
            done = await asyncio.to_thread(lambda: rucksack(tmp_path, "broker", *arguments, **settings))
            assert "Traceback" not in done.stderr
            return done.returncode, done.stdout + done.stderr

        code, said = await broker("check", "--month", row.month)
        assert (code, "equal" in said) == (0, True), said
        async with world.bot.database.write() as session:
            await session.execute(delete(FillRow))
        code, said = await broker("check")
        assert (code, "missing here, added: SOL_USDC_PERP" in said) == (1, True), said
        code, said = await broker("trial-balance", row.month)
        assert code == 0
        assert re.search(rf"receivable.exchange\D+{plain(row.accrued)}", said), said
        assert len(set(re.findall(r"total\s*│\s*(\S+)\s*│\s*(\S+)", said)[0])) == 1
        assert (await broker("trial-balance", "october"))[0] == 2


def test_parse_of_a_line_reads_no_options_and_no_settings() -> None:
    code = (
        "import sys; sys.argv = ['rucksack', 'parse', 'long', 'sol', '$200']\n"
        "from bot.cli.main import main\n"
        "try: main()\n"
        "except SystemExit as end: assert end.code == 0\n"
        "unwanted = {'typer', 'pydantic', 'sqlalchemy', 'httpx', 'telegram'} & sys.modules.keys()\n"
        "sys.exit(repr(unwanted) if unwanted else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert '"canonical": "long SOL $200"' in done.stdout
