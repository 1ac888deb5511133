"""Numbered schema steps, room by room. A step that has run anywhere is never changed; a new one is added."""

from collections.abc import Sequence

from shared.db.database import Database, Reads

_TABLE = (
    "CREATE TABLE IF NOT EXISTS schema_migrations "
    "(room TEXT NOT NULL, number BIGINT NOT NULL, PRIMARY KEY (room, number))"
)


def migrate(db: Database, room: str, migrations: Sequence[Sequence[str]]) -> int:
    """Bring one room's tables up to date; the number of steps that ran. Each step is one transaction.

    Servers that start on one database at the same moment go one after the other, and each step runs once.
    """
    db.run_script([_TABLE])
    ran = 0
    for number, statements in enumerate(migrations, start=1):
        if _has_run(db, room, number):
            continue
        with db.alone() as tx:
            if _has_run(tx, room, number):
                continue
            for statement in statements:
                tx.execute(statement)
            tx.execute("INSERT INTO schema_migrations (room, number) VALUES (?, ?)", (room, number))
        ran += 1
    return ran


def _has_run(db: Reads, room: str, number: int) -> bool:
    done = db.one("SELECT 1 AS done FROM schema_migrations WHERE room = ? AND number = ?", (room, number))
    return done is not None


def schema_version(db: Reads) -> int:
    """How many steps this database has taken, over all rooms; travels with every sync round."""
    row = db.one("SELECT count(*) AS steps FROM schema_migrations")
    return int(row["steps"]) if row else 0
