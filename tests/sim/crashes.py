"""A process that dies at a transaction boundary: every ``writing()`` of every database is a place to die."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from shared.db.sqlite import SqliteDatabase, SqliteTx


class Crash(BaseException):
    """The process ends here. No handler of the product may catch it, as none catches a power cut."""


class Moment(StrEnum):
    """Where in a transaction the process dies."""

    BEGIN = "begin"
    BODY = "body"
    COMMIT = "commit"
    COMMITTED = "committed"


@dataclass
class Fuse:
    """Blows at the transaction that follows ``left`` others; ``left`` below zero: not lit."""

    left: int = -1
    moment: Moment = Moment.COMMIT

    def burn(self) -> bool:
        """One transaction begins: whether it is the one."""
        if self.left < 0:
            return False
        self.left -= 1
        return self.left < 0


class Fuses:
    """The fuses of all machines, by the path of their database."""

    def __init__(self) -> None:
        self._of: dict[Path, Fuse] = {}

    def of(self, path: Path) -> Fuse:
        """The fuse of one database."""
        return self._of.setdefault(path, Fuse())

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Within: every ``SqliteDatabase.writing`` burns its database's fuse."""
        original = SqliteDatabase.writing
        fuses = self

        @contextmanager
        def writing(db: SqliteDatabase) -> Iterator[SqliteTx]:
            fuse = fuses.of(db.path)
            blows = fuse.burn()
            if blows and fuse.moment is Moment.BEGIN:
                raise Crash
            with original(db) as tx:
                if blows and fuse.moment is Moment.COMMIT:
                    _die_last(tx)
                yield tx
                if blows and fuse.moment is Moment.BODY:
                    raise Crash
            if blows:
                raise Crash

        replaced: Any = writing
        try:
            SqliteDatabase.writing = replaced  # type: ignore[method-assign]  # put back below
            yield
        finally:
            SqliteDatabase.writing = original  # type: ignore[method-assign]  # what was there before


def _die_last(tx: SqliteTx) -> None:
    """Die when everything that was left for the end has run, just before COMMIT."""

    def die() -> None:
        if tx._before_commit:
            tx.before_commit(die)
        else:
            raise Crash

    tx.before_commit(die)
