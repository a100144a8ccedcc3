"""The last gate before a log line leaves: what looks like a secret is cut out, the rest stays readable."""

from __future__ import annotations

import base64
import io
import logging
from urllib.parse import quote

import pytest

from bot.redaction import RedactingFormatter, redact

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
