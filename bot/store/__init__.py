"""Tables, sessions and small repositories; SQLite by default, PostgreSQL by `DATABASE_URL`."""

from bot.store.database import BadDatabaseUrl, Database
from bot.store.migrations import MigrationsMissing, migrate

__all__ = ["BadDatabaseUrl", "Database", "MigrationsMissing", "migrate"]
