"""One small set of verbs over SQLite (sqlcipher3, sqlite-utils) and PostgreSQL (psycopg)."""

from shared.db.database import Database, DatabaseBusy, DatabaseUnreadable, DiskFailed, DiskFull, Row, Tx
from shared.db.migrations import migrate
from shared.db.sqlite import SqliteDatabase, open_sqlite

__all__ = [
    "Database",
    "DatabaseBusy",
    "DatabaseUnreadable",
    "DiskFailed",
    "DiskFull",
    "Row",
    "SqliteDatabase",
    "Tx",
    "migrate",
    "open_sqlite",
]
