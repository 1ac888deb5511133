"""Single bits of the database and its log flip while the kiosk is off: what it notices when it starts."""

import random
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from multiprocessing import get_context

from kiosk import store as kiosk_store
from kiosk.host import Kiosk
from shared.kernel.errors import Refused
from tests.faults.disk.judge import DATABASE, PROCESSES, quiet, row_digest
from tests.faults.disk.losses import LOG, Stage, put, stages, world_in
from tests.faults.disk.recording import Recording
from tests.faults.disk.world import World, folder_in_memory

STAGES = 12


@dataclass
class Flips:
    """``noticed`` by what; ``harmless``: every row of every table is as it was; ``silent``: neither."""

    noticed: Counter[str] = field(default_factory=Counter)
    harmless: int = 0
    silent: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        """All flips."""
        return self.noticed.total() + self.harmless + len(self.silent)

    @property
    def share_noticed(self) -> float:
        """Of the flips that changed something."""
        return self.noticed.total() / max(1, self.noticed.total() + len(self.silent))

    def add(self, other: "Flips") -> None:
        """Count another process's work in."""
        self.noticed += other.noticed
        self.harmless += other.harmless
        self.silent += other.silent


def flip_bits(recording: Recording, count: int, seed: int, *, marks: bool = True) -> Flips:
    """``count`` flips, one at a time, spread over the day, database and log in proportion to their size.

    Without ``marks`` the kiosk has no files that remember how far its database had come.
    """
    whole = Flips()
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("forkserver"), initializer=quiet) as pool:
        parts = [pool.submit(_part, recording, count, seed, part, marks) for part in range(PROCESSES)]
        for part in parts:
            whole.add(part.result())
    return whole


def _part(recording: Recording, count: int, seed: int, part: int, marks: bool) -> Flips:
    flips, chance = Flips(), random.Random(seed * PROCESSES + part)
    day = [one if marks else _without_marks(one) for one in stages(recording)]
    chosen = day[:: max(1, len(day) // STAGES)]
    with folder_in_memory() as folder:
        world = world_in(folder / "world")
        for number, stage in enumerate(chosen):
            mine = range(number * PROCESSES + part, count, len(chosen) * PROCESSES)
            rows = _rows(world, stage)
            for _ in mine:
                _one(world, stage, rows, chance, flips)
    return flips


def _without_marks(stage: Stage) -> Stage:
    return replace(stage, files={name: data for name, data in stage.files.items() if not name.endswith(".mark")})


def _rows(world: World, stage: Stage) -> str:
    put(stage.files, world)
    kiosk = world.open_kiosk()
    try:
        return row_digest(kiosk.db)
    finally:
        kiosk.db.close()


def _one(world: World, stage: Stage, rows: str, chance: random.Random, flips: Flips) -> None:
    sizes = {name: len(stage.files[name]) for name in (DATABASE, LOG)}
    name = chance.choices(list(sizes), weights=list(sizes.values()))[0]
    at, bit = chance.randrange(sizes[name]), chance.randrange(8)
    data = bytearray(stage.files[name])
    data[at] ^= 1 << bit
    put(stage.files | {name: bytes(data)}, world)
    by = _noticed(world, rows)
    if by == "same":
        flips.harmless += 1
    elif by:
        flips.noticed[by] += 1
    else:
        flips.silent.append(f"stage {stage.number}, {name} byte {at} bit {bit}")


def _noticed(world: World, rows: str) -> str:
    """What noticed it; ``same`` where nothing had to; empty where something should have."""
    try:
        kiosk = world.open_kiosk()
    except Refused:
        return "start refused, rebuild offered"
    try:
        return _noticed_running(kiosk, rows)
    except Refused:
        return "reading"
    finally:
        kiosk.db.close()


def _noticed_running(kiosk: Kiosk, rows: str) -> str:
    if kiosk_store.last_loss(kiosk.db) is not None:
        return "log was cut"
    if kiosk.db.damage():
        return "page checksum"
    return "same" if row_digest(kiosk.db) == rows else ""
