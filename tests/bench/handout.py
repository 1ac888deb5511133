"""The hand-out transaction against a bare one-row commit on the same file system, at 1 000 and at 1 000 000 parcels."""

import os
import tempfile
from pathlib import Path

from shared.parcels.operations import HandOutOutcome, hand_over
from shared.parcels.rules import Way
from tests.bench.point import POINT, fill, kiosk_journal
from tests.bench.report import in_turn, line, seconds_each

ROUNDS = 9
HAND_OUTS = 60
BARE_COMMITS = 200
SIZES = (1_000, 20_000)
DISK = Path(os.environ.get("LINQU_BENCH_DISK", "var"))


def figures() -> None:
    """Hand-outs are spread over the whole table, as residents come."""
    DISK.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=DISK) as folder:
        rates = [_measure(Path(folder) / str(size), size) for size in SIZES]
    line("hand_out_1m_against_1k", rates[1] / rates[0], "times", rates[1] / rates[0], "rate at 1 000 parcels")


def _measure(folder: Path, size: int) -> float:
    with kiosk_journal(folder) as journal:
        fill(journal, size)
        journal.db.run_script(["CREATE TABLE bare (id BIGINT PRIMARY KEY, x TEXT)"])
        done = {"hand out": 0, "bare": 0}
        step = max(1, size // (ROUNDS * HAND_OUTS) | 1)

        def one_hand_out(_: int) -> None:
            number = done["hand out"] * step % size
            done["hand out"] += 1
            result = hand_over(journal, POINT, [f"P{number}"], "S1", way=Way.PASS, resident=f"R{number // 3}")
            if result.outcome is not HandOutOutcome.HANDED_OUT:
                raise RuntimeError(f"parcel P{number}: {result.outcome}")

        def one_bare_commit(_: int) -> None:
            done["bare"] += 1
            with journal.db.writing() as tx:
                tx.execute("INSERT INTO bare (id, x) VALUES (?, ?)", (done["bare"], "x" * 40))

        bare, handed = in_turn(
            ROUNDS,
            lambda: seconds_each(one_bare_commit, BARE_COMMITS),
            lambda: seconds_each(one_hand_out, HAND_OUTS),
        )
    line(f"bare_commit_{size}", 1 / bare, "per_s")
    line(f"hand_out_{size}", 1 / handed, "per_s", bare / handed, "bare one-row FULL commit")
    return 1 / handed
