"""Closing a month: the final tier, everybody's share, and one signed statement for each party.

All of it may be done again at any time: what is booked and said already is not booked or said twice, and what
changed since is a further row and a further revision.
"""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum
from typing import Any, Final

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from bot.domain.values import ZERO
from bot.kernel.storage import Database, audit
from bot.rebates.model.programme import month_tier
from bot.rebates.model.rebate import PRECISION, Month, Tier, TierBasis, TierStanding, broker_share, nano
from bot.rebates.model.revenue_shares import GROUP, OPERATOR, PERSON, Party, SharePromise, rate_in
from bot.rebates.model.statement import (
    GENESIS,
    SIGNED,
    Earned,
    SealedStatement,
    body_of,
    operator_content,
    party_content,
    says_the_same,
)
from bot.rebates.storage import ledger_parties, party_statements, shares
from bot.rebates.storage.ledger import Dimension, LedgerCell, survey_month
from bot.rebates.storage.tables import EntryKind
from bot.vault import ServiceSigner, Vault

PURPOSE: Final = "statements"
_BY: Final = (Dimension.STANDING, Dimension.AFFILIATE, Dimension.PERSON, Dimension.GROUP)


class Check(StrEnum):
    """What a statement turns out to be."""

    TRUE = "true"
    ALTERED = "altered"  # not what was signed
    FOREIGN = "foreign"  # signed, but by another key


def check(sealed: SealedStatement, public_key: bytes) -> Check:
    """Whether a statement is as the holder of `public_key` signed it."""
    try:
        VerifyKey(sealed.public_key).verify(SIGNED + sealed.hash, sealed.signature)
        if sealed.hash != sealed.own_hash():
            return Check.ALTERED
    except (BadSignatureError, ValueError, TypeError):
        return Check.ALTERED
    return Check.TRUE if sealed.public_key == public_key else Check.FOREIGN


@dataclass(frozen=True, slots=True)
class StatementChain:
    """Every statement. `broken_at`: the first that does not follow the one before, or is not true."""

    count: int
    head: bytes
    broken_at: int | None = None


@dataclass(frozen=True, slots=True)
class _Month:
    """A month as the ledger has it now. `cells` are of tagged orders, by person and group."""

    month: Month
    tier: Tier
    cells: Mapping[tuple[int, int | None], Earned]
    accrued: Decimal
    rebate: Decimal


