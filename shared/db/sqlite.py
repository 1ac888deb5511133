"""SQLite behind the ``Database`` verbs: sqlcipher3 (encryption at rest, page checksums), WAL, ``synchronous=FULL``.

``synchronous=NORMAL`` would lose confirmed actions in a power cut; ``BEGIN IMMEDIATE`` because a deferred transaction
that reads and then writes fails with "database is locked" as soon as two staff work at once.
"""

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import sqlcipher3

from shared.db.database import DatabaseBusy, DatabaseUnreadable, DiskFailed, DiskFull, Params, Row
from shared.kernel.errors import Refused

if TYPE_CHECKING:
    import sqlite_utils

BUSY_TIMEOUT_MS = 10_000
# the driver gives an error's class and SQLite's own sentence, no number
_WORDS: dict[str, Callable[[], Refused]] = {
    "disk is full": DiskFull,
    "disk I/O error": DiskFailed,
    "database is locked": DatabaseBusy,
    "disk image is malformed": DatabaseUnreadable,
    "file is not a database": DatabaseUnreadable,
}
STATEMENT_CACHE = 400
# SQLCipher's own choice is 8 MB for each connection, and each of a server's 16 threads has one
CACHE_KB = 2_000
SHRED_TRIES = 5
SHRED_BYTES = 200 * 1024 * 1024


class _Verbs:
    """The verbs on one connection."""

    def __init__(self, conn: Any, authoritative: bool) -> None:
        self._conn = conn
        self.authoritative = authoritative

    def query(self, sql: str, params: Params = ()) -> list[Row]:
        return cast(list[Row], self._conn.execute(sql, params).fetchall())

    def one(self, sql: str, params: Params = ()) -> Row | None:
        return cast(Row | None, self._conn.execute(sql, params).fetchone())


def _refuse_nul(params: Params) -> None:
    """A centre takes what PostgreSQL's text can hold, whichever database it stands on: a replay meets facts alike."""
    # a loop, because this runs for every statement of a push: a generator takes twice as long
    for value in params:
        if type(value) is str and "\x00" in value:
            raise ValueError("a text with a NUL character")


class SqliteTx(_Verbs):
    """One open ``BEGIN IMMEDIATE`` transaction."""

    def __init__(self, conn: Any, authoritative: bool) -> None:
        super().__init__(conn, authoritative)
        self.memo: dict[str, Any] = {}
        self._before_commit: list[Callable[[], object]] = []

    def execute(self, sql: str, params: Params = ()) -> int:
        """Run one statement; the number of rows it touched."""
        if self.authoritative:
            _refuse_nul(params)
        return cast(int, self._conn.execute(sql, params).rowcount)

    def executemany(self, sql: str, rows: Iterable[Params]) -> None:
        """Run one statement for many rows."""
        if self.authoritative:
            rows = list(rows)
            for row in rows:
                _refuse_nul(row)
        self._conn.executemany(sql, rows)

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
        self._conn.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            # a full or failing disk makes SQLite roll back the whole transaction: then there is no part any more
            if self._conn.in_transaction:
                self._conn.execute("ROLLBACK TO part")
                self._conn.execute("RELEASE part")
            raise
        self._conn.execute("RELEASE part")


