"""Sync with much behind it: a hundred thousand facts that wait, and the same work on top of a long history.

A kiosk was offline until 100 000 facts waited, while the centre changed what the kiosk holds; both processes' memory
is looked at while they catch up. Then 10 000 more facts are pushed, pulled, looked for and changed at that centre and
at an empty one, in turn: the ratio says what the history costs. ``--full`` makes it a million facts, which takes
some minutes.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.host import Kiosk
from tests.bench import linqu
from tests.bench.handout import DISK
from tests.bench.proxy import Traffic
from tests.bench.report import line
from tests.bench.sync import IDLE_ROUNDS, join, linqu_centre, seconds
from tests.bench.workset import orders

WAITING = 100_000
FULL = 1_000_000
MORE = 10_000
ROUNDS, CHANGES = 5, 5
WORKS = ("push", "pull", "idle", "change_push", "change_pull")
KB_PER_MB = 1024


def figures(*, full: bool = False) -> None:
    """What waits first, then what is there already."""
    linqu.add_room()
    DISK.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=DISK) as name:
        folder = Path(name) / "long"
        folder.mkdir()
        with linqu_centre(folder) as (traffic, process):
            for replica in linqu.REPLICAS:
                join(folder, replica, traffic).db.close()
            _waiting(folder, traffic, process)
            there = WAITING
            if full:
                _run(folder, traffic, "create", "a", FULL - WAITING, WAITING)
                _run(folder, traffic, "push", "a")
                there = FULL
            _run(folder, traffic, "pull", "b")
            _growth(Path(name), traffic, there)


def _run(folder: Path, traffic: Traffic, operation: str, replica: str, *counts: int) -> dict[str, Any]:
    """One operation of a kiosk in a process of its own, whose memory is therefore its own."""
    arguments = (operation, str(folder), replica, f"http://127.0.0.1:{traffic.port}", *map(str, counts))
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.linqu", *arguments], env=os.environ, check=True, capture_output=True
    )
    took: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return took


def _waiting(folder: Path, traffic: Traffic, process: int) -> None:
    _run(folder, traffic, "create", "a", WAITING)
    linqu.announce(folder)
    Path(f"/proc/{process}/clear_refs").write_text("5")
    took = _run(folder, traffic, "push", "a")
    line(f"sync_{WAITING}_waiting", took["wall"], "s")
    line(f"sync_{WAITING}_waiting_kiosk_rss", took["rss_mb"], "MB")
    line(f"sync_{WAITING}_waiting_centre_rss", _peak_mb(process), "MB")


def _peak_mb(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(row.split()[1]) for row in status if row.startswith("VmHWM:")) / KB_PER_MB


@dataclass
class _Side:
    """Two kiosks of one point, their ways to sync, and what each work took so far, in seconds."""

    near: Kiosk
    far: Kiosk
    taken: dict[str, list[float]]

    def __post_init__(self) -> None:
        self._push, self._look = (linqu.rounds(self.near, until_sent=sent) for sent in (True, False))
        self._pull = linqu.rounds(self.far, until_sent=False)

    def ready(self, first: int) -> None:
        """Both have read what there is; more waits to be pushed."""
        self._pull()
        linqu.create(self.near, orders(MORE, first=first))

    def rest(self) -> None:
        """The first round with nothing to say compares all rows with the centre's, once a day: not measured here."""
        self._look()
        self._pull()

    def change(self, turn: int) -> None:
        """Every hundredth of the newest orders changes."""
        linqu.change(self.near, last=MORE, word=f"red{turn:02d}")

    def do(self, work: str) -> None:
        """One work, measured."""
        way = {"push": self._push, "pull": self._pull, "idle": self._look}[work.removeprefix("change_")]
        self.taken[work].append(seconds(way))


def _growth(folder: Path, traffic: Traffic, there: int) -> None:
    """Work by work in turn, so that whatever else the machine does hits both."""
    taken: tuple[dict[str, list[float]], ...] = (defaultdict(list), defaultdict(list))
    old = [linqu.open_replica(folder / "long", replica) for replica in linqu.REPLICAS]
    for number in range(ROUNDS):
        empty = folder / str(number)
        empty.mkdir()
        with linqu_centre(empty) as (way, _):
            new = [join(empty, replica, way) for replica in linqu.REPLICAS]
            sides = _Side(new[0], new[1], taken[0]), _Side(old[0], old[1], taken[1])
            for side, first in zip(sides, (0, there + number * MORE), strict=True):
                side.ready(first)
            _in_turn(sides, "push")
            _in_turn(sides, "pull")
            for side in sides:
                side.rest()
            for _ in range(IDLE_ROUNDS):
                _in_turn(sides, "idle")
            for turn in range(CHANGES):
                for side in sides:
                    side.change(turn)
                _in_turn(sides, "change_push")
                _in_turn(sides, "change_pull")
            for one in new:
                one.db.close()
    for work in WORKS:
        small, large = (statistics.median(side[work]) for side in taken)
        line(f"sync_{work}_on_top_of_{there}", large * 1000, "ms", large / small, "the same with nothing there")
    for one in old:
        one.db.close()


def _in_turn(sides: tuple[_Side, ...], work: str) -> None:
    for side in sides:
        side.do(work)
