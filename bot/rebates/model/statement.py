"""What one party earned in one month, as a text that can be hashed, signed and checked by anybody.

The body is canonical JSON: sorted keys, no spaces, money as strings in whole cents. Its hash covers the
statement before it, so that none can be taken out or changed unnoticed. docs/broker.md gives the format.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from hashlib import sha256
from typing import Any, Final

from bot.domain.values import ZERO, plain
from bot.rebates.model.rebate import PRECISION, Month, Tier, allocate, cents, nano
from bot.rebates.model.revenue_shares import OPERATOR, Party, share_of

FORMAT: Final = "rucksack-statement-1"
GENESIS: Final = bytes(32)
SIGNED: Final = b"rucksack|statement|v1|"  # what stands before the hash in the signed message


@dataclass(frozen=True, slots=True)
class Earned:
    """Fills of tagged orders added up; `who` is a pseudonym or a party. USD."""

    who: str
    fills: int
    volume: Decimal
    fees: Decimal
    rebate: Decimal


def party_content(
    month: Month, tier: Tier, party: Party, rate: Decimal, earned: Sequence[Earned]
) -> dict[str, Any]:
    """The statement of a group or person that is promised `rate` of the rebate of these fills."""
    with localcontext(prec=PRECISION):
        rebate = nano(sum((one.rebate for one in earned), ZERO))
        amount = share_of(rebate, rate)
        parts = allocate({one.who: one.rebate * rate for one in earned}, amount) if earned else {}
        return _content(month, tier, party, earned, parts, amount) | {"share": plain(rate)}


def operator_content(
    month: Month, tier: Tier, earned: Sequence[Earned], shares: Mapping[Party, Decimal]
) -> dict[str, Any]:
    """The operator's statement: what the month earned, what of it is others', what stays."""
    with localcontext(prec=PRECISION):
        kept = cents(sum((one.rebate for one in earned), ZERO)) - sum(shares.values(), ZERO)
        content = _content(month, tier, Party(OPERATOR), earned, {}, kept)
        return content | {
            "lines": [{"who": str(party), "amount": _usd(due)} for party, due in shares.items()]
        }


def _content(
    month: Month,
    tier: Tier,
    party: Party,
    earned: Sequence[Earned],
    amounts: Mapping[str, Decimal],
    amount: Decimal,
) -> dict[str, Any]:
    tables = {
        name: allocate({one.who: getattr(one, name) for one in earned})
        for name in ("volume", "fees", "rebate")
    }
    lines = [
        {"who": one.who, "fills": one.fills}
        | {name: _usd(table[one.who]) for name, table in tables.items()}
        | {"amount": _usd(amounts.get(one.who, ZERO))}
        for one in earned
    ]
    return {
        "format": FORMAT,
        "month": str(month),
        "party": str(party),
        "tier": str(tier),
        "currency": "USD",
        "fills": sum(one.fills for one in earned),
        "lines": lines,
        "amount": _usd(amount),
        **{name: _usd(sum(table.values(), ZERO)) for name, table in tables.items()},
    }


def _usd(amount: Decimal) -> str:
    return f"{amount:.2f}"


def canonical(content: Any) -> str:
    """JSON with sorted keys and no spaces, in UTF-8."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def body_of(content: Mapping[str, Any], revision: int) -> str:
    """The text of revision `revision`."""
    return canonical({**content, "revision": revision})


def says_the_same(body: str, content: Mapping[str, Any]) -> bool:
    """Whether a statement already says what a new one would."""
    said = json.loads(body)
    said.pop("revision")
    return bool(said == dict(content))


@dataclass(frozen=True, slots=True)
class SealedStatement:
    """A statement with everything needed to check it; hashes and keys are raw bytes."""

    number: int
    month: str
    party: str
    revision: int
    at_ms: int
    body: str
    previous_hash: bytes
    hash: bytes
    public_key: bytes
    signature: bytes

    def own_hash(self) -> bytes:
        """What the hash must be."""
        return hash_of(
            self.number, self.month, self.party, self.revision, self.at_ms, self.body, self.previous_hash
        )


def hash_of(
    number: int, month: str, party: str, revision: int, at_ms: int, body: str, previous_hash: bytes
) -> bytes:
    """SHA-256 of the canonical JSON array of all these; the previous hash in hex."""
    covered = [number, month, party, revision, at_ms, body, previous_hash.hex()]
    return sha256(canonical(covered).encode()).digest()


def to_document(sealed: SealedStatement) -> str:
    """The file that is handed on: bytes in hex, the body as the text that was hashed."""
    fields: Iterable[str] = SealedStatement.__slots__
    values = {name: getattr(sealed, name) for name in fields}
    shown = {name: value.hex() if isinstance(value, bytes) else value for name, value in values.items()}
    return json.dumps(shown, indent=2, ensure_ascii=False)


def from_document(text: str) -> SealedStatement:
    """What `to_document` wrote. Raises ValueError for anything else."""
    try:
        values = json.loads(text)
        if set(values) != set(SealedStatement.__slots__):
            raise ValueError("not a statement")
        for name in ("previous_hash", "hash", "public_key", "signature"):
            values[name] = bytes.fromhex(values[name])
        kinds = {"number": int, "revision": int, "at_ms": int, "month": str, "party": str, "body": str}
        if any(type(values[name]) is not kind for name, kind in kinds.items()):
            raise ValueError("not a statement")
        sealed = SealedStatement(**values)
        # Both are shown beside the verdict, where a stranger's file must not say anything else.
        if (str(Month.parse(sealed.month)), str(Party.parse(sealed.party))) != (sealed.month, sealed.party):
            raise ValueError("not a statement")
        return sealed
    except (TypeError, AttributeError, RecursionError):
        raise ValueError("not a statement") from None