class Statements:
    """`basis` is the operator's setting."""

    def __init__(
        self, database: Database, vault: Vault, *, basis: TierBasis, clock: Callable[[], int]
    ) -> None:
        self._database = database
        self._vault = vault
        self._basis = basis
        self._clock = clock

    async def close(self, month: Month) -> list[SealedStatement]:
        """Book the final tier and the shares of `month`, and sign what is new to say; what was signed."""
        signer = await self._vault.service_signer(PURPOSE)
        async with self._database.read() as session:
            moved = await party_statements.moved_groups(session)
        found = await self._database.survey(lambda session: self._read(session, month, moved))
        async with self._database.write() as session:
            await shares.lock(session)
            await party_statements.lock(session)
            contents = await self._contents(session, found, moved)
            await self._book(session, found, contents)
            return [
                sealed
                for party, content in contents.items()
                if (sealed := await self._sign(session, month, party, content, signer)) is not None
            ]

    async def get(self, month: Month, party: Party, revision: int | None = None) -> SealedStatement | None:
        """One revision of a party's statement, by default the last."""
        async with self._database.read() as session:
            return await party_statements.get(session, str(month), str(party), revision)

    async def of_month(self, month: Month) -> list[SealedStatement]:
        """Every statement of `month`."""
        async with self._database.read() as session:
            return await party_statements.of_month(session, str(month))

    async def verify(self) -> StatementChain:
        """Walk from the first number to the last. A chain cut at its end looks whole: compare its head."""
        count, head, key = 0, GENESIS, b""
        while True:
            async with self._database.read() as session:
                page = await party_statements.page(session, after=count)
            if not page:
                return StatementChain(count, head)
            key = key or await self.public_key()
            for sealed in page:
                follows = (sealed.number, sealed.previous_hash) == (count + 1, head)
                if not follows or check(sealed, key) is not Check.TRUE:
                    return StatementChain(count, head, broken_at=sealed.number)
                count, head = sealed.number, sealed.hash

    async def public_key(self) -> bytes:
        """By which all of them are checked."""
        return base64.b64decode((await self._vault.service_signer(PURPOSE)).public_key)

    def _read(self, session: Session, month: Month, moved: Mapping[int, int]) -> _Month:
        volumes = [
            sum(
                (
                    cell.notional
                    for cell in survey_month(session, str(of), (Dimension.STANDING,))
                    if _counts(cell)
                ),
                ZERO,
            )
            for of in (month, month.previous)
        ]
        tier = month_tier(self._basis, *volumes)
        cells: dict[tuple[int, int | None], Earned] = {}
        accrued = rebate = ZERO
        with localcontext(prec=PRECISION):
            for cell in survey_month(session, str(month), _BY):
                accrued += cell.accrued
                if not _counts(cell):
                    continue
                _, affiliate, person, group = cell.key
                earned = cell.earning * broker_share(tier, affiliate)
                rebate += earned
                place = person, _where(group, moved)
                cells[place] = _plus(cells.get(place), cell, earned)
        return _Month(month, tier, cells, accrued, nano(rebate))

    async def _contents(
        self, session: AsyncSession, found: _Month, moved: Mapping[int, int]
    ) -> dict[Party, dict[str, Any]]:
        """What each party's statement says now; the operator's is last and names all shares."""
        promises = [
            SharePromise(Party(GROUP, _where(one.party.id, moved) or 0), one.rate, one.from_month)
            if one.party.kind == GROUP
            else one
            for one in await shares.every(session)
        ]
        once = {_party_of(account) for account in await party_statements.payable(session, str(found.month))}
        rates = {one.party: rate_in(promises, one.party, found.month) for one in promises}
        parties = sorted(once | {party for party, rate in rates.items() if rate})
        names = await ledger_parties.pseudonyms(session, {person for person, _ in found.cells})
        contents: dict[Party, dict[str, Any]] = {}
        for party in parties:
            earned = _earned(found, party, names)
            if earned or party in once:
                contents[party] = party_content(
                    found.month, found.tier, party, rates.get(party, ZERO), earned
                )
        due = {party: Decimal(content["amount"]) for party, content in contents.items()}
        everything = _earned(found, Party(OPERATOR), names)
        contents[Party(OPERATOR)] = operator_content(found.month, found.tier, everything, due)
        return contents

    async def _book(
        self, session: AsyncSession, found: _Month, contents: Mapping[Party, Mapping[str, Any]]
    ) -> None:
        month, now_ms = str(found.month), self._clock()
        true_up = found.rebate - found.accrued
        legs = (EntryKind.TRUE_UP, month, "receivable.exchange", "income.rebate")
        await party_statements.settle_to(session, *legs, true_up, now_ms)
        for party, content in contents.items():
            if party.kind != OPERATOR:
                legs = (EntryKind.SHARE, month, "expense.shares", f"payable.{party}")
                await party_statements.settle_to(session, *legs, Decimal(content["amount"]), now_ms)

    async def _sign(
        self,
        session: AsyncSession,
        month: Month,
        party: Party,
        content: Mapping[str, Any],
        signer: ServiceSigner,
    ) -> SealedStatement | None:
        last = await party_statements.get(session, str(month), str(party))
        if says_the_same(last.body, content) if last is not None else not content["fills"]:
            return None
        revision = 1 if last is None else last.revision + 1
        now_ms = self._clock()
        sealed = await party_statements.append(
            session,
            str(month),
            str(party),
            revision,
            body_of(content, revision),
            now_ms,
            base64.b64decode(signer.public_key),
            lambda own: signer.sign(SIGNED + own),
        )
        await audit.append(
            session, now_ms, None, "broker.statement", {"number": sealed.number, "party": str(party)}
        )
        return sealed


def _counts(cell: LedgerCell) -> bool:
    return bool(cell.key[0] is TierStanding.TAGGED)


def _where(group: int | None, moved: Mapping[int, int]) -> int | None:
    """A group's present id."""
    for _ in moved:
        group = None if group is None else moved.get(group, group)
    return group


def _plus(before: Earned | None, cell: LedgerCell, rebate: Decimal) -> Earned:
    if before is None:
        return Earned("", cell.fills, cell.notional, cell.earning, rebate)
    return Earned(
        "",
        before.fills + cell.fills,
        before.volume + cell.notional,
        before.fees + cell.earning,
        before.rebate + rebate,
    )


def _earned(found: _Month, party: Party, names: Mapping[int, str]) -> Sequence[Earned]:
    """What counts for `party`, by pseudonym; for the operator in one line."""
    by_name: dict[str, list[Earned]] = defaultdict(list)
    for (person, group), earned in found.cells.items():
        if party.kind == OPERATOR:
            by_name[OPERATOR].append(earned)
        elif party in {Party(PERSON, person), Party(GROUP, group or 0)}:
            by_name[names[person]].append(earned)
    with localcontext(prec=PRECISION):
        return [
            Earned(
                who,
                sum(one.fills for one in parts),
                *(sum((getattr(one, name) for one in parts), ZERO) for name in ("volume", "fees", "rebate")),
            )
            for who, parts in sorted(by_name.items())
        ]


def _party_of(account: str) -> Party:
    return Party.parse(account.removeprefix("payable."))
