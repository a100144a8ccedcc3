"""What every table is derived from."""

from __future__ import annotations

from typing import Any, ClassVar

from sqlmodel import MetaData, SQLModel

from bot.kernel.storage.forgetting import Forgetting


class Table(SQLModel):
    """Base of all tables; its own metadata, so that no other library's tables slip into a migration."""

    forgetting: ClassVar[Forgetting]  # each declares its own
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Raises TypeError for a table that does not say what becomes of it when a person is forgotten."""
        super().__init_subclass__(**kwargs)
        if not isinstance(cls.__dict__.get("forgetting"), Forgetting):
            raise TypeError(f"{cls.__name__} declares no `forgetting` (kernel.storage.forgetting)")
