"""What every table is derived from."""

from __future__ import annotations

from typing import ClassVar

from sqlmodel import MetaData, SQLModel

from bot.store.forgetting import Forgetting


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
