"""What each statement costs in blocks, on a PostgreSQL without ``pg_stat_statements``.

Every statement runs twice: first under ``EXPLAIN (ANALYZE, BUFFERS)``, which is taken back, then for real. The blocks
that it looked at (hit or read) are counted: they say how the cost grows whatever the machine and its cache are.
"""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, cast

import psycopg

from shared.db.postgres import PostgresDatabase

_EXPLAINED = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)


class Costs(dict[str, list[int]]):
    """Statement → blocks of each call."""

    def note(self, sql: str, plan: Any) -> None:
        """Keep what ``EXPLAIN … FORMAT JSON`` said."""
        node = plan[0]["Plan"]
        self.setdefault(sql, []).append(node["Shared Hit Blocks"] + node["Shared Read Blocks"])

    def taken(self) -> "Costs":
        """What was noted since the last time, and begin anew."""
        noted = Costs(self)
        self.clear()
        return noted

    def most(self) -> dict[str, int]:
        """Statement → blocks of its dearest call."""
        return {sql: max(blocks) for sql, blocks in self.items()}

    @property
    def calls(self) -> int:
        """How many statements ran."""
        return sum(map(len, self.values()))


class _Cursor:
    def __init__(self, conn: "WatchedConnection") -> None:
        self._conn = conn

    def __enter__(self) -> "_Cursor":
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def executemany(self, sql: str, rows: Any) -> None:
        for row in rows:
            self._conn.execute(sql, row)


class WatchedConnection:
    """A connection that explains each statement before it runs it."""

    def __init__(self, conn: psycopg.Connection[dict[str, Any]], costs: Costs) -> None:
        self._conn = conn
        self._costs = costs

    def execute(self, sql: str, params: Any = ()) -> psycopg.Cursor[dict[str, Any]]:
        """Explain, take back, run."""
        if _EXPLAINED.match(sql):
            with self._conn.transaction():
                explain = cast(Any, f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}")
                row = self._conn.execute(explain, params).fetchone()
                assert row is not None
                self._costs.note(sql, row["QUERY PLAN"])
                raise psycopg.Rollback
        return self._conn.execute(cast(Any, sql), params)

    def cursor(self) -> _Cursor:
        """Many rows, one after the other."""
        return _Cursor(self)

    def transaction(self) -> AbstractContextManager[psycopg.Transaction]:
        """As it is."""
        return self._conn.transaction()


class WatchedDatabase(PostgresDatabase):
    """A database that knows what its statements cost."""

    def __init__(self, url: str) -> None:
        self.costs = Costs()
        super().__init__(url)

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        with super()._connection() as conn:
            yield WatchedConnection(conn, self.costs)
