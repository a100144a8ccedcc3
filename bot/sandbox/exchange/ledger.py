"""Double-entry balances: every movement has two sides, so money is neither made nor lost.

Account 0 is the house (maker, fees, funding, profit clearing) and may go negative; users' locks may not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from bot.sandbox.values import ZERO

HOUSE: Final = 0


@dataclass(slots=True)
class Wallet:
    """One asset of one account. `available` can be negative only by realised losses (a liability)."""

    available: Decimal = ZERO
    locked: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return self.available + self.locked


class Ledger:
    """All wallets. `on_change(account_id, asset)` is told of each movement."""

    def __init__(self, on_change: Callable[[int, str], None] = lambda account_id, asset: None) -> None:
        self._wallets: dict[int, dict[str, Wallet]] = {HOUSE: {}}
        self._on_change = on_change

    def wallet(self, account_id: int, asset: str) -> Wallet:
        return self._wallets.setdefault(account_id, {}).setdefault(asset, Wallet())

    def wallets(self, account_id: int) -> Mapping[str, Wallet]:
        return self._wallets.get(account_id, {})

    def accounts(self) -> Iterable[int]:
        return self._wallets.keys()

    def transfer(
        self, source: int, target: int, asset: str, amount: Decimal, *, from_locked: bool = False
    ) -> None:
        """Move `amount` of `asset`; a negative amount flows the other way."""
        if not amount:
            return
        giver = self.wallet(source, asset)
        if from_locked:
            if amount > giver.locked:
                raise ValueError(f"account {source} has {giver.locked} {asset} locked, not {amount}")
            giver.locked -= amount
        else:
            giver.available -= amount
        self.wallet(target, asset).available += amount
        self._on_change(source, asset)
        self._on_change(target, asset)

    def lock(self, account_id: int, asset: str, amount: Decimal) -> None:
        """Hold `amount` for an order; a negative amount releases."""
        if not amount:
            return
        wallet = self.wallet(account_id, asset)
        if wallet.locked + amount < ZERO:
            raise ValueError(f"account {account_id} has {wallet.locked} {asset} locked, not {-amount}")
        wallet.available -= amount
        wallet.locked += amount
        self._on_change(account_id, asset)
