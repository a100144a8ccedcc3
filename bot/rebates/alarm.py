"""Telling the operators that the ledger and the exchange disagree; the broker knows no chat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from bot.rebates.storage.tables import Finding

# Kinds of `Finding`. The first two are good news.
EQUAL: Final = "equal"
TAGGED: Final = "tagged"
MISSING: Final = "missing"  # the exchange had fills that were not here: they were added
UNKNOWN: Final = "unknown-to-exchange"
DIFFERENT: Final = "different"
UNREACHABLE: Final = "unreachable"
UNTAGGED: Final = "untagged"  # orders sent without the tag
TAG_DIFFERENCE: Final = "tag-difference"  # tagged orders and the ledger's API volume disagree

LISTED: Final = 20  # examples a finding keeps


GOOD: Final = frozenset({EQUAL, TAGGED})


def is_bad(finding: Finding) -> bool:
    """Whether operators must hear of it. A key that is refused concerns its user, who hears of it."""
    return finding.kind not in GOOD and not finding.detail.get("key")


class LedgerAlarm(Protocol):
    """Tells the operators, in the caller's transaction. The same `key` twice is one message."""

    async def raised(self, session: AsyncSession, key: str, findings: Sequence[Finding]) -> None: ...

    def committed(self) -> None:
        """The transaction is through: messages may go out now."""
