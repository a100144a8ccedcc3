"""Every setting of Rucksack, from the environment or `.env`, validated once at start.

A bad setting is one sentence that names the variable and the mend, never a traceback.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.rebates.model.rebate import ExitsTagged, TierBasis


class SettingsError(Exception):
    """A setting is missing or malformed. `str()` names the variable and says how to mend it."""

    def __init__(self, variable: str, problem: str, mend: str) -> None:
        super().__init__(f"{variable}: {problem}. {mend}")
        self.variable = variable


class Mode(StrEnum):
    DEMO = "demo"
    REAL = "real"


class AccessMode(StrEnum):
    """Whom the bot serves besides its operators."""

    OPEN = "open"  # everybody who is not denied
    APPROVED = "approved"  # whom an operator has let in


_MENDS = {
    "TELEGRAM_BOT_TOKEN": "Ask @BotFather for a token and set it, e.g. TELEGRAM_BOT_TOKEN=123456:ABC…",
    "TELEGRAM_API_URL": "Give a URL such as https://api.telegram.org",
    "TELEGRAM_WEBHOOK_URL": "Give the public https:// URL that reaches this bot, or leave it out to poll",
    "TELEGRAM_WEBHOOK_SECRET": "Set 16 to 256 characters of A-Z a-z 0-9 _ -",
    "TELEGRAM_WEBHOOK_PORT": "Give a port between 1 and 65535",
    "BACKPACK_API_URL": "Give a URL such as https://api.backpack.exchange",
    "BACKPACK_WS_URL": "Give a URL such as wss://ws.backpack.exchange",
    "BACKPACK_BROKER_ID": "Set the broker code Backpack gave you, a whole number from 0 to 65535",
    "BACKPACK_BROKER_KEY": "Set it as Backpack gave it to you, or leave it out",
    "DATABASE_URL": "Give sqlite:///path/to/file or postgresql://user@host/name",
    "VAULT_MASTER_KEY": "Make one with `rucksack vault new-key FILE` and set VAULT_MASTER_KEY_FILE=FILE",
    "ADMIN_USER_IDS": "Set your numeric Telegram id (@userinfobot tells it), several separated by commas",
    "ACCESS": "Give approved (an operator lets people in) or open (everybody may use the bot)",
    "BROKER_TIER_BASIS": "Give previous (the month before sets the tier) or month (its own volume does)",
    "BROKER_EXITS_TAGGED": "Give unknown, yes or no",
    "DASHBOARD_PORT": "Give a port, or off",
    "DASHBOARD_URL": "Give the URL by which your proxy reaches the dashboard, or leave it out",
    "ORDER_WINDOW_MS": "Give milliseconds between 500 and 60000",
    "LOG_LEVEL": "Give DEBUG, INFO, WARNING or ERROR",
}


LEAST_VARIETY: Final = 8  # different characters of a secret
ENV_FILE: Final = ".env"  # in the folder the bot is started in
MAX_USER_ID: Final = 2**52 - 1  # Telegram's ids have at most 52 significant bits


def _address(*schemes: str) -> Callable[[str], str]:
    """A check that an address has one of `schemes`, a host, and a port that can be one."""

    def check(value: str) -> str:
        try:
            parts = urlsplit(value)
            usable = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable:
            raise ValueError(
                f"is not an address that begins with {' or '.join(f'{one}://' for one in schemes)}"
            )
        return value

    return check


def _spelled(pattern: str, problem: str) -> Callable[[SecretStr], SecretStr]:
    """A check of a secret's spelling that never repeats the secret."""

    def check(value: SecretStr) -> SecretStr:
        if re.fullmatch(pattern, value.get_secret_value()) is None:
            raise ValueError(problem)
        return value

    return check


def _varied(value: SecretStr) -> SecretStr:
    """A check that a secret is not the same few characters over and over."""
    if len(set(value.get_secret_value())) < LEAST_VARIETY:
        raise ValueError("can be guessed: it has too few different characters")
    return value


