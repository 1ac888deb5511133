"""A write-ahead log that is gone, cut short or damaged, at every stage of a recorded day, and what the kiosk says."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from kiosk import store as kiosk_store
from kiosk.devices.health import read_health
from kiosk.doctor import examine
from kiosk.host import Kiosk
from shared.kernel.errors import Refused
from shared.sync import store as sync_store
from tests.faults.disk.crash import Disk
from tests.faults.disk.judge import row_digest
from tests.faults.disk.recording import Recording, confirmed_actions
from tests.faults.disk.world import World

LOG = "kiosk.db-wal"
HEADER_BYTES, FRAME_BYTES = 32, 24 + 4096


@dataclass(frozen=True)
class Stage:
    """The files of a killed process after some confirmation, and the newest fact it had confirmed."""

    number: int
    newest_seq: int
    files: dict[str, bytes]


def stages(recording: Recording) -> Iterator[Stage]:
    """After each confirmation."""
    actions = confirmed_actions(recording)
    disk = Disk(recording.before)
    for call in recording.calls:
        before = disk.confirmed
        disk.take(call)
        if disk.confirmed > before:
            seq = actions[before]["seq"]
            assert isinstance(seq, int)
            yield Stage(disk.confirmed, seq, disk.kept())


def without_log(stage: Stage, chance: random.Random) -> Iterator[tuple[str, dict[str, bytes]]]:
    """The stage's files with the log deleted, emptied, cut at a frame, in a frame, and one byte before its end."""
    log = stage.files[LOG]
    yield "deleted", {name: data for name, data in stage.files.items() if name != LOG}
    frames = (len(log) - HEADER_BYTES) // FRAME_BYTES
    cuts = {
        "emptied": 0,
        "in the header": chance.randrange(1, HEADER_BYTES),
        "after the header": HEADER_BYTES,
        "after a frame": HEADER_BYTES + FRAME_BYTES * chance.randrange(0, max(1, frames)),
        "in a frame": HEADER_BYTES + FRAME_BYTES * chance.randrange(0, max(1, frames)) + chance.randrange(FRAME_BYTES),
        "one byte short": len(log) - 1,
    }
    for how, at in cuts.items():
        if at < len(log):
            yield how, stage.files | {LOG: log[:at]}


def put(files: dict[str, bytes], world: World) -> None:
    """Make the kiosk's data directory hold just these files."""
    for path in world.kiosk_data.iterdir():
        path.unlink()
    for name, data in files.items():
        (world.kiosk_data / name).write_bytes(data)


def said_aloud(kiosk: Kiosk) -> bool:
    """Whether the kiosk has noticed a loss: its doctor finds it bad, and what it tells the centre counts the facts."""
    loss = kiosk_store.last_loss(kiosk.db)
    told = any("丢失" in one.text and not one.good for one in examine(kiosk))
    return loss is not None and loss.settled_at is None and told and read_health(kiosk).missing == loss.missing


class Found(Enum):
    """What a kiosk finds in files that were tampered with."""

    WHOLE = auto()
    SAID = auto()
    SILENT_LOSS = auto()


def what_is_found(world: World, stage: Stage, rows: str | None = None) -> Found:
    """Open the kiosk: it says that something is wrong, or else everything is there (all ``rows`` too, where given)."""
    try:
        kiosk = world.open_kiosk()
    except Refused:
        return Found.SAID
    try:
        if said_aloud(kiosk) or kiosk.db.damage():
            return Found.SAID
        whole = sync_store.kiosk_head(kiosk.db).seq >= stage.newest_seq
        return Found.WHOLE if whole and rows in (None, row_digest(kiosk.db)) else Found.SILENT_LOSS
    except Refused:
        return Found.SAID
    finally:
        kiosk.db.close()


def world_in(folder: Path) -> World:
    """A world whose kiosk's directory is to be filled by :func:`put`."""
    world = World(folder)
    world.kiosk_data.mkdir(parents=True)
    return world
