"""Every planted bug is found within twenty seeds."""

from collections.abc import Iterator

import pytest

from tests.sim.mutants import BY_NAME, Change, Mutant, Stale
from tests.sim.run import Runner, ram_folder

SEEDS = 20


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    with ram_folder() as folder:
        yield Runner(folder)


@pytest.mark.parametrize("name", BY_NAME)
def test_the_planted_bug_is_found(runner: Runner, name: str) -> None:
    mutant = BY_NAME[name]
    with mutant.planted():
        found = any(runner.seed(seed, mutant.profile).failure for seed in range(1, SEEDS + 1))
    assert found, f"{name} lives: {mutant.breaks} is not checked"


def test_a_planted_bug_whose_line_is_gone_is_noticed() -> None:
    gone = Mutant("gone", "", (Change("shared.sync.rows:next_version", "no such line", ""),))
    with pytest.raises(Stale), gone.planted():
        pass


def test_a_planted_bug_goes_when_it_is_taken_out(runner: Runner) -> None:
    mutant = BY_NAME["order-not-added-up"]
    with mutant.planted():
        assert runner.seed(1, mutant.profile).failure
    assert not runner.seed(1, mutant.profile).failure