class SqliteDatabase:
    """One SQLite file; each thread gets a connection of its own."""

    def __init__(self, path: Path, key: str | None, authoritative: bool) -> None:
        self.path = path
        self.authoritative = authoritative
        self._key = key
        self._local = threading.local()
        self._all: list[Any] = []
        self._lock = threading.Lock()
        self.before_writing: Callable[[], None] | None = None
        """Called before each transaction, for a roof that keeps room for its writes."""
        self.after_writing: Callable[[], None] | None = None
        """Called after each commit."""
        self._connection()

    def _connection(self) -> Any:
        conn = getattr(self._local, "conn", None)
        if conn is None:
            conn = self._local.conn = _connect(self.path, self._key)
            with self._lock:
                self._all.append(conn)
        return conn

    @property
    def tools(self) -> "sqlite_utils.Database":
        """sqlite-utils on this thread's connection: schema questions, full-text search, kiosk-only tables.

        Loaded where it is first asked for: it brings numpy along wherever that is installed, 20 MB in each process.
        """
        tools = getattr(self._local, "tools", None)
        if tools is None:
            import sqlite_utils

            tools = self._local.tools = sqlite_utils.Database(self._connection())
        return cast("sqlite_utils.Database", tools)

    def query(self, sql: str, params: Params = ()) -> list[Row]:
        """All rows. Raises :class:`DatabaseUnreadable` where they are damaged."""
        try:
            return cast(list[Row], self._connection().execute(sql, params).fetchall())
        except sqlcipher3.DatabaseError as error:
            if (said := _in_words(error)) is not None:
                raise said from error
            raise

    def one(self, sql: str, params: Params = ()) -> Row | None:
        """The first row, or None. Raises :class:`DatabaseUnreadable` where it is damaged."""
        try:
            return cast(Row | None, self._connection().execute(sql, params).fetchone())
        except sqlcipher3.DatabaseError as error:
            if (said := _in_words(error)) is not None:
                raise said from error
            raise

    @contextmanager
    def writing(self) -> Iterator[SqliteTx]:
        """One ``BEGIN IMMEDIATE`` transaction; see :class:`shared.db.database.Database`."""
        conn = self._connection()
        if conn.in_transaction:
            raise RuntimeError("writing() inside writing(): one operation is one transaction")
        if self.before_writing is not None:
            self.before_writing()
        try:
            conn.execute("BEGIN IMMEDIATE")
            tx = SqliteTx(conn, self.authoritative)
            yield tx
            tx.finish()
            conn.execute("COMMIT")
        except BaseException as error:
            if conn.in_transaction:
                conn.execute("ROLLBACK")
            if (said := _in_words(error)) is not None:
                raise said from error
            raise
        if self.after_writing is not None:
            self.after_writing()

    @contextmanager
    def noting(self) -> Iterator[SqliteTx]:
        """One transaction that the next ``writing()``, or checkpoint, of anybody brings to the disk."""
        conn = self._connection()
        conn.execute("PRAGMA synchronous = NORMAL")
        try:
            with self.writing() as tx:
                yield tx
        finally:
            conn.execute("PRAGMA synchronous = FULL")

    @contextmanager
    def reading(self) -> Iterator[_Verbs]:
        """One moment of the file for several queries: a deferred transaction, which in WAL keeps no writer waiting."""
        conn = self._connection()
        if conn.in_transaction:
            raise RuntimeError("reading() inside a transaction of this thread")
        conn.execute("BEGIN DEFERRED")
        try:
            yield _Verbs(conn, self.authoritative)
        finally:
            conn.execute("ROLLBACK")

    def alone(self) -> AbstractContextManager[SqliteTx]:
        """One transaction; SQLite lets one process at a time write anyway."""
        return self.writing()

    def run_script(self, statements: Sequence[str]) -> None:
        """Run DDL statements in one transaction."""
        with self.writing() as tx:
            for statement in statements:
                tx.execute(statement)

    def has_table(self, name: str) -> bool:
        """Whether a table exists."""
        return self.one("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)) is not None

    def damage(self) -> list[str]:
        """What page checksums and SQLite's own check find wrong, in SQLite's words; empty when the file is whole.

        After a power cut in the middle of a checkpoint pages of the file are torn and whole in the log: the checkpoint
        is done again first, or page checksums would find damage where there is none.
        """
        conn = self._connection()
        found: list[str] = []
        with contextlib.suppress(sqlcipher3.DatabaseError):
            conn.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        for check in ("PRAGMA cipher_integrity_check", "PRAGMA quick_check"):
            try:
                found += [row[0] for row in conn.execute(check).fetchall() if row[0] != "ok"]
            except sqlcipher3.DatabaseError as error:
                found.append(str(error))
        return found

    def log_frames(self) -> int:
        """How many frames of the write-ahead log count; -1 without one, or where the disk does not say. Looks only."""
        try:
            row = self._connection().execute("PRAGMA wal_checkpoint(NOOP)").fetchone()
        except sqlcipher3.DatabaseError:
            # asked after a commit, which must not look undone
            return -1
        return cast(int, row[1])

    def backup_to(self, path: Path) -> None:
        """Write a copy of this moment to ``path``, under the same key, while others go on working.

        Raises ``FileExistsError`` rather than write over a copy, ``OSError`` when it can't be written.
        """
        if path.exists():
            raise FileExistsError(path)
        try:
            copy = sqlcipher3.connect(str(path), isolation_level=None)
            try:
                if self._key is not None:
                    copy.execute(f"PRAGMA key = \"x'{bytes.fromhex(self._key).hex()}'\"")
                self._connection().backup(copy)
            finally:
                copy.close()
        except sqlcipher3.OperationalError as error:
            raise OSError(f"{path}: {error}") from error

    def salvage(self, sql: str) -> Iterator[Row]:
        """The rows of a query on a damaged file, as far as they can be read; none where not even the table can.

        On a connection of its own: one that has met a bad page reads nothing any more.
        """
        conn = _connect(self.path, self._key)
        try:
            cursor = conn.execute(sql)
            while (row := cursor.fetchone()) is not None:
                yield cast(Row, row)
        except sqlcipher3.DatabaseError:
            return
        finally:
            conn.close()

    def shred(self) -> bool:
        """Write the whole file anew and empty the log, so that nothing deleted can be read from either.

        Others may go on reading; writers wait. A file so large that its copy would not fit into memory is left as it
        is. False where others kept us from it, or there was no room: to be tried again.
        """
        conn = self._connection()
        try:
            if self.path.stat().st_size <= SHRED_BYTES:
                conn.execute("VACUUM")
            for _ in range(SHRED_TRIES):
                busy, _log, _done = conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                if not busy:
                    return True
        except sqlcipher3.OperationalError:
            return False
        return False

    def sibling(self, path: Path) -> "SqliteDatabase":
        """Another file under the same key: a copy that is looked at. Raises ``DatabaseUnreadable``."""
        return SqliteDatabase(path, self._key, self.authoritative)

    def close(self) -> None:
        """Close every thread's connection."""
        with self._lock:
            for conn in self._all:
                conn.close()
            self._all.clear()
        self._local = threading.local()


def _in_words(error: BaseException) -> Refused | None:
    """What SQLite's error means to a person; None where it is a mistake of ours."""
    if isinstance(error, sqlcipher3.DatabaseError):
        said = str(error)
        for words, refused in _WORDS.items():
            if words in said:
                return refused()
    return None


def _connect(path: Path, key: str | None) -> Any:
    conn = sqlcipher3.connect(
        str(path), isolation_level=None, check_same_thread=False, cached_statements=STATEMENT_CACHE
    )
    conn.row_factory = sqlcipher3.Row
    try:
        if key is not None:
            conn.execute(f"PRAGMA key = \"x'{bytes.fromhex(key).hex()}'\"")
        conn.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("PRAGMA synchronous = FULL")
        conn.execute("PRAGMA foreign_keys = ON")
        conn.execute(f"PRAGMA cache_size = -{CACHE_KB}")
    except sqlcipher3.DatabaseError as error:
        conn.close()
        if isinstance(error, sqlcipher3.OperationalError) and "not a database" not in str(error):
            raise
        raise DatabaseUnreadable from error
    return conn


def open_sqlite(path: Path, *, key: str | None, authoritative: bool) -> SqliteDatabase:
    """Open (or make) a database file.

    ``key`` is 64 hexadecimal digits (a raw 256-bit key: no slow derivation at each open) or None for a plain file.
    Raises :class:`DatabaseUnreadable` when the file has another key or is none of ours.
    """
    return SqliteDatabase(path, key, authoritative)
