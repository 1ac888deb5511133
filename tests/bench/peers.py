"""The best peer that can be run beside us, on the same records, in turn: PouchDB with batches of a thousand.

Not part of ``make bench``, because it needs node and ``npm install --prefix tests --no-package-lock``. Each operation
of either system is a process of its own that times only the operation; both go through a proxy that counts bytes. What
opening costs PouchDB (two requests for information) is taken off its bytes, as it is not in its time either.
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench import linqu
from tests.bench.handout import DISK
from tests.bench.processes import free_port, wait_until_answers
from tests.bench.proxy import Traffic, counting
from tests.bench.report import line
from tests.bench.sync import FACTS, linqu_centre
from tests.bench.workset import orders

ROUNDS = 3
POUCH = Path(__file__).with_name("pouch.cjs")
PACKAGES = POUCH.parents[1] / "node_modules" / "pouchdb"
# what is measured: its name, the operation, the replica
PHASES = (
    ("push", "push", "a"),
    ("pull", "pull", "b"),
    ("settle", "sync", "a"),
    ("settle", "sync", "b"),
    ("idle", "sync", "a"),
    ("idle", "sync", "a"),
    ("idle", "sync", "a"),
    ("change", "change", "a"),
    ("change_push", "push", "a"),
    ("change_pull", "pull", "b"),
    ("noop", "noop", "a"),
)
REPORTED = ("push", "pull", "idle", "change_push", "change_pull")


class Linqu:
    """Ours."""

    name = "linqu"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def serving(self) -> Any:
        """The server and the counted way to it."""
        return linqu_centre(self.folder)

    def prepare(self, traffic: Traffic) -> None:
        """Two machines of one point; one has recorded the work set."""
        for replica in linqu.REPLICAS:
            self.run("setup", replica, traffic)
        self.run("create", "a", traffic, str(FACTS))

    def run(self, operation: str, replica: str, traffic: Traffic, *more: str) -> dict[str, Any]:
        """One operation."""
        url = f"http://127.0.0.1:{traffic.port}"
        return _printed([sys.executable, "-m", "tests.bench.linqu", operation, str(self.folder), replica, url, *more])


class Pouch:
    """PouchDB."""

    name = "pouchdb"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def serving(self) -> Iterator[tuple[Traffic, int]]:
        """Its express server and the counted way to it."""
        port = free_port()
        server = subprocess.Popen(["node", str(POUCH), "serve", str(port), str(self.folder / "server")])
        try:
            wait_until_answers(f"http://127.0.0.1:{port}/")
            with counting(port) as traffic:
                yield traffic, server.pid
        finally:
            server.terminate()
            server.wait()

    def prepare(self, traffic: Traffic) -> None:
        """One replica has the work set."""
        file = self.folder / "orders.jsonl"
        file.write_text("\n".join(json.dumps(order._asdict()) for order in orders(FACTS)))
        self.run("create", "a", traffic, str(file))

    def run(self, operation: str, replica: str, traffic: Traffic, *more: str) -> dict[str, Any]:
        """One operation."""
        url = f"http://127.0.0.1:{traffic.port}/orders"
        return _printed(["node", str(POUCH), operation, str(self.folder / replica), url, *more])


def _printed(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
    printed = [row for row in done.stdout.splitlines() if row.startswith("{")]
    took: dict[str, Any] = json.loads(printed[-1]) if printed else {}
    return took


def figures() -> None:
    """Both in turn, ``ROUNDS`` times. Raises ``SystemExit`` where node or the packages are missing."""
    if shutil.which("node") is None or not PACKAGES.exists():
        sys.exit("peers need node, and once: npm install --prefix tests --no-package-lock")
    linqu.add_room()
    DISK.mkdir(exist_ok=True)
    taken: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory(dir=DISK) as name:
        for number in range(ROUNDS):
            for kind in (Pouch, Linqu):
                folder = Path(name) / f"{kind.name}{number}"
                folder.mkdir()
                for phase, seconds, size in _phases(kind(folder)):
                    taken[kind.name, phase, "seconds"].append(seconds)
                    taken[kind.name, phase, "bytes"].append(size)
                shutil.rmtree(folder)
    middle = {key: statistics.median(values) for key, values in taken.items()}
    for phase in REPORTED:
        for what, unit in (("seconds", "s"), ("bytes", "bytes")):
            opening = middle["pouchdb", "noop", "bytes"] if what == "bytes" else 0.0
            theirs = middle["pouchdb", phase, what] - opening
            line(f"pouchdb_{phase}_{what}", theirs, unit)
            ours = middle["linqu", phase, what]
            line(f"linqu_{phase}_{what}", ours, unit, ours / theirs, "PouchDB, batches of 1000")


def _phases(system: Linqu | Pouch) -> Iterator[tuple[str, float, float]]:
    with system.serving() as (traffic, _):
        system.prepare(traffic)
        for phase, operation, replica in PHASES:
            traffic.take()
            took = system.run(operation, replica, traffic)
            # the last bytes pass the proxy after the client has them
            time.sleep(0.1)
            if phase in ("push", "pull") and took["orders"] != FACTS:
                raise RuntimeError(f"{system.name} {phase}: {took}")
            yield phase, took["wall"], float(sum(traffic.take()))
