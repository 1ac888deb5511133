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


class DatabaseUnreadable(Refused):
    """The file is not our database, or its key is another device's."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            "DATABASE_UNREADABLE",
            N_("打不开本机数据库：密钥不符或文件已损坏。"),
            N_("请从备份恢复，或重新登记本机。"),
        )


# names from PEP 249, so that neither driver has to be imported to ask
_DATA_ERRORS = {"IntegrityError", "DataError", "InterfaceError", "ProgrammingError", "NotSupportedError"}
_RULE_ERRORS = (Refused, ArithmeticError, LookupError, TypeError, ValueError, AssertionError, AttributeError)


def is_about_data(error: Exception) -> bool:
    """Whether what failed is the thing written (bad value, broken rule, broken constraint), not the database itself."""
    if isinstance(error, (DiskFull, DatabaseUnreadable)):
        return False
    return isinstance(error, _RULE_ERRORS) or any(base.__name__ in _DATA_ERRORS for base in type(error).__mro__)


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

        Raises :class:`DiskFull` when nothing could be written, ``RuntimeError`` when this thread is already writing.
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
