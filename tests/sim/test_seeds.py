"""Two hundred seeds of everything that can go wrong, and proof that a seed says all that happens."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sim.profiles import NORMAL
from tests.sim.run import Outcome, Runner, ram_folder

ROOT = Path(__file__).absolute().parents[2]
SEEDS_A_PART = 25


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    with ram_folder() as folder:
        yield Runner(folder)


def told(outcome: Outcome) -> str:
    return f"seed {outcome.seed}: {outcome.failure}\n{outcome.tail}"


@pytest.mark.parametrize("first", range(1, 201, SEEDS_A_PART))
def test_whatever_happens_nothing_is_lost_doubled_or_oversold(runner: Runner, first: int) -> None:
    outcomes = [runner.seed(seed, NORMAL) for seed in range(first, first + SEEDS_A_PART)]
    failed = [outcome for outcome in outcomes if outcome.failure]
    assert not failed, "\n\n".join(map(told, failed))
    # seeds in which nothing happens prove nothing
    happened = sum(outcome.counts["kiosk work"] for outcome in outcomes)
    assert happened > 10 * len(outcomes)


def test_the_same_seed_is_the_same_world_in_another_process(runner: Runner) -> None:
    """Neither time, nor the order of sets, nor the machine's chance leaks in."""
    here = [runner.seed(seed, NORMAL).digest for seed in (1, 2)]
    again = [runner.seed(seed, NORMAL).digest for seed in (1, 2)]
    assert here == again
    assert here[0] != here[1]
    for hash_seed in ("1", "2"):
        environ = {**os.environ, "PYTHONHASHSEED": hash_seed}
        command = [sys.executable, "-m", "tests.sim", "--seeds", "2", "--profile", NORMAL.name, "--digests"]
        told = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=100, check=True)
        assert told.stdout.split() == here
