"""R02: killed at any moment, kiosk and centre come back with everything that they had confirmed."""

from collections.abc import Callable

import pytest

from tests.faults.disk.kills import kill_often, seconds_until_ready
from tests.faults.disk.world import World

KILLS, STARTS, SEED = 100, 2, 2

# a busy machine, not a hang
pytestmark = pytest.mark.timeout(600)


@pytest.mark.slow
def test_a_hundred_kills_lose_nothing_that_was_confirmed(quick_world: World) -> None:
    """R02: after each of 100 kill -9 the kiosk and the centre's SQLite hold every confirmed action, whole and equal."""
    lives = kill_often(quick_world, KILLS, SEED)
    assert lives.kills == KILLS
    assert lives.confirmed > 3 * KILLS
    assert not lives.lost, lives.lost[:5]


def test_a_killed_kiosk_shows_its_page_again(world: World, record_property: Callable[[str, object], None]) -> None:
    """R02: after a kill -9 the web process serves its first page by itself; how soon is written into the report."""
    taken = seconds_until_ready(world, STARTS)
    record_property("ready_seconds", max(taken))
    assert len(taken) == STARTS
