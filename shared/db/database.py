"""The verbs every store speaks. SQL is written by hand, once, with ``?`` for values, for both databases."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from shared.kernel.errors import N_, Refused

Params = Sequence[Any]


class Row(Protocol):
    """One result row: ``row["column"]``, ``dict(row)``."""

    def __getitem__(self, column: str, /) -> Any:
        """The value of a column."""
        ...

    def keys(self) -> Any:
        """The column names."""
        ...


class DiskFull(Refused):
    """Nothing could be written because the disk is full; what was confirmed before is safe."""

    status = 507

    def __init__(self) -> None:
        super().__init__(
            "DISK_FULL",
            N_("磁盘已满，这一步没有保存。"),
            N_("请联系运营清理磁盘；之前确认过的记录都在。"),
        )


class DiskFailed(Refused):
    """The disk refused to read, write or sync; whether it keeps what it has is doubtful."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            "DISK_FAILED",
            N_("磁盘读写出错，这一步没有保存。"),
            N_("请再试一次；若一直出现，请联系运营更换存储卡。"),
        )


class DatabaseUnreadable(Refused):
    """The file is not our database, or its key is another device's."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            "DATABASE_UNREADABLE",
            N_("打不开本机数据库：密钥不符或文件已损坏。"),
            N_("请从备份恢复，或重新登记本机。"),
        )


class DatabaseBusy(Refused):
    """The database did not answer in time, or let somebody else go first; the whole transaction may be tried again.

    Where the connection broke at the very end it may even stand: facts and claim codes know themselves again.
    """

    status = 503

    def __init__(self) -> None:
        super().__init__(
            "DATABASE_BUSY",
            N_("数据库正忙或暂时连不上。"),
            N_("请稍后再试；再次操作前，请先刷新查看刚才那一步是否已保存。"),
        )


# names from PEP 249 and one of PostgreSQL's (a text too long for an index), so that no driver is imported to ask
_DATA_ERRORS = {
    "IntegrityError", "DataError", "InterfaceError", "ProgrammingError", "NotSupportedError", "ProgramLimitExceeded",
}  # fmt: skip


def is_about_data(error: Exception) -> bool:
    """Whether what failed is the thing written (bad value, broken rule, broken constraint), not what stores it.

    Whatever a rule raises counts, down to a recursion too deep: one fact must never hold up all that come after it.
    """
    if isinstance(error, (DiskFull, DiskFailed, DatabaseUnreadable, DatabaseBusy, OSError, MemoryError)):
        return False
    names = {base.__name__ for base in type(error).__mro__}
    return "DatabaseError" not in names or bool(names & _DATA_ERRORS)


class Reads(Protocol):
    """Reading verbs."""

    @property
    def authoritative(self) -> bool:
        """True at the centre, where rows get their version; False at a kiosk, where they wait for the centre."""
        ...

    def query(self, sql: str, params: Params = ()) -> list[Row]:
        """All rows."""
        ...

    def one(self, sql: str, params: Params = ()) -> Row | None:
        """The first row, or None."""
        ...


class Tx(Reads, Protocol):
    """An open transaction, made by ``Database.writing()``.

    ``memo`` carries what belongs to this transaction alone; ``before_commit`` runs just before the commit.
    """

    memo: dict[str, Any]

    def execute(self, sql: str, params: Params = ()) -> int:
        """Run one statement; the number of rows it touched."""
        ...

    def executemany(self, sql: str, rows: Iterable[Params]) -> None:
        """Run one statement for many rows."""
        ...

    def before_commit(self, work: Callable[[], object]) -> None:
        """Run ``work`` inside this transaction, just before it commits."""
        ...

    def savepoint(self) -> AbstractContextManager[None]:
        """A part that rolls back alone when it raises; the transaction goes on if the caller catches."""
        ...


class Database(Reads, Protocol):
    """A database that many threads share; each thread or transaction has its own connection."""

    def writing(self) -> AbstractContextManager[Tx]:
        """The only way to write: one transaction, ``BEGIN IMMEDIATE`` on SQLite.

        Raises :class:`DiskFull` when nothing could be written, :class:`DatabaseBusy` when others were in the way for
        too long, ``RuntimeError`` when this thread is already writing.
        """
        ...

    def noting(self) -> AbstractContextManager[Tx]:
        """``writing()`` that waits for no disk: for what a power cut may take, because it is said again soon."""
        ...

    def reading(self) -> AbstractContextManager[Reads]:
        """One moment of the database for several queries, whatever is written meanwhile; no writer waits for it.

        Raises ``RuntimeError`` when this thread is already writing or reading.
        """
        ...

    def alone(self) -> AbstractContextManager[Tx]:
        """``writing()`` for what happens once in a database's life, its tables and its beginning.

        One process goes after the other, however long it takes.
        """
        ...

    def run_script(self, statements: Sequence[str]) -> None:
        """Run DDL statements in one transaction."""
        ...

    def has_table(self, name: str) -> bool:
        """Whether a table exists."""
        ...

    def close(self) -> None:
        """Close every connection."""
        ...
