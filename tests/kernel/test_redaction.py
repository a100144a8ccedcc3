"""The last gate before a log line leaves: what looks like a secret is cut out, the rest stays readable."""

from __future__ import annotations

import base64
import io
import logging
from urllib.parse import quote

import pytest

from bot.kernel.redaction import RedactingFormatter, redact
from tests.support.logs import logging_as

SEED = bytes(range(7, 39))
AWKWARD = bytes(range(224, 256))  # its base64 has what a URL must not
TOKEN = "7000123456:AAFq9-_wH0pZ1xC2vB3nM4kJ5hG6fD7sA8"

SECRETS = {
    "token": TOKEN,
    "seed": base64.b64encode(SEED).decode(),
    "seed without padding": base64.b64encode(SEED).decode().rstrip("="),
    "url-safe seed": base64.urlsafe_b64encode(SEED).decode(),
    "seed and key": base64.b64encode(SEED + SEED).decode(),
    "seed in a URL": quote(base64.b64encode(AWKWARD), safe=""),
    "seed and key in a URL": quote(base64.b64encode(AWKWARD + AWKWARD), safe="").lower(),
    "hex": SEED.hex(),
    "both in hex": (SEED + SEED).hex(),
    "upper-case hex": SEED.hex().upper(),
}
PLACES = (
    "{}",
    "text='{}', chat_id=7",
    '{{"secret": "{}"}}',
    "secret={}&x=1",
    "line one\n{}\nline three",
)


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("place", PLACES)
def test_a_secret_is_masked_wherever_it_stands(name: str, place: str) -> None:
    masked = redact(place.format(SECRETS[name]))
    assert SECRETS[name].rstrip("=") not in masked
    assert "[redacted]" in masked


@pytest.mark.parametrize(
    "place", ["API Key: x\n{}", "密钥{}", "n{}", "_{}_", "abc{}def", "0x{}", "{}{}", "'K\\n{}'"]
)
@pytest.mark.parametrize("name", [name for name in SECRETS if name != "token"])
def test_a_secret_glued_to_anything_is_masked(name: str, place: str) -> None:
    masked = redact(place.format(*[SECRETS[name]] * 2))
    assert not any(SECRETS[name][at : at + 16] in masked for at in range(len(SECRETS[name]) - 15)), masked


class _Odd:
    """An argument that says a secret only when it is formatted."""

    def __str__(self) -> str:
        return f"first line\nsecret: {SECRETS['seed']}"


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARNING"])
def test_no_way_into_a_log_line_shows_a_secret(level: str, capfd: pytest.CaptureFixture[str]) -> None:
    with logging_as(level):
        log = logging.getLogger("bot.somewhere")
        log.warning("%s and %r", _Odd(), f"K\n{SECRETS['seed']}")
        log.warning("in a mapping: %(s)s", {"s": SECRETS["hex"]})
        log.error(f"line one\n{SECRETS['url-safe seed']}\nline three", extra={"s": SECRETS["seed"]})
        try:
            try:
                raise ValueError(f"one\n{SECRETS['seed']}")
            except ValueError as error:
                error.add_note(f"note {SECRETS['both in hex']}")
                raise RuntimeError(_Odd()) from error
        except RuntimeError:
            log.exception("failed", stack_info=True)
        logging.getLogger("telegram.ext").warning("update %s", {"text": f"K\n{SECRETS['seed and key']}"})
    shown = capfd.readouterr().err
    assert "RuntimeError" in shown
    assert "test_redaction.py" in shown, "where it failed can be read"
    for name, secret in SECRETS.items():
        assert not any(secret[at : at + 16] in shown for at in range(len(secret) - 15)), name


@pytest.mark.parametrize(
    "library",
    [
        *(
            "httpx",
            "httpcore",
            "httpcore.http11",
            "telegram",
            "telegram.ext.Application",
            "websockets.client",
        ),
        *(
            "sqlalchemy.engine.Engine",
            "aiosqlite",
            "asyncio",
            "apscheduler.scheduler",
            "hpack",
            "aiohttp.client",
        ),
        *("psycopg", "PIL", "anything.new"),
    ],
)
def test_libraries_never_speak_at_debug(library: str, capfd: pytest.CaptureFixture[str]) -> None:
    logging.getLogger(library).setLevel(logging.DEBUG)  # as some of them do by themselves
    with logging_as("DEBUG"):
        logging.getLogger(library).debug("all of an update")
        logging.getLogger("bot.chat").debug("ours")
    shown = capfd.readouterr().err
    assert "all of an update" not in shown
    assert "ours" in shown


@pytest.mark.parametrize("level", ["INFO", "WARNING", "ERROR"])
def test_libraries_that_name_every_statement_keep_to_what_matters(
    level: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with logging_as(level):
        for library in ("sqlalchemy.engine.Engine", "sqlalchemy.pool.impl.QueuePool", "httpx", "alembic"):
            logging.getLogger(library).info("a statement")
            logging.getLogger(library).warning("a warning")
    shown = capfd.readouterr().err
    assert "a statement" not in shown
    assert ("a warning" in shown) is (level != "ERROR")


@pytest.mark.parametrize("path", ["bot{}/sendMessage", "file/bot{}/photos/1.png", "bot{}"])
def test_the_token_is_masked_in_every_bot_api_url(path: str) -> None:
    masked = redact(f'HTTP Request: POST http://127.0.0.1:8081/{path.format(TOKEN)} "HTTP/1.1 200 OK"')
    assert TOKEN not in masked
    assert "127.0.0.1:8081" in masked


def test_the_password_of_a_url_is_masked_and_the_host_stays() -> None:
    assert redact("postgresql://ann:hunter2@127.0.0.1/desk") == "postgresql://[redacted]@127.0.0.1/desk"


def test_what_is_no_secret_stays() -> None:
    line = "order 8F2A client id 4294967295 at 2026-11-21 09:17:54,646Z on SOL_USDC_PERP: 142.51 USDC"
    assert redact(line) == line


def test_a_traceback_is_redacted_too() -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(RedactingFormatter("%(message)s"))
    logger = logging.Logger("redaction-test")
    logger.addHandler(handler)
    try:
        raise ValueError(SECRETS["seed"])
    except ValueError:
        logger.exception("failed with %s", TOKEN)
    assert "Traceback" in stream.getvalue()
    assert SECRETS["seed"] not in stream.getvalue()
    assert TOKEN not in stream.getvalue()
