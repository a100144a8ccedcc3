"""The only place where a private request is built, so that none can lack the broker tag or a signature.

`PrivateRequest` refuses to exist without the tag header, and the transport takes nothing else for an order.
"""

from __future__ import annotations

import base64
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

import msgspec

from bot.exchange.backpack.routes import Route
from bot.exchange.backpack.signing import Param, Params, Signer, signing_text, wire_text

BROKER_ID_HEADER: Final = b"X-BROKER-ID"
BROKER_KEY_HEADER: Final = b"X-BROKER-KEY"
MAX_BROKER_ID: Final = 65_535

Headers = tuple[tuple[bytes, bytes], ...]
Query = Params | Sequence[tuple[str, str]]  # pairs where a key repeats, which a signed text could not tell

_encode: Final = msgspec.json.Encoder().encode
_HEADER_CHARS: Final = frozenset(string.ascii_letters + string.digits + string.punctuation)


@dataclass(frozen=True, slots=True)
class BrokerTag:
    """Whose order it is: `broker_id` uint16; `broker_key` a secret of undocumented meaning, usually None."""

    broker_id: int
    broker_key: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if isinstance(self.broker_id, bool) or not isinstance(self.broker_id, int):
            raise TypeError("the broker id is an integer")
        if not 0 <= self.broker_id <= MAX_BROKER_ID:
            raise ValueError(f"the broker id is 0..{MAX_BROKER_ID}")
        if self.broker_key is not None and not (
            self.broker_key and _HEADER_CHARS.issuperset(self.broker_key)
        ):
            raise ValueError("the broker key must be printable ASCII without spaces")

    def headers(self) -> Headers:
        """Not part of the signed text: a lost tag raises no error at the exchange, it only earns nothing."""
        tag: Headers = ((BROKER_ID_HEADER, b"%d" % self.broker_id),)
        return tag if self.broker_key is None else (*tag, (BROKER_KEY_HEADER, self.broker_key.encode()))


@dataclass(frozen=True, slots=True)
class PrivateRequest:
    """A signed, tagged request, ready for the wire. Its repr shows where it goes and nothing it carries."""

    route: Route
    key: str = field(repr=False)  # whose rate limit it counts against
    query: bytes = field(repr=False)
    body: bytes | None = field(repr=False)
    headers: Headers = field(repr=False)
    expires_ms: int  # timestamp + window: after it the exchange refuses the request for good

    def __post_init__(self) -> None:
        if self.route.instruction is None:
            raise ValueError(f"{self.route.path} is not private")
        if not any(name == BROKER_ID_HEADER for name, _ in self.headers):
            raise ValueError("a private request cannot exist without the broker tag")


class RequestBuilder:
    """Builds the requests of one key under one broker tag."""

    def __init__(self, signer: Signer, broker: BrokerTag) -> None:
        self._signer = signer
        self.key = signer.public_key
        self._fixed: Headers = ((b"X-API-KEY", self.key.encode()), *broker.headers())

    def build(
        self, route: Route, params: Params | Sequence[Params], timestamp_ms: int, window_ms: int
    ) -> PrivateRequest:
        """Sign `params` and lay them out as `route` wants them: a query for GET, a JSON body otherwise.

        Null parameters are neither signed nor sent. Raises ValueError for a window the exchange refuses.
        """
        if route.instruction is None:
            raise ValueError(f"{route.path} is not private")
        text = signing_text(route.instruction, params, timestamp_ms, window_ms)
        signature = base64.b64encode(self._signer.sign(text.encode()))
        headers: Headers = (
            *self._fixed,
            (b"X-SIGNATURE", signature),
            (b"X-TIMESTAMP", b"%d" % timestamp_ms),
            (b"X-WINDOW", b"%d" % window_ms),
        )
        query, body = b"", None
        if not route.is_read:
            body = _encode(_sent(params))
            headers = (*headers, (b"Content-Type", b"application/json"))
        elif isinstance(params, Mapping):
            query = query_string(params)
        return PrivateRequest(route, self.key, query, body, headers, timestamp_ms + window_ms)


def query_string(params: Query) -> bytes:
    """`params` without nulls, escaped for a URL; the signed text holds the same values unescaped."""
    pairs = params.items() if isinstance(params, Mapping) else params
    return urlencode([(key, wire_text(value)) for key, value in pairs if value is not None]).encode()


def _sent(params: Params | Sequence[Params]) -> dict[str, Param] | list[dict[str, Param]]:
    if isinstance(params, Mapping):
        return {key: value for key, value in params.items() if value is not None}
    return [{key: value for key, value in one.items() if value is not None} for one in params]
