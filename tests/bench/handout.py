"""The hand-out transaction against a bare one-row commit on the same file system, at 1 000 and at 1 000 000 parcels.

Both databases are open at once and measured in turn, a few commits each: whatever else the disk does hits all alike.
Hand-outs go over the parcels that came last, in the order in which residents come; and once more over a million that
all lie there, which no point has room for: it shows what the disk's own reading costs. The faster the disk, the lower
the ratio, because what a hand-out does beyond a bare commit is work for the processor; so that is a figure of its own.
"""

import os
import random
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from kiosk.labels.operations import queue_label
from shared.db import Tx
from shared.kernel.clock import utc_text
from shared.parcels.operations import HandOutOutcome, hand_over, nothing_more
from shared.parcels.rules import Parcel, Way
from shared.sync import KioskJournal
from tests.bench.point import POINT, fill, kiosk_journal, parcel_id, resident_id
from tests.bench.report import each_in_turn, line, percentile

SIZES = (1_000, 1_000_000)
CAME_LAST = 3_000
ROUNDS, AT_A_TIME = 40, 8
DISK = Path(os.environ.get("LINQU_BENCH_DISK", "var"))

Also = Callable[[Tx, Sequence[Parcel]], None]


def figures() -> None:
    """Fill both, then everything in turn."""
    DISK.mkdir(exist_ok=True)
    works: dict[str, Callable[[], None]] = {}
    with tempfile.TemporaryDirectory(dir=DISK) as folder, ExitStack() as stack:
        for size in SIZES:
            journal = stack.enter_context(kiosk_journal(Path(folder) / str(size)))
            works |= _works(journal, size)
        taken = each_in_turn(ROUNDS, AT_A_TIME, *works.values())
    rates = {name: 1 / statistics.median(times) for name, times in zip(works, taken, strict=True)}
    for (name, rate), times in zip(rates.items(), taken, strict=True):
        bare = rates[f"bare_commit_{name.rpartition('_')[2]}"]
        line(name, rate, "per_s", None if rate == bare else rate / bare, "bare one-row FULL commit")
        line(f"{name}_p99", percentile(times, 0.99) * 1000, "ms")
    for size in SIZES:
        beyond = 1 / rates[f"hand_out_{size}"] - 1 / rates[f"bare_commit_{size}"]
        line(f"hand_out_beyond_bare_commit_{size}", beyond * 1_000_000, "us")
    small, large = (rates[f"hand_out_{size}"] for size in SIZES)
    line("hand_out_1m_against_1k", large / small, "times", large / small, "rate at 1 000 parcels")


def _works(journal: KioskJournal, size: int) -> dict[str, Callable[[], None]]:
    fill(journal.db, utc_text(journal.clock.now()), size)
    journal.db.run_script(["CREATE TABLE bare (id INTEGER PRIMARY KEY, x TEXT)"])
    last = range(max(0, size - CAME_LAST), size)
    coming = iter(_shuffled(last))
    works: dict[str, Callable[[], None]] = {
        f"bare_commit_{size}": lambda: _bare_commit(journal),
        f"hand_out_{size}": lambda: _hand_out(journal, next(coming), nothing_more),
        f"hand_out_with_print_job_{size}": lambda: _hand_out(journal, next(coming), _labels(journal)),
    }
    if last.start:
        anywhere = iter(_shuffled(range(last.start)))
        works[f"hand_out_anywhere_{size}"] = lambda: _hand_out(journal, next(anywhere), nothing_more)
    return works


def _shuffled(numbers: range) -> Iterator[int]:
    return iter(random.Random(7).sample(numbers, min(len(numbers), 2 * ROUNDS * AT_A_TIME)))


def _bare_commit(journal: KioskJournal) -> None:
    with journal.db.writing() as tx:
        tx.execute("INSERT INTO bare (x) VALUES (?)", ("x" * 40,))


def _hand_out(journal: KioskJournal, number: int, also: Also) -> None:
    parcel = parcel_id(number)
    result = hand_over(journal, POINT, [parcel], "S1", way=Way.PASS, resident=resident_id(number), also=also)
    if result.outcome is not HandOutOutcome.HANDED_OUT:
        raise RuntimeError(f"{parcel}: {result.outcome}")


def _labels(journal: KioskJournal) -> Also:
    now = journal.clock.now()

    def queue(tx: Tx, parcels: Sequence[Parcel]) -> None:
        for parcel in parcels:
            job = journal.ids.new()
            queue_label(tx, POINT, parcel, job_id=job, point_name=POINT, now=now, zone="Asia/Shanghai", staff="S1")

    return queue
