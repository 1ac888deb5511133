"""Records what a kiosk at work asks of its disk, call by call: a C shim under a real process writes it down."""

import json
import os
import random
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from sync_server.app import make_app as make_centre_app
from tests.faults.disk.work import CONFIRMED, Day, confirm_into
from tests.faults.disk.world import World, serving

SHIM = Path(__file__).with_name("recorder.c")
HEAD = struct.Struct("=IIQQ")
# Small, so that a short day has many checkpoints and its log stays small; the product leaves SQLite's 1000 pages.
CHECKPOINT_PAGES = 100


class Op(IntEnum):
    """What was asked; the numbers are those of ``recorder.c``."""

    CREATE = 1
    WRITE = 2
    TRUNCATE = 3
    SYNC = 4
    UNLINK = 5
    RENAME = 6
    LINK = 7


@dataclass(frozen=True, slots=True)
class Call:
    """One call. ``offset`` is the new size for TRUNCATE; ``data`` is what was written, for RENAME and LINK the name."""

    op: Op
    name: str
    offset: int
    data: bytes


@dataclass(frozen=True)
class Recording:
    """The files as they were, and every call after that."""

    before: dict[str, bytes]
    calls: list[Call]
    key: str


def build_shim(folder: Path) -> Path:
    """Compile the shim. Raises ``CalledProcessError`` with the compiler's words."""
    made = folder / "recorder.so"
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-O2", "-Wall", "-o", str(made), str(SHIM), "-lpthread"], check=True, timeout=60
    )
    return made


def record_day(world: World, shim: Path, *, actions: int, seed: int, synchronous: str = "FULL") -> Recording:
    """Let a process of its own work on ``world`` and read what it did to the kiosk's files."""
    before = {path.name: path.read_bytes() for path in world.kiosk_data.iterdir() if path.is_file()}
    log = world.folder / "calls.log"
    environ = os.environ | {
        "LD_PRELOAD": str(shim),
        "RECORD_DIR": str(world.kiosk_data),
        "RECORD_LOG": str(log),
    }
    subprocess.run(
        [sys.executable, "-m", __name__, str(world.folder), str(actions), str(seed), synchronous],
        env=environ,
        check=True,
        timeout=100,
    )
    return Recording(before, list(read_log(log.read_bytes())), before["db.key"].decode().strip())


def read_log(data: bytes) -> Iterator[Call]:
    """The calls in a log."""
    at = 0
    while at < len(data):
        op, name_bytes, offset, count = HEAD.unpack_from(data, at)
        at += HEAD.size
        name = data[at : at + name_bytes].decode()
        at += name_bytes
        kind = Op(op)
        carries = kind in (Op.WRITE, Op.RENAME, Op.LINK)
        body = data[at : at + count] if carries else b""
        at += len(body)
        yield Call(kind, name, offset, body)


def confirmed_actions(recording: Recording) -> list[dict[str, object]]:
    """What was shown, in order."""
    written = b"".join(call.data for call in recording.calls if call.name == CONFIRMED)
    return [json.loads(line) for line in written.splitlines()]


def main(folder: str, actions: str, seed: str, synchronous: str) -> None:
    """The recorded process: a day's work without an end, as in a power cut nobody closes anything."""
    world = World(Path(folder))
    kiosk, centre = world.open_kiosk(), world.open_centre()
    kiosk.db.tools.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}").fetchall()
    kiosk.db.tools.execute(f"PRAGMA synchronous = {synchronous}")
    screen = os.open(world.kiosk_data / CONFIRMED, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with serving(make_centre_app(centre)) as address:
        day = Day(world, kiosk, centre, lambda: address, random.Random(int(seed)), confirm_into(screen))
        day.go_on(int(actions))
        sys.stdout.flush()
        os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
