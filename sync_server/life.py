"""Lives of the centre's database: a copy that was put back must not pass for the database it replaced.

Each life has a generation. What kiosks were told in an earlier one (what is confirmed, how far feeds are read, which
stock they may sell) is not believed in the next. Beside the database lies a file that says which generation and mark
were reached: a database that stands lower is an older copy, whoever put it there, and begins a new life by itself.
"""

import logging
import os
import tempfile
from pathlib import Path

import msgspec

from shared.db import Database, Tx
from shared.devices import store as devices
from shared.kernel.ids import ALPHABET, draw_nonce
from shared.residents import store as residents
from shared.sync import store
from sync_server.ledger import Enrolled, Ledger, Revoked

FILE = "life.json"
EPOCH_CHARACTERS = 8
NUMBERS_SKIPPED = 10_000
"""Resident numbers left out in a new life: passes that carry a number given after the copy must fit nobody else."""

log = logging.getLogger(__name__)


class Reached(msgspec.Struct, frozen=True, order=True):
    """How far the database had come when this was written."""

    generation: int
    mark: int


def read_reached(folder: Path) -> Reached | None:
    """What lies beside the database; None where nothing (readable) does."""
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=Reached)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def write_reached(folder: Path, db: Database) -> None:
    """Write down how far the database has come."""
    life = store.server_life(db)
    assert life is not None  # noqa: S101 - init has run
    now = Reached(life.generation, life.mark)
    before = read_reached(folder)
    if before is not None and before >= now:
        return
    with tempfile.NamedTemporaryFile(dir=folder, prefix=f".{FILE}.", delete=False) as draft:
        draft.write(msgspec.json.encode(now))
        draft.flush()
        os.fsync(draft.fileno())
    Path(draft.name).replace(folder / FILE)
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def look(db: Database, folder: Path) -> bool:
    """Begin a new life if an older copy was put back; whether one was begun. Called whenever the centre is opened."""
    reached = read_reached(folder)
    if reached is None:
        return False
    with db.alone() as tx:
        # looked at under the lock: another server may have begun it just now
        life = store.server_life(tx)
        assert life is not None  # noqa: S101 - init has run
        if Reached(life.generation, life.mark) >= reached and not _forgot(tx, Ledger(folder)):
            return False
        _begin(tx, folder, reached)
    write_reached(folder, db)
    return True


def _forgot(tx: Tx, ledger: Ledger) -> bool:
    """Whether the database lacks a device of the ledger: a file copied since the last start has no lower mark."""
    return any(devices.device(tx, line.device) is None for line in ledger.read().lines if isinstance(line, Enrolled))


def begin(db: Database, folder: Path) -> int:
    """Begin a new life, because the database is known to be an older copy; its generation."""
    with db.alone() as tx:
        generation = _begin(tx, folder, read_reached(folder))
    write_reached(folder, db)
    return generation


def note_start(db: Database, folder: Path) -> None:
    """A server starts: the mark rises, so that a copy made before is told from what comes now."""
    with db.writing() as tx:
        store.raise_mark(tx)
    write_reached(folder, db)


def note_devices(db: Database, ledger: Ledger) -> int:
    """Write devices that the ledger lacks into it: those enrolled before there was one. How many lines."""
    lines = ledger.read().lines
    enrolled = {line.device for line in lines if isinstance(line, Enrolled)}
    revoked = {line.device for line in lines if isinstance(line, Revoked)}
    added = 0
    for device in devices.devices(db):
        if device.id not in enrolled:
            ledger.enrolled(device)
            added += 1
        if device.revoked_at is not None and device.id not in revoked:
            ledger.add(Revoked(device.revoked_at, device.id))
            added += 1
    return added


def _begin(tx: Tx, folder: Path, reached: Reached | None) -> int:
    life = store.server_life(tx)
    assert life is not None  # noqa: S101 - init has run
    generation = max(life.generation, reached.generation if reached else 0) + 1
    store.start_server_life(tx, generation, draw_nonce(EPOCH_CHARACTERS))
    adopted = adopt(tx, Ledger(folder))
    residents.skip_numbers(tx, NUMBERS_SKIPPED)
    log.warning(
        "the database is an older copy: generation %d begins, %d ledger entries taken over", generation, adopted
    )
    return generation


def adopt(tx: Tx, ledger: Ledger) -> int:
    """Take over the devices that the ledger knows and the database does not; how many entries.

    Who was erased is erased again by :mod:`sync_server.erasure`, which needs a journal to say so in.
    """
    count = 0
    for line in ledger.read().lines:
        if isinstance(line, Enrolled):
            count += devices.adopt_device(tx, line.as_device())
            devices.raise_number(tx, number_of(line.device))
        elif isinstance(line, Revoked):
            count += devices.set_revoked(tx, line.device, line.at)
    return count


def number_of(device: str) -> int:
    """``K1A`` → 42: the number that the device's name was made of."""
    number = 0
    for digit in device[1:]:
        number = number * len(ALPHABET) + ALPHABET.index(digit)
    return number
