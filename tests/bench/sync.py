"""Sync on loopback, against what is physically possible with the same records, both measured in turn.

The work set is pushed by a kiosk that was offline and pulled by a second machine of the same point, as replacement
hardware does; then idle rounds, and every hundredth order changes. Times are those of the client, bytes those of the
line with HTTP headers. Rounds carry signatures and the kiosk's real health. Each round of the measurement has an empty
centre of its own; the first only warms up. How other systems do on the same records: ``PEERS.md``.
"""

import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kiosk.host import Kiosk
from tests.bench import limit, linqu
from tests.bench.handout import DISK
from tests.bench.processes import free_port, running, wait_until_answers
from tests.bench.proxy import Traffic, counting
from tests.bench.report import line
from tests.bench.workset import orders

FACTS = 10_000
CHANGED = FACTS // linqu.EVERY
ROUNDS = 5
IDLE_ROUNDS = 20
CHANGES = 5
ONE_POST = "one zstd POST into executemany"
ONE_GET = "one zstd GET into executemany"


@contextmanager
def linqu_centre(folder: Path) -> Iterator[tuple[Traffic, int]]:
    """A centre with the work set's room, as a process; the counted way to it and the process's number."""
    port = free_port()
    with (
        running("tests.bench.linqu", "centre", str(folder), str(port), log=folder / "centre.log") as process,
        counting(port) as traffic,
    ):
        wait_until_answers(f"http://127.0.0.1:{port}/console")
        yield traffic, process.pid


def join(folder: Path, replica: str, traffic: Traffic) -> Kiosk:
    """A kiosk that is enrolled there."""
    here = linqu.open_replica(folder, replica)
    linqu.setup(here, folder, replica, f"http://127.0.0.1:{traffic.port}")
    return here


@contextmanager
def limit_client(folder: Path) -> Iterator[limit.Client]:
    """The limit's server, as a process, and its client with the work set."""
    folder.mkdir()
    port = free_port()
    with running("tests.bench.limit", str(port), str(folder), log=folder / "limit.log"):
        wait_until_answers(f"http://127.0.0.1:{port}/")
        client = limit.Client(folder / "near.db", port)
        client.fill(orders(FACTS))
        yield client


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def figures() -> None:
    """All of it, ``ROUNDS`` times."""
    linqu.add_room()
    DISK.mkdir(exist_ok=True)
    taken: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory(dir=DISK) as name:
        for number in range(ROUNDS + 1):
            folder = Path(name) / str(number)
            folder.mkdir()
            with linqu_centre(folder) as (traffic, _), limit_client(folder / "limit") as client:
                some = _one_round(folder, traffic, client)
            if number:
                for figure, values in some.items():
                    taken[figure] += values
    _report({figure: statistics.median(values) for figure, values in taken.items()})


def _one_round(folder: Path, traffic: Traffic, client: limit.Client) -> dict[str, list[float]]:
    near, far = join(folder, "a", traffic), join(folder, "b", traffic)
    linqu.create(near, orders(FACTS))
    push, look = linqu.rounds(near, until_sent=True), linqu.rounds(near, until_sent=False)
    pull = linqu.rounds(far, until_sent=False)
    traffic.take()
    some = {"push": [seconds(push)], "push_bytes": [float(sum(traffic.take()))],
            "push_limit": [seconds(lambda: client.push(FACTS))],
            "pull": [seconds(pull)], "pull_limit": [seconds(lambda: client.pull(FACTS))]}  # fmt: skip
    if linqu.count_orders(far) != FACTS:
        raise RuntimeError(f"{linqu.count_orders(far)} orders arrived")
    # the first round with nothing to say compares all rows with the centre's, once a day
    look()
    pull()
    traffic.take()
    some["idle"] = [seconds(look) for _ in range(IDLE_ROUNDS)]
    up, down = traffic.take()
    some |= {"idle_up": [up / IDLE_ROUNDS], "idle_down": [down / IDLE_ROUNDS]}
    for name in ("change_push", "change_push_limit", "change_pull", "change_pull_limit"):
        some[name] = []
    for turn in range(CHANGES):
        linqu.change(near, word=f"red{turn:02d}")
        some["change_push"].append(seconds(push))
        some["change_push_limit"].append(seconds(lambda: client.push(CHANGED)))
        some["change_pull"].append(seconds(pull))
        some["change_pull_limit"].append(seconds(lambda: client.pull(CHANGED)))
    for one in (near, far):
        one.db.close()
    return some


def _report(took: dict[str, float]) -> None:
    for name, against in (("push", ONE_POST), ("pull", ONE_GET)):
        line(f"sync_{name}_{FACTS}", took[name], "s", took[name] / took[f"{name}_limit"], against)
    line(f"sync_push_{FACTS}_bytes", took["push_bytes"] / 1e6, "MB")
    line("sync_idle_round", took["idle"] * 1000, "ms")
    line("sync_idle_bytes_up", took["idle_up"], "bytes")
    line("sync_idle_bytes_down", took["idle_down"], "bytes")
    line("sync_idle_bytes", took["idle_up"] + took["idle_down"], "bytes")
    for name, against in (("change_push", ONE_POST), ("change_pull", ONE_GET)):
        line(f"sync_{name}_{CHANGED}", took[name] * 1000, "ms", took[name] / took[f"{name}_limit"], against)
