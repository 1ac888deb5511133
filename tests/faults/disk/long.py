"""The long counts of R01 to R06. Every function does one row and can be run by itself."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.faults.disk.judge import Tally, cut_power
from tests.faults.disk.recording import build_shim, record_day
from tests.faults.disk.world import make_world
from tests.faults.report import Row

STATES, CONTROL_STATES, STATES_A_DAY = 1_000_000, 40_000, 40_000
ACTIONS, PARCELS = 80, 12


def power_cuts(states: int, synchronous: str = "FULL", first_seed: int = 1) -> Row:
    """R01: days of their own, recorded and cut, until there are ``states`` of them."""
    start, whole, days = time.monotonic(), Tally(), 0
    while whole.states < states:
        with tempfile.TemporaryDirectory(prefix="linqu-day-") as name:
            folder, seed = Path(name), first_seed + days
            world = make_world(folder / "world", PARCELS)
            day = record_day(world, build_shim(folder), actions=ACTIONS, seed=seed, synchronous=synchronous)
            whole.add(cut_power(day, min(STATES_A_DAY, states - whole.states), seed))
            days += 1
    found = ", ".join(f"{count:,} × {what}" for what, count in whole.wrong.most_common())
    return Row(
        "R01",
        f"power cut, synchronous={synchronous}",
        whole.states,
        whole.bad,
        time.monotonic() - start,
        f"{days} recorded days" + (f"; {found}" if found else "") + "".join(f"; {one}" for one in whole.examples[:1]),
        control=synchronous != "FULL",
    )


def rows() -> Iterator[Row]:
    """Every row, one after the other."""
    yield power_cuts(STATES)
    yield power_cuts(CONTROL_STATES, "NORMAL")
    yield power_cuts(CONTROL_STATES, "OFF")
