"""Room kept back for the day the disk is full: pickups go on while somebody clears up.

A file of its own is laid down in good times. When less than ``BALLAST_ROOM_BYTES`` is free before a write, a step of it
is given back, step after step. While it is not whole, what can wait (inbound, moving, labels) is refused; it is laid
down again as soon as there is room.
"""

import logging
import os
from pathlib import Path

from shared.db import DiskFull
from shared.kernel.errors import N_
from shared.kernel.limits import BALLAST_BYTES, BALLAST_ROOM_BYTES, BALLAST_STEP_BYTES

FILE = "ballast"

log = logging.getLogger(__name__)


class NoRoom(DiskFull):
    """The disk is full; what is left is kept for pickups."""

    def __init__(self) -> None:
        super().__init__()
        self.message = N_("磁盘已满：暂停入库、移架和打标签，剩下的空间留给取件。")
        self.next_step = N_("取件照常。请马上联系运营清理磁盘，清理后自动恢复。")


class Ballast:
    """The file and the disk it lies on. Processes share it; giving back twice at once gives back one step more."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._folder = folder

    def make_room(self) -> None:
        """Before a write: give back a step where the disk is nearly full. Two system calls where it is not."""
        try:
            if self._free() < BALLAST_ROOM_BYTES and (size := self._size()):
                os.truncate(self._path, max(0, size - BALLAST_STEP_BYTES))
                log.warning("the disk is nearly full: a step of the ballast was given back")
        except OSError:
            # then the write itself will say what is wrong with the disk
            log.exception("no ballast could be given back")

    def lay_down(self) -> bool:
        """Make the file whole where there is room for it and as much again; whether it is whole."""
        missing = BALLAST_BYTES - (self._size() or 0)
        if missing <= 0:
            return True
        if self._free() < missing + BALLAST_BYTES:
            return False
        fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.posix_fallocate(fd, 0, BALLAST_BYTES)
        except OSError:
            # somebody else was quicker to fill the disk; what was taken is given back
            os.ftruncate(fd, BALLAST_BYTES - missing)
            return False
        finally:
            os.close(fd)
        return True

    def must_not_be_touched(self) -> None:
        """Called before what can wait. Raises :class:`NoRoom` while space is kept back for pickups."""
        size = self._size()
        given_back = size is not None and size < BALLAST_BYTES
        if self._free() < BALLAST_ROOM_BYTES or (given_back and not self.lay_down()):
            raise NoRoom

    def _size(self) -> int | None:
        """How much is kept back; None before it was laid down for the first time."""
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return None

    def _free(self) -> int:
        disk = os.statvfs(self._folder)
        return disk.f_bavail * disk.f_frsize
