"""Copies of a database file: written while others work, read again before they count, put in place as a whole.

A copy appears under its name only when it is whole and on the disk. A database that is replaced is never deleted: it
is set aside with its write-ahead log, because it may hold what no copy does.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from shared.db.database import DatabaseUnreadable
from shared.db.sqlite import SqliteDatabase
from shared.kernel.errors import N_, Refused

LOCK_FILE = "in-use.lock"
PART = ".part"


class DatabaseInUse(Refused):
    """Processes work on the database that is to be replaced."""

    def __init__(self) -> None:
        super().__init__("DATABASE_IN_USE", N_("还有程序在用这个数据库。"), N_("请先停止所有 Linqu 进程，再恢复。"))


class BeingRestored(Refused):
    """The database is being replaced right now."""

    status = 503

    def __init__(self) -> None:
        super().__init__("BEING_RESTORED", N_("正在从备份恢复数据库。"), N_("请等恢复完成后再启动。"))


class CopyDamaged(Refused):
    """What lies in the file is no whole copy."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            "COPY_DAMAGED", N_("备份文件不完整或已损坏：%(detail)s"), N_("请改用另一份备份。"), detail=detail
        )


@contextmanager
def _held(folder: Path, how: int, refused: type[DatabaseInUse] | type[BeingRestored]) -> Iterator[None]:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / LOCK_FILE).open("w") as lock:
        try:
            fcntl.flock(lock, how | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise refused from error
        yield


def in_use(folder: Path) -> AbstractContextManager[None]:
    """Say, as long as it lasts, that a process works on the database in ``folder``. Raises :class:`BeingRestored`."""
    return _held(folder, fcntl.LOCK_SH, BeingRestored)


def alone(folder: Path) -> AbstractContextManager[None]:
    """Keep all others from the database in ``folder``. Raises :class:`DatabaseInUse` when one is at work."""
    return _held(folder, fcntl.LOCK_EX, DatabaseInUse)


def on_disk(path: Path) -> None:
    """Wait until a file (or folder) is on its disk, and read it from there next time."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(handle)


def write_file(file: Path, content: bytes, mode: int = 0o666) -> None:
    """Write a file that is whole or not there, whatever is pulled out when. Raises ``OSError``.

    ``mode``: who may read it from its first byte on, less what the process's umask takes away.
    """
    part = file.with_name(file.name + PART)
    try:
        part.unlink(missing_ok=True)
        # a name that a stick brings along may lead elsewhere: only a new file is written
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), "wb") as new:
            new.write(content)
        on_disk(part)
        part.replace(file)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    on_disk(file.parent)


def write_copy(db: SqliteDatabase, file: Path) -> int:
    """Write a copy of this moment to ``file`` while others go on working; its size in bytes.

    What stood under that name is replaced only when the new copy is whole on the disk and was read again. Raises
    ``OSError`` when it can't be written, :class:`CopyDamaged` when it reads back wrong.
    """
    part = file.with_name(file.name + PART)
    part.unlink(missing_ok=True)
    try:
        db.backup_to(part)
        on_disk(part)
        check_copy(db, part)
        size = part.stat().st_size
        part.replace(file)
        on_disk(file.parent)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return size


def check_copy(db: SqliteDatabase, file: Path) -> None:
    """Read every page of a copy under the key of ``db``. Raises :class:`CopyDamaged`."""
    try:
        copy = db.sibling(file)
    except DatabaseUnreadable as error:
        raise CopyDamaged(error.message) from error
    try:
        bad = copy.damage()
    finally:
        copy.close()
    if bad:
        raise CopyDamaged(bad[0])


@contextmanager
def fetched_copy(file: Path, beside: Path) -> Iterator[Path]:
    """Bring a copy from wherever it lies (a stick may be read-only) next to the database it shall replace.

    What has not been put in place at the end is thrown away. Raises ``Refused`` COPY_MISSING.
    """
    if not file.is_file():
        raise Refused("COPY_MISSING", N_("没有这个备份文件：%(file)s"), N_("请核对文件名。"), file=str(file))
    fetched = beside.with_name(beside.name + ".restoring")
    try:
        _forget(fetched)
        shutil.copyfile(file, fetched)
        fetched.chmod(0o600)
        yield fetched
    finally:
        _forget(fetched)


def _forget(fetched: Path) -> None:
    for old in fetched.parent.glob(fetched.name + "*"):
        old.unlink()


def put_in_place(fetched: Path, database: Path, aside: Path, *, with_it: Sequence[str] = ()) -> bool:
    """Make a checked copy the database; what stood there lies in the new folder ``aside``. True if there was any.

    Nobody may have either file open. At no moment is there no database: a second name keeps the old one, its log is
    moved away (it would be taken for the new one's) together with the files named ``with_it`` that speak of the old
    one, and the copy takes the name over.
    """
    on_disk(fetched)
    there = database.exists()
    if there:
        aside.mkdir(mode=0o700)
        os.link(database, aside / database.name)
        for ending in ("-wal", "-shm"):
            log = database.with_name(database.name + ending)
            if log.exists():
                log.replace(aside / log.name)
        on_disk(aside)
    fetched.replace(database)
    # last: should the power fail before, they tell that the database stands lower than it did
    for name in with_it if there else ():
        if (database.parent / name).exists():
            (database.parent / name).replace(aside / name)
    on_disk(database.parent)
    return there
