"""PostgreSQL behind the same verbs, through psycopg. Imported only where ``DATABASE_URL`` asks for it."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, cast

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from shared.db.database import DiskFull, Params, Row

POOL_CONNECTIONS = 16


@lru_cache(maxsize=2000)
def translate(sql: str) -> str:
    """Our portable SQL in psycopg's form: ``?`` → ``%s``; in DDL ``BLOB`` → ``BYTEA`` and no ``WITHOUT ROWID``.

    Literals hold none of these by rule.
    """
    sql = sql.replace("%", "%%").replace("?", "%s")
    if sql.lstrip().upper().startswith(("CREATE", "ALTER")):
        sql = sql.replace(" BLOB", " BYTEA").removesuffix(" WITHOUT ROWID")
    return sql


class PostgresTx:
    """One open transaction."""

    def __init__(self, conn: psycopg.Connection[dict[str, Any]], authoritative: bool) -> None:
        self._conn = conn
        self.authoritative = authoritative
        self.memo: dict[str, Any] = {}
        self._before_commit: list[Callable[[], object]] = []

    def _run(self, sql: str, params: Params) -> psycopg.Cursor[dict[str, Any]]:
        return self._conn.execute(cast(Any, translate(sql)), params)

    def query(self, sql: str, params: Params = ()) -> list[Row]:
        """All rows."""
        return cast(list[Row], self._run(sql, params).fetchall())

    def one(self, sql: str, params: Params = ()) -> Row | None:
        """The first row, or None."""
        return cast(Row | None, self._run(sql, params).fetchone())

    def execute(self, sql: str, params: Params = ()) -> int:
        """Run one statement; the number of rows it touched."""
        return self._run(sql, params).rowcount

    def executemany(self, sql: str, rows: Iterable[Params]) -> None:
        """Run one statement for many rows."""
        with self._conn.cursor() as cursor:
            cursor.executemany(cast(Any, translate(sql)), rows)

    def before_commit(self, work: Callable[[], object]) -> None:
        """Run ``work`` just before the commit."""
        self._before_commit.append(work)

    def finish(self) -> None:
        """Run what was left for the end; it may leave more."""
        while self._before_commit:
            self._before_commit.pop(0)()

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """A part that rolls back alone."""
        with self._conn.transaction():
            yield


class PostgresDatabase:
    """A pool of connections to one PostgreSQL database."""

    def __init__(self, url: str, authoritative: bool = True) -> None:
        self.authoritative = authoritative
        self._local = threading.local()
        self._pool: ConnectionPool[psycopg.Connection[dict[str, Any]]] = ConnectionPool(
            url,
            connection_class=cast(Any, psycopg.Connection),
            kwargs={"row_factory": dict_row, "autocommit": True},
            min_size=1,
            max_size=POOL_CONNECTIONS,
            # a connection that died while it lay in the pool (PostgreSQL restarted) is replaced, not handed out
            check=ConnectionPool.check_connection,
            open=True,
        )

    def query(self, sql: str, params: Params = ()) -> list[Row]:
        """All rows."""
        with self._pool.connection() as conn:
            return cast(list[Row], conn.execute(cast(Any, translate(sql)), params).fetchall())

    def one(self, sql: str, params: Params = ()) -> Row | None:
        """The first row, or None."""
        with self._pool.connection() as conn:
            return cast(Row | None, conn.execute(cast(Any, translate(sql)), params).fetchone())

    @contextmanager
    def writing(self) -> Iterator[PostgresTx]:
        """One transaction; rows that two writers want are locked by the feed row (see ``shared.sync.rows``).

        A second one in the same thread would wait for the first for ever on another connection: refused as on SQLite.
        """
        if getattr(self._local, "writing", False):
            raise RuntimeError("writing() inside writing(): one operation is one transaction")
        self._local.writing = True
        try:
            with self._pool.connection() as conn, conn.transaction():
                tx = PostgresTx(conn, self.authoritative)
                yield tx
                tx.finish()
        except psycopg.errors.DiskFull as error:
            raise DiskFull from error
        finally:
            self._local.writing = False

    def run_script(self, statements: Sequence[str]) -> None:
        """Run DDL statements in one transaction."""
        with self.writing() as tx:
            for statement in statements:
                tx.execute(statement)

    def has_table(self, name: str) -> bool:
        """Whether a table exists."""
        row = self.one("SELECT to_regclass(?) IS NOT NULL AS there", (name,))
        return bool(row and row["there"])

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


def open_postgres(url: str) -> PostgresDatabase:
    """Open a PostgreSQL database by its ``postgresql://`` address."""
    return PostgresDatabase(url)
