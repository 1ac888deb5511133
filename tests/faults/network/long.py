"""The long counts of network, clocks and load. Every function does one row and can be run by itself."""

import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sync_server.sync.rules import next_round_seconds
from tests.bench.report import percentile
from tests.faults.network.scene import scene
from tests.faults.network.test_database_down import FLEET, MOST_TIMES, arrivals, busiest
from tests.faults.network.test_flaps import PAGES, flapped
from tests.faults.network.test_many_staff import rush
from tests.faults.network.test_slow_line import MOST_MB, drain, over_a_slow_line
from tests.faults.report import Row

FLAPS, FLAP_TURNS, MOST_RATIO = 1_000, 20, 1.2
SLOW_FACTS, SLOW_SECONDS = 1_000, 60
WAITING_FACTS, DRAIN_SECONDS = 100_000, 120
ACTIONS = 100_000
FLEET_SEEDS = 200


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="linqu-network-") as name:
        yield Path(name)


def flaps(count: int) -> Row:
    """R13: a link down and up, in turns with calm."""
    start = time.monotonic()
    with _folder() as folder:
        run = flapped(folder, count, FLAP_TURNS)
    differing = sum(len(run.calm.texts[path] | run.flapping.texts[path]) - 1 for path in PAGES)
    slow, calm = (percentile(seen.pages, 0.95) * 1000 for seen in (run.flapping, run.calm))
    remarks = (
        f"{run.kind}; {run.rounds_failed} rounds failed, {len(run.flapping.pickups)} pickups meanwhile; "
        f"page p95 {slow:.0f} ms, {calm:.0f} ms in calm (× {run.ratio:.2f}, allowed {MOST_RATIO})"
    )
    return Row("R13", "link flaps", run.flaps, differing + (run.ratio > MOST_RATIO), time.monotonic() - start, remarks)


def slow_line(facts: int) -> Row:
    """R14: facts over 40 kbit/s with 0.3 s delay each way."""
    with _folder() as folder:
        took, pickups, sent = over_a_slow_line(folder, facts)
    remarks = f"{sent / 1000:.0f} kB sent; slowest pickup meanwhile {max(pickups):.2f} s; allowed {SLOW_SECONDS} s"
    return Row("R14", "facts over 40 kbit/s", facts, int(took > SLOW_SECONDS), took, remarks)


def waiting(facts: int) -> Row:
    """R21: a month's facts, drained by a real kiosk into a real centre."""
    with _folder() as folder:
        took, centre_mb, kiosk_mb = drain(folder, facts)
    bad = (took > DRAIN_SECONDS) + (max(centre_mb, kiosk_mb) > MOST_MB)
    remarks = f"in order; peaks: centre {centre_mb:.0f} MB, kiosk {kiosk_mb:.0f} MB (allowed {MOST_MB})"
    return Row("R21", "facts waiting after a month", facts, bad, took, remarks)


def many_staff(actions: int) -> Row:
    """R24: presses in rushes; the first wrong thing ends the run and raises."""
    start = time.monotonic()
    with _folder() as folder, scene(folder, residents=3) as here, here.running_centre():
        here.joined(here.centre_url)
        with here.running_pages() as web, here.running_sync():
            place = rush(here, web, actions)
    took = time.monotonic() - start
    told = ", ".join(f"{count:,} × {status}" for status, count in sorted(place.statuses.items()))
    return Row("R24", "presses of staff and residents at once", place.actions, 0, took, f"answers: {told}")


def returning(seeds: int) -> Row:
    """R28: a fleet whose centre loses its database for ten minutes, on a virtual clock with the product's waits."""
    start, worst, steady = time.monotonic(), 0.0, FLEET / next_round_seconds(FLEET)
    bad = 0
    for seed in range(seeds):
        times = [at for at, _ in arrivals(FLEET, random.Random(seed)) if at >= 300]
        rate = busiest(times) / steady
        worst, bad = max(worst, rate), bad + (rate > MOST_TIMES)
    remarks = f"{FLEET} kiosks; busiest 5 s at most × {worst:.2f} of the steady {steady:.0f} a second (allowed 2)"
    return Row("R28", "outages of the centre's database", seeds, bad, time.monotonic() - start, remarks)


def rows() -> Iterator[Row]:
    """Every row, the quick ones first."""
    yield returning(FLEET_SEEDS)
    yield slow_line(SLOW_FACTS)
    yield waiting(WAITING_FACTS)
    yield flaps(FLAPS)
    yield many_staff(ACTIONS)
