"""R03: whichever system call fails, no action is called done that is not there."""

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.faults.disk.calls import ACTIONS, Stage, can_trace, every_case, prepare
from tests.faults.disk.world import World

STEP = 7

pytestmark = [
    pytest.mark.skipif(not can_trace(), reason="strace is missing or may not trace (apt-get install strace)"),
    # a busy machine, not a hang
    pytest.mark.timeout(600),
]


@pytest.fixture
def stage(quick_world: World) -> Iterator[Stage]:
    """The six main transactions and a pickup, ready to be done once."""
    prepare(quick_world)
    made = Stage(quick_world)
    yield made
    made.close()


@pytest.mark.slow
def test_no_failing_call_makes_an_action_look_done(stage: Stage) -> None:
    """R03: the n-th write, sync, truncation or deletion of each main transaction fails; none is falsely confirmed."""
    hit, said = Counter[str](), Counter[str]()
    for case, outcome in every_case(stage, STEP):
        assert not outcome.wrong, (case, outcome)
        hit[case.action] += 1
        said[outcome.said] += 1
    assert min(hit[action] for action in ACTIONS) >= 3, hit
    assert said["confirmed"] > 0, said
    assert said["DISK_FULL"] > 0, said
    assert said["DISK_FAILED"] > 0, said