HttpAddress = Annotated[str, AfterValidator(_address("http", "https"))]
SocketAddress = Annotated[str, AfterValidator(_address("ws", "wss"))]
BotToken = Annotated[SecretStr, AfterValidator(_spelled(r"[0-9]+:[A-Za-z0-9_-]+", "is not a bot token"))]
BrokerKey = Annotated[
    SecretStr, AfterValidator(_spelled(r"[!-~]+", "has characters other than printable ASCII without spaces"))
]
WebhookSecret = Annotated[
    SecretStr,
    AfterValidator(_spelled(r"[A-Za-z0-9_-]{16,256}", "is too short, too long or oddly spelled")),
    AfterValidator(_varied),
]


class Settings(BaseSettings):
    """See `.env.example` for what each setting means."""

    model_config = SettingsConfigDict(env_file=ENV_FILE, extra="ignore", hide_input_in_errors=True)

    telegram_bot_token: BotToken | None = None
    telegram_api_url: HttpAddress = "https://api.telegram.org"
    telegram_webhook_url: HttpAddress | None = None
    telegram_webhook_secret: WebhookSecret | None = None
    telegram_webhook_port: int = Field(8443, ge=1, le=65535)

    backpack_api_url: HttpAddress = "https://api.backpack.exchange"
    backpack_ws_url: SocketAddress = "wss://ws.backpack.exchange"
    backpack_broker_id: int | None = Field(None, ge=0, le=65535)
    backpack_broker_key: BrokerKey | None = None

    database_url: str = Field("sqlite:///var/rucksack.sqlite3", pattern=r"^(sqlite|postgresql)")
    vault_master_key: SecretStr | None = None
    vault_master_key_file: Path | None = None
    admin_user_ids: Annotated[tuple[Annotated[int, Field(ge=1, le=MAX_USER_ID)], ...], NoDecode] = ()
    access: AccessMode = AccessMode.APPROVED

    broker_tier_basis: TierBasis = TierBasis.PREVIOUS
    broker_exits_tagged: ExitsTagged = ExitsTagged.UNKNOWN

    dashboard_host: str = "127.0.0.1"
    dashboard_port: Annotated[int, Field(ge=0, le=65535)] | Literal["off"] = 8430  # 0: any that is free
    dashboard_url: HttpAddress | None = None

    order_window_ms: int = Field(5000, ge=500, le=60000)
    public_address: str | None = None  # shown to users whose key page offers an allow-list
    log_level: str = Field("INFO", pattern=r"^(DEBUG|INFO|WARNING|ERROR)$")

    @field_validator("*", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: Any, info: Any) -> Any:
        if isinstance(value, str) and not value.strip():
            return cls.model_fields[info.field_name].get_default()
        return value

    @field_validator("admin_user_ids", mode="before")
    @classmethod
    def _split_ids(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @property
    def mode(self) -> Mode:
        """The demo when nothing of the real bot is configured."""
        unset = self.telegram_bot_token is None and self.backpack_broker_id is None
        return Mode.DEMO if unset else Mode.REAL

    def require_real(self) -> None:
        """Raise SettingsError for the first setting the real bot cannot do without."""
        missing: list[tuple[str, object]] = [
            ("TELEGRAM_BOT_TOKEN", self.telegram_bot_token),
            ("BACKPACK_BROKER_ID", self.backpack_broker_id),
            ("VAULT_MASTER_KEY", self.vault_master_key or self.vault_master_key_file),
            ("ADMIN_USER_IDS", self.admin_user_ids or None),
        ]
        for variable, value in missing:
            if value is None:
                raise SettingsError(variable, "is not set", _MENDS[variable])
        if self.telegram_webhook_url is not None and self.telegram_webhook_secret is None:
            variable = "TELEGRAM_WEBHOOK_SECRET"
            raise SettingsError(variable, "is needed with TELEGRAM_WEBHOOK_URL", _MENDS[variable])


def load_settings(**overrides: Any) -> Settings:
    """Settings from the environment, `.env` and `overrides` (which win). Raises SettingsError."""
    try:
        return Settings(**overrides)
    except (UnicodeDecodeError, OSError) as error:
        problem = f"cannot be read ({type(error).__name__})"
        raise SettingsError(".env", problem, "Save it as UTF-8 text that this user may read") from None
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        variable = str(first["loc"][0]).upper()
        problem = str(first["msg"]).removeprefix("Value error, ")
        mend = _MENDS.get(variable, "See .env.example")
        raise SettingsError(variable, problem[:1].lower() + problem[1:], mend) from None
