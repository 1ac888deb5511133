"""What must outlive the database: who was enrolled, revoked, erased. One line each, beside it, never rewritten.

A centre put back from last night's backup does not know the kiosk that was enrolled this morning, trusts the one that
was stolen at noon, and remembers the person who asked at three to be forgotten. The ledger does; a new life of the
database takes it over (see :mod:`sync_server.life`).
"""

import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from shared.devices.rules import Device, Health

FILE = "ledger.jsonl"


class Enrolled(msgspec.Struct, frozen=True, tag="enrolled"):
    """A kiosk was enrolled; all that is needed to trust it again. Keys in hexadecimal."""

    at: str
    device: str
    point: str
    public_key: str
    hardware: str
    epoch: str

    def as_device(self) -> Device:
        """The device as it was on its first day."""
        key = bytes.fromhex(self.public_key)
        return Device(
            self.device, self.point, self.device, key, self.hardware, self.epoch, self.at, None, None, Health(), 0, 0
        )


class Revoked(msgspec.Struct, frozen=True, tag="revoked"):
    """A kiosk is trusted no more."""

    at: str
    device: str


class Erased(msgspec.Struct, frozen=True, tag="erased"):
    """A resident was erased; the id names nobody."""

    at: str
    resident: str


Line = Enrolled | Revoked | Erased
_decode = msgspec.json.Decoder(Line).decode


@dataclass(frozen=True)
class Read:
    """A whole ledger, and how many of its lines could not be read (the last one, after a power cut)."""

    lines: list[Line]
    bad: int


class Ledger:
    """The ledger in a data directory. Several processes may write to it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE

    def add(self, line: Line) -> None:
        """Write one line; it is on the disk when this returns."""
        handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            # a line that was cut by a power loss must not swallow this one
            start = b"" if _ends_well(handle) else b"\n"
            os.write(handle, start + msgspec.json.encode(line) + b"\n")
            os.fsync(handle)
        finally:
            os.close(handle)

    def enrolled(self, device: Device) -> None:
        """Note an enrolment."""
        key = device.public_key.hex()
        self.add(Enrolled(device.enrolled_at, device.id, device.point, key, device.hardware, device.epoch))

    def read(self) -> Read:
        """All of it."""
        if not self.path.exists():
            return Read([], 0)
        found = list(_lines(self.path.read_bytes()))
        return Read([line for line in found if line is not None], found.count(None))


def _ends_well(handle: int) -> bool:
    size = os.fstat(handle).st_size
    return size == 0 or os.pread(handle, 1, size - 1) == b"\n"


def _lines(text: bytes) -> Iterator[Line | None]:
    for raw in text.splitlines():
        try:
            yield _decode(raw)
        except msgspec.DecodeError:
            yield None
