"""PostgreSQL behind the same verbs, through psycopg. Imported only where ``DATABASE_URL`` asks for it.

Several servers may work on one database. What they want at the same moment is ordered by row locks (the feeds) and, for
the schema, by one advisory lock; nobody waits without end: what takes too long, loses a deadlock or the connection is
rolled back and refused as :class:`DatabaseBusy`, which kiosks answer with another try.
"""

import logging
import re
import select
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, cast

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from shared.db.database import DatabaseBusy, DiskFull, Params, Row
from shared.kernel.limits import (
    POSTGRES_CONNECTIONS,
    POSTGRES_LOCK_SECONDS,
    POSTGRES_PARTITIONS,
    POSTGRES_STATEMENT_SECONDS,
    POSTGRES_UNREACHABLE_SECONDS,
)

# A round that waits longer than this has no kiosk left that waits for its answer. A server that died within a
# transaction, on a machine that lost its power, must not keep a point locked until TCP gives it up.
_SESSION = {
    "lock_timeout": f"{POSTGRES_LOCK_SECONDS}s",
    "statement_timeout": f"{POSTGRES_STATEMENT_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{POSTGRES_STATEMENT_SECONDS}s",
}
_LINE: dict[str, Any] = {
    "application_name": "linqu",
    "connect_timeout": POSTGRES_UNREACHABLE_SECONDS,
    "keepalives_idle": 30,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
# any number, the same for every version of ours, that no other program on this database uses
_ALONE_LOCK = 0x11990
_SQLITE_FORM = " WITHOUT ROWID"
_GROWS_WITH_POINTS = re.compile(r"CREATE TABLE (\w+) \(point TEXT NOT NULL,.*PRIMARY KEY \(point, ", re.DOTALL)

Connection = psycopg.Connection[dict[str, Any]]
log = logging.getLogger(__name__)


@lru_cache(maxsize=2000)
def translate(sql: str) -> str:
    """Our portable SQL in psycopg's form: ``?`` → ``%s``; in DDL ``BLOB`` → ``BYTEA`` and no ``WITHOUT ROWID``.

    Literals hold none of these by rule.
    """
    sql = sql.replace("%", "%%").replace("?", "%s")
    if sql.lstrip().upper().startswith(("CREATE", "ALTER")):
        sql = sql.replace(" BLOB", " BYTEA").removesuffix(_SQLITE_FORM)
    return sql


def partitioned(sql: str, partitions: int) -> list[str]:
    """A ``CREATE TABLE`` whose key starts with the point, and goes on, is cut into as many parts by the point's hash.

    Every other statement comes back as it is, and all of them where ``partitions`` is 1. A table that exists keeps the
    form it was made in.
    """
    found = _GROWS_WITH_POINTS.match(sql) if partitions > 1 else None
    if found is None:
        return [sql]
    name = found[1]
    parts = (
        f"CREATE TABLE {name}_p{part} PARTITION OF {name} FOR VALUES WITH (MODULUS {partitions}, REMAINDER {part})"
        for part in range(partitions)
    )
    return [f"{sql.removesuffix(_SQLITE_FORM)} PARTITION BY HASH (point)", *parts]


class PostgresTx:
    """One open transaction."""

    def __init__(self, conn: Connection, authoritative: bool, partitions: int) -> None:
        self._conn = conn
        self._partitions = partitions
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
        if sql.startswith("CREATE TABLE"):
            return [self._run(statement, params).rowcount for statement in partitioned(sql, self._partitions)][-1]
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

    def __init__(
        self, url: str, *, partitions: int = POSTGRES_PARTITIONS, connections: int = POSTGRES_CONNECTIONS
    ) -> None:
        self.authoritative = True
        self._partitions = partitions
        self._local = threading.local()
        self._away = False
        self._only_one_looks = threading.Lock()
        self._pool: ConnectionPool[Connection] = ConnectionPool(
            _conninfo(url),
            connection_class=cast(Any, psycopg.Connection),
            kwargs={"row_factory": dict_row, "autocommit": True},
            min_size=1,
            max_size=connections,
            # give up soon and begin anew with the next request: the pool's own back-off would go on for minutes after
            # the database has come back
            reconnect_timeout=POSTGRES_UNREACHABLE_SECONDS,
            open=True,
        )

    def query(self, sql: str, params: Params = ()) -> list[Row]:
        """All rows."""
        with self._connection() as conn:
            return cast(list[Row], conn.execute(cast(Any, translate(sql)), params).fetchall())

    def one(self, sql: str, params: Params = ()) -> Row | None:
        """The first row, or None."""
        with self._connection() as conn:
            return cast(Row | None, conn.execute(cast(Any, translate(sql)), params).fetchone())

    @contextmanager
    def writing(self) -> Iterator[PostgresTx]:
        """One transaction; rows that two writers want are locked by the feed row (see ``shared.sync.rows``).

        A second one in the same thread would wait for the first for ever on another connection: refused as on SQLite.
        """
        with self._transaction() as conn:
            tx = PostgresTx(conn, self.authoritative, self._partitions)
            yield tx
            tx.finish()

    @contextmanager
    def noting(self) -> Iterator[PostgresTx]:
        """One transaction that is on the disk within a second (three times ``wal_writer_delay``)."""
        with self.writing() as tx:
            tx.execute("SET LOCAL synchronous_commit = off")
            yield tx

    @contextmanager
    def reading(self) -> Iterator[PostgresTx]:
        """One moment of the database, for several queries; no writer waits for it."""
        with self._transaction() as conn:
            conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield PostgresTx(conn, self.authoritative, self._partitions)

    @contextmanager
    def alone(self) -> Iterator[PostgresTx]:
        """One transaction, for one server after the other, as long as it takes."""
        with self.writing() as tx:
            for timeout in ("lock_timeout", "statement_timeout"):
                tx.execute(f"SET LOCAL {timeout} = 0")
            tx.execute("SELECT pg_advisory_xact_lock(?)", (_ALONE_LOCK,))
            yield tx

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        if getattr(self._local, "within", False):
            raise RuntimeError("writing() inside writing(): one operation is one transaction")
        self._local.within = True
        try:
            with self._connection() as conn, conn.transaction():
                yield conn
        finally:
            self._local.within = False

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        """A connection of the pool, with what the database refuses in our words."""
        conn = self._take()
        try:
            yield conn
        except psycopg.errors.DiskFull as error:
            raise DiskFull from error
        except (psycopg.errors.ReadOnlySqlTransaction, psycopg.errors.IdleInTransactionSessionTimeout) as error:
            # it has become a standby, or has hung up: a new connection may lead to the one that takes its place
            conn.close()
            raise _busy(error) from error
        except psycopg.OperationalError as error:
            if isinstance(error, psycopg.errors.ProgramLimitExceeded):
                raise
            raise _busy(error) from error
        finally:
            self._pool.putconn(conn)

    def _take(self) -> Connection:
        """A connection that still leads somewhere. While the database is away one thread looks; the others are refused.

        Threads that all wait for it would leave nobody to answer kiosks with a 503.
        """
        looks = self._away
        if looks and not self._only_one_looks.acquire(blocking=False):
            raise DatabaseBusy
        try:
            while not _leads_somewhere(conn := self._pool.getconn(POSTGRES_UNREACHABLE_SECONDS)):
                conn.close()
                self._pool.putconn(conn)
        except PoolTimeout as error:
            self._away = True
            raise _busy(error) from error
        else:
            self._away = False
            return conn
        finally:
            if looks:
                self._only_one_looks.release()

    def run_script(self, statements: Sequence[str]) -> None:
        """Run DDL statements in one transaction."""
        with self.alone() as tx:
            for statement in statements:
                tx.execute(statement)

    def has_table(self, name: str) -> bool:
        """Whether a table exists."""
        row = self.one("SELECT to_regclass(?) IS NOT NULL AS there", (name,))
        return bool(row and row["there"])

    def partitions(self) -> dict[str, int]:
        """The tables that are cut by the point's hash, and into how many parts; the others are whole."""
        found = self.query(
            "SELECT parent.relname AS name, count(*) AS parts FROM pg_inherits JOIN pg_class AS parent "
            "ON parent.oid = inhparent WHERE parent.relkind = 'p' AND pg_table_is_visible(parent.oid) "
            "GROUP BY parent.relname ORDER BY parent.relname"
        )
        return {row["name"]: int(row["parts"]) for row in found}

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


def _leads_somewhere(conn: Connection) -> bool:
    """Whether the other end has not hung up. It would have left its last words to read: only then it is asked."""
    try:
        unread = select.poll()
        unread.register(conn.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
        if unread.poll(0):
            ConnectionPool.check_connection(conn)
    except psycopg.OperationalError:
        return False
    return True


def _busy(error: Exception) -> DatabaseBusy:
    log.warning("database: %s %s", type(error).__name__, str(error).partition("\n")[0])
    return DatabaseBusy()


def _conninfo(url: str) -> str:
    """The address with our limits; what the operator wrote there comes last and wins."""
    given: dict[str, Any] = conninfo_to_dict(url)
    ours = " ".join(f"-c {name}={value}" for name, value in _SESSION.items())
    return make_conninfo(**(_LINE | given | {"options": f"{ours} {given.get('options') or ''}".strip()}))


def open_postgres(
    url: str, *, partitions: int = POSTGRES_PARTITIONS, connections: int = POSTGRES_CONNECTIONS
) -> PostgresDatabase:
    """Open a PostgreSQL database by its ``postgresql://`` address.

    ``partitions``: into how many parts a table that grows with the points is cut when it is made; 1 leaves it whole.
    ``connections``: at most so many; one for each thread that asks, and some for those that write and read at once.
    """
    return PostgresDatabase(url, partitions=partitions, connections=connections)
