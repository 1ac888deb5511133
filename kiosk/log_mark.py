"""How long the write-ahead log was after the last commit: a log that has become shorter by itself is found out.

SQLite reads a damaged or cut log up to its first bad frame and takes the rest for never written. Where a checkpoint had
carried later frames into the file already, older pages then cover newer ones, and no page checksum is wrong. So after
each commit the log's salts and its number of frames are written down beside it; one read and one write, no sync.
"""

import logging
import os
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from shared.db import SqliteDatabase

FILE = "log.mark"
LINE_BYTES = 64
# https://www.sqlite.org/fileformat2.html#walformat
HEADER = struct.Struct(">8I")
LITTLE_ENDIAN_SUMS, BIG_ENDIAN_SUMS = 0x377F0682, 0x377F0683

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LogHeader:
    """The beginning of a log: ``salts`` are drawn anew whenever it starts again; None for a damaged beginning."""

    salts: tuple[int, int] | None


def read_header(database: Path) -> LogHeader | None:
    """The log's beginning; None where there is no log, or an empty one."""
    try:
        with database.with_name(f"{database.name}-wal").open("rb") as opened:
            data = opened.read(HEADER.size)
    except FileNotFoundError:
        return None
    if not data:
        return None
    if len(data) < HEADER.size:
        return LogHeader(None)
    magic, _version, _page, _number, salt, other_salt, first, second = HEADER.unpack(data)
    if magic not in (LITTLE_ENDIAN_SUMS, BIG_ENDIAN_SUMS):
        return LogHeader(None)
    words = struct.unpack("<6I" if magic == LITTLE_ENDIAN_SUMS else ">6I", data[:24])
    return LogHeader((salt, other_salt) if _sums(words) == (first, second) else None)


def _sums(words: tuple[int, ...]) -> tuple[int, int]:
    first = second = 0
    for one, other in zip(words[::2], words[1::2], strict=True):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + other + first) & 0xFFFFFFFF
    return first, second


class LogMark:
    """The file. All processes of the kiosk write it after each of their commits."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def note(self, db: SqliteDatabase) -> None:
        """After a commit. A disk that refuses must not make the commit look undone."""
        try:
            header, frames = read_header(db.path), db.log_frames()
            if header is None or header.salts is None or frames < 0:
                return
            words = f"{header.salts[0]} {header.salts[1]} {frames}"
            line = f"{words} {zlib.crc32(words.encode()):08x}".encode().ljust(LINE_BYTES - 1) + b"\n"
            fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.pwrite(fd, line, 0)
            finally:
                os.close(fd)
        except OSError:
            log.exception("the log's length was not noted")

    def read(self) -> tuple[tuple[int, int], int] | None:
        """Salts and frames after the last commit; None where nobody knows."""
        try:
            words = self._path.read_bytes()[:LINE_BYTES].decode("ascii", "replace").split()
        except FileNotFoundError:
            return None
        if len(words) != 4 or words[3] != f"{zlib.crc32(' '.join(words[:3]).encode()):08x}":
            return None
        return (int(words[0]), int(words[1])), int(words[2])

    def was_cut(self, before: LogHeader | None, db: SqliteDatabase) -> bool:
        """At start, with the log's header from before the database was opened: whether frames are gone.

        A log that is not there tells nothing: whoever closes a database last deletes it.
        """
        mark = self.read()
        if mark is None or before is None:
            return False
        frames = db.log_frames()
        if read_header(db.path) != before:
            # another process started the log again meanwhile: so it was in order
            return False
        return before.salts is None or (before.salts == mark[0] and frames < mark[1])
