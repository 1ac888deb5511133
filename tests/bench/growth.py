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
ROUNDS, CHANGES = 3, 5
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


def _growth(folder: Path, traffic: Traffic, there: int) -> None:
    taken: dict[tuple[str, bool], list[float]] = defaultdict(list)
    long = [linqu.open_replica(folder / "long", replica) for replica in linqu.REPLICAS]
    for number in range(ROUNDS + 1):
        empty = folder / str(number)
        empty.mkdir()
        with linqu_centre(empty) as (way, _):
            fresh = [join(empty, replica, way) for replica in linqu.REPLICAS]
            # both read at once what there is, so that both pull the same later
            linqu.rounds(fresh[1], until_sent=False)()
            for kiosks, first in ((fresh, 0), (long, there + number * MORE)):
                for work, took in _works(kiosks, first).items():
                    if number:
                        taken[work, kiosks is long].append(took)
            for one in fresh:
                one.db.close()
    for work in ("push", "pull", "idle", "change_push", "change_pull"):
        small, large = (statistics.median(taken[work, is_long]) for is_long in (False, True))
        line(f"sync_{work}_on_top_of_{there}", large * 1000, "ms", large / small, "the same with nothing there")
    for one in long:
        one.db.close()


def _works(kiosks: list[Kiosk], first: int) -> dict[str, float]:
    near, far = kiosks
    linqu.create(near, orders(MORE, first=first))
    push, look = linqu.rounds(near, until_sent=True), linqu.rounds(near, until_sent=False)
    pull = linqu.rounds(far, until_sent=False)
    look_far = linqu.rounds(far, until_sent=False)
    look_far()
    took = {"push": seconds(push), "pull": seconds(pull)}
    look()
    pull()
    took["idle"] = statistics.median(seconds(look) for _ in range(IDLE_ROUNDS))
    pushes, pulls = [], []
    for turn in range(CHANGES):
        linqu.change(near, last=MORE, word=f"red{turn:02d}")
        pushes.append(seconds(push))
        pulls.append(seconds(pull))
    return took | {"change_push": statistics.median(pushes), "change_pull": statistics.median(pulls)}
