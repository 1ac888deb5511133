"""The guard: a small file outside the database that remembers what was sold, so that an old copy never sells it again.

It is written and flushed before the database commits, so it is never behind what a resident has in hand. A crash
between the two leaves units counted as sold that were not: such units stay unsold until a person has counted the goods;
nothing takes them back by itself.

Two files take turns. A write that a power cut tears leaves the other whole, and that is the right one: the sale whose
write was torn has not been committed. What is kept is bound to the hardware and to a key of this machine, so the file
of another device is told apart from a damaged one. Undone sales are not kept here: after an older copy of the database
they count as never undone, which is the safe side, because the same sale can then be undone once more.
"""

import fcntl
import hashlib
import hmac
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from shared.allotments.rules import Counters, Frozen

_MAGIC = b"linqu guard 1\n"
_MAC_BYTES = 32


class Kept(NamedTuple):
    """What a guard holds. ``seq`` and ``hash`` name the newest fact before the transaction that wrote it.

    ``counters``: granted, sold, returned of each offer of the ``lot``, the batch of rights that this guard stands for.
    """

    hardware: str
    device: str
    lot: str
    generation: int
    epoch: str
    seq: int
    hash: bytes
    counters: dict[str, tuple[int, int, int]]
    serial: int = 0

    def of(self, offer: str) -> Counters:
        """The counters of an offer."""
        granted, sold, returned = self.counters.get(offer, (0, 0, 0))
        return Counters(granted, sold, returned, 0)

    def with_counters(self, changed: Mapping[str, Counters]) -> "Kept":
        """The same, with what is known of some offers raised; nothing is ever lowered."""
        counters = dict(self.counters)
        for offer, new in changed.items():
            both = self.of(offer).merged(new)
            counters[offer] = (both.granted, both.sold, both.returned)
        return self._replace(counters=counters)


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Kept).decode


class GuardFile:
    """The guard of one data directory: ``<path>.a``, ``<path>.b`` and a lock file."""

    def __init__(self, path: Path, secret: bytes, hardware: str) -> None:
        self._slots = (path.with_name(path.name + ".a"), path.with_name(path.name + ".b"))
        self._lock = path.with_name(path.name + ".lock")
        self._key = hashlib.blake2b(secret, person=b"linqu guard", digest_size=_MAC_BYTES).digest()
        self.hardware = hardware

    def read(self, device: str) -> Kept | Frozen:
        """What was kept, or why ``device`` can't use it here: ``Frozen.NO_GUARD`` or ``Frozen.FOREIGN``."""
        newest = self._newest()
        if newest is None:
            return Frozen.NO_GUARD
        return newest if (newest.hardware, newest.device) == (self.hardware, device) else Frozen.FOREIGN

    def write(self, kept: Kept) -> None:
        """Keep this instead; on the disk once it returns. Raises ``OSError`` where it could not be written."""
        with self._locked():
            self._put(kept)

    def raise_to(self, changed: Mapping[str, Counters], start: Kept) -> None:
        """Raise the counters of some offers, among other processes that do the same; ``start`` is a first guard."""
        with self._locked():
            held = self.read(start.device)
            self._put((start if isinstance(held, Frozen) else held).with_counters(changed))

    def _newest(self) -> Kept | None:
        found = [kept for slot in self._slots if (kept := self._slot(slot)) is not None]
        return max(found, key=lambda kept: kept.serial, default=None)

    def _slot(self, slot: Path) -> Kept | None:
        try:
            data = slot.read_bytes()
        except FileNotFoundError:
            return None
        body = data[len(_MAGIC) + _MAC_BYTES :]
        if not data.startswith(_MAGIC) or not hmac.compare_digest(data[len(_MAGIC) :][:_MAC_BYTES], self._mac(body)):
            return None
        try:
            return _decode(body)
        except msgspec.DecodeError:
            return None

    def _put(self, kept: Kept) -> None:
        newest = self._newest()
        serial = newest.serial + 1 if newest else 1
        body = _encode(kept._replace(serial=serial, hardware=self.hardware))
        slot = self._slots[serial % 2]
        new = not slot.exists()
        fd = os.open(slot, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            data = _MAGIC + self._mac(body) + body
            written = os.write(fd, data)
            if written != len(data):
                raise OSError(f"{slot.name}: {written} of {len(data)} bytes written")
            os.ftruncate(fd, len(data))
            os.fsync(fd)
        finally:
            os.close(fd)
        if new:
            _flush_folder(slot.parent)

    def _mac(self, body: bytes) -> bytes:
        return hashlib.blake2b(body, key=self._key, digest_size=_MAC_BYTES).digest()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        fd = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX)
            yield
        finally:
            os.close(fd)


def _flush_folder(folder: Path) -> None:
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
