"""Tables, sessions and small repositories; SQLite by default, PostgreSQL by `DATABASE_URL`."""

from bot.kernel.storage.database import BadDatabaseUrl, Database
from bot.kernel.storage.migrations import MigrationsMissing, migrate

__all__ = ["BadDatabaseUrl", "Database", "MigrationsMissing", "migrate"]
