"""The setting ACCESS and the operators: who may do everything here, decided anew at each act."""

from __future__ import annotations

from dataclasses import dataclass

from bot.store.tables import Access, User


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """Operators are always let in; by default nobody else is."""

    is_open: bool = False
    admins: tuple[int, ...] = ()

    def admits(self, user: User) -> bool:
        """Whether this person may do everything. Who was denied is out even where the door is open."""
        if user.id in self.admins or user.access is Access.APPROVED:
            return True
        return self.is_open and user.access is not Access.DENIED
