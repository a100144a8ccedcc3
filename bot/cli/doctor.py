"""Checks a configuration against the live endpoints and says, line by line, what to do.

Reads only: it starts nothing, sends no message and places no order.
"""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from pathlib import Path
from typing import Final

import httpx
from sqlalchemy.exc import SQLAlchemyError

from bot.app.wiring import Bot
from bot.exchange.backpack import BackpackError
from bot.kernel.storage import audit
from bot.kernel.storage.engines import normalise
from bot.kernel.storage.migrations import check
from bot.notifications.wire import NoBotApi, understood
from bot.people import accounts
from bot.rebates.statements import Statements
from bot.settings import ENV_FILE, Settings
from bot.vault import VaultError

MAX_OFFSET_MS: Final = 1_000
MAX_KEYS: Final = 10
TIMEOUT_S: Final = 10.0


class Health(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One line of the table; `advice` is empty when there is nothing to do."""

    check: str
    health: Health
    detail: str
    advice: str = ""


def _ok(check: str, detail: str) -> Diagnosis:
    return Diagnosis(check, Health.OK, detail)


async def examine(bot: Bot) -> list[Diagnosis]:
    """Every finding, in the order of the table."""
    checks: list[Callable[[Bot], Awaitable[Diagnosis]]] = [
        _telegram,
        _exchange,
        _clock,
        _broker,
        _database,
        _env_file,
        _vault,
        _keys,
        _audit,
        _statements,
        _admins,
    ]
    return list(await asyncio.gather(*(one(bot) for one in checks)))


async def _telegram(bot: Bot) -> Diagnosis:
    token = bot.settings.telegram_bot_token
    url = f"{bot.settings.telegram_api_url.rstrip('/')}/bot{token.get_secret_value() if token else ''}/getMe"
    address = "Check TELEGRAM_API_URL and the way to the internet"
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_S) as client:
            answer = await client.get(url)
        status, body = understood("getMe", answer.status_code, answer.content)
    except NoBotApi as error:
        return Diagnosis("Telegram", Health.FAILED, f"is not a Bot API server (HTTP {error.status})", address)
    except httpx.HTTPError as error:
        return Diagnosis("Telegram", Health.FAILED, f"no answer ({type(error).__name__})", address)
    said = json.loads(body)
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN}:
        advice = "Ask @BotFather for the token again and set TELEGRAM_BOT_TOKEN"
        return Diagnosis("Telegram", Health.FAILED, said.get("description", "refused"), advice)
    if not said["ok"]:
        return Diagnosis("Telegram", Health.WARNING, said.get("description", f"HTTP {status}"), "Try again")
    me = said["result"] if isinstance(said["result"], dict) else {}
    if me.get("is_bot") is not True or not isinstance(me.get("username"), str):
        return Diagnosis("Telegram", Health.FAILED, "is not a Bot API server (names no bot)", address)
    return _ok("Telegram", f"@{me['username']}")


async def _exchange(bot: Bot) -> Diagnosis:
    try:
        status = await bot.client.status()
    except BackpackError as error:
        return Diagnosis("Exchange", Health.FAILED, str(error), "Check BACKPACK_API_URL and the network")
    if status.status != "Ok":
        return Diagnosis("Exchange", Health.WARNING, f"{status.status} {status.message or ''}", "Wait")
    return _ok("Exchange", bot.settings.backpack_api_url)


async def _clock(bot: Bot) -> Diagnosis:
    try:
        offset = await bot.client.refresh_clock()
    except BackpackError as error:
        return Diagnosis("Clock", Health.FAILED, str(error), "The exchange did not tell its time")
    detail = f"{offset:+d} ms against the exchange"
    if abs(offset) > MAX_OFFSET_MS:
        advice = "Set this machine's clock (NTP); requests are corrected by the offset meanwhile"
        return Diagnosis("Clock", Health.WARNING, detail, advice)
    return _ok("Clock", detail)


async def _broker(bot: Bot) -> Diagnosis:
    key = " and X-BROKER-KEY" if bot.settings.backpack_broker_key is not None else ""
    detail = f"X-BROKER-ID {bot.settings.backpack_broker_id}{key} on every private request"
    return _ok("Broker tag", detail)


async def _database(bot: Bot) -> Diagnosis:
    settings: Settings = bot.settings
    try:
        await asyncio.to_thread(check, settings.database_url)
    except SQLAlchemyError as error:
        return Diagnosis("Database", Health.FAILED, type(error).__name__, "Check DATABASE_URL")
    except Exception as error:
        return Diagnosis("Database", Health.FAILED, str(error)[:80], "Run `rucksack migrate`")
    url = normalise(settings.database_url)
    if url.get_backend_name() != "sqlite":
        return _ok("Database", f"PostgreSQL at {url.host or 'local socket'}")
    mode = await asyncio.to_thread(_file_mode, str(url.database))
    if mode & 0o077:
        return Diagnosis("Database", Health.FAILED, f"file mode {mode:o}", f"chmod 600 {url.database}")
    return _ok("Database", f"SQLite, file mode {mode:o}")


async def _env_file(_: Bot) -> Diagnosis:
    """A master key in it was refused sooner; a token or a password deserves a word."""
    try:
        mode = await asyncio.to_thread(_file_mode, ENV_FILE)
    except OSError:
        return _ok("Settings", "from the environment")
    if mode & 0o077:
        return Diagnosis("Settings", Health.WARNING, f".env has file mode {mode:o}", "chmod 600 .env")
    return _ok("Settings", f".env, file mode {mode:o}")


async def _vault(bot: Bot) -> Diagnosis:
    try:
        health = await bot.vault.health()
    except VaultError as error:
        return Diagnosis("Vault", Health.FAILED, type(error).__name__, "Check VAULT_MASTER_KEY_FILE")
    except SQLAlchemyError as error:
        return Diagnosis("Vault", Health.FAILED, type(error).__name__, "Run `rucksack migrate`")
    if health.unusable:
        versions = ", ".join(f"v{version}" for version in health.unusable)
        advice = "Restore the missing master key from its backup"
        return Diagnosis("Vault", Health.FAILED, f"no usable master key {versions}", advice)
    users = sum(health.users_by_version.values())
    return _ok("Vault", f"{users} user keys open")


async def _keys(bot: Bot) -> Diagnosis:
    try:
        async with bot.database.read() as session:
            linked = await accounts.active(session)
    except SQLAlchemyError as error:
        return Diagnosis("Linked keys", Health.FAILED, type(error).__name__, "Run `rucksack migrate`")
    refused = []
    for account in linked[:MAX_KEYS]:
        try:
            signer = await bot.vault.signer(account.user_id, account.id, "doctor")
            await bot.client.account(signer).summary()
        except (BackpackError, VaultError) as error:
            refused.append(f"{account.id}: {type(error).__name__}")
    detail = f"{len(linked)} linked, {min(len(linked), MAX_KEYS)} tried"
    if refused:
        return Diagnosis(
            "Linked keys", Health.WARNING, f"{detail}; {', '.join(refused)}", "Their users must /link anew"
        )
    return _ok("Linked keys", detail)


async def _audit(bot: Bot) -> Diagnosis:
    try:
        async with bot.database.read() as session:
            verdict = await audit.verify(session)
    except SQLAlchemyError as error:
        return Diagnosis("Audit chain", Health.FAILED, type(error).__name__, "Run `rucksack migrate`")
    if not verdict.intact:
        advice = "Somebody changed the audit table: compare with a backup"
        return Diagnosis("Audit chain", Health.FAILED, f"broken at row {verdict.broken_at}", advice)
    return _ok("Audit chain", f"{verdict.rows} rows in all shards, head {verdict.head.hex()[:16]}")


async def _statements(bot: Bot) -> Diagnosis:
    try:
        chain = await bot.services.get(Statements).verify()
    except SQLAlchemyError as error:
        return Diagnosis("Statements", Health.FAILED, type(error).__name__, "Run `rucksack migrate`")
    except VaultError as error:
        return Diagnosis("Statements", Health.FAILED, type(error).__name__, "Check VAULT_MASTER_KEY_FILE")
    if chain.broken_at is not None:
        advice = "Somebody changed the statements: compare with a backup"
        return Diagnosis("Statements", Health.FAILED, f"broken at no. {chain.broken_at}", advice)
    return _ok("Statements", f"{chain.count} signed, head {chain.head.hex()[:16]}")


async def _admins(bot: Bot) -> Diagnosis:
    ids = bot.settings.admin_user_ids
    return _ok("Admins", f"{', '.join(map(str, ids)) or 'none'}; access: {bot.settings.access}")


def _file_mode(path: str) -> int:
    return stat.S_IMODE(Path(path).stat().st_mode)
