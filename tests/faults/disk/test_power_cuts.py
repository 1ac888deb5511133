"""R01: a power cut at any moment keeps every confirmed action whole and leaves nothing of the others."""

from collections import Counter
from pathlib import Path

import pytest

from kiosk import store as kiosk_store
from kiosk.doctor import examine
from tests.faults.disk.crash import cut_anyhow
from tests.faults.disk.judge import cut_power
from tests.faults.disk.losses import put, world_in
from tests.faults.disk.recording import Recording, build_shim, confirmed_actions, record_day
from tests.faults.disk.world import World

# more than there are calls in a day: what is drawn comes after one cut at each
STATES, CONTROL_STATES, WHOLE_KIOSKS = 20_000, 7_000, 150
ACTIONS, SEED = 60, 20_261_122

# a busy machine, not a hang
pytestmark = pytest.mark.timeout(600)


def record(world: World, folder: Path, synchronous: str) -> Recording:
    return record_day(world, build_shim(folder), actions=ACTIONS, seed=SEED, synchronous=synchronous)


@pytest.mark.slow
def test_a_power_cut_takes_nothing_that_was_confirmed_and_leaves_nothing_half(world: World, tmp_path: Path) -> None:
    """R01: 20 000 cuts (unsynced writes lost, reordered, torn) take no confirmed action and leave none half done."""
    recording = record(world, tmp_path, "FULL")
    done = Counter(str(one["action"]) for one in confirmed_actions(recording))
    assert min(done[name] for name in ("inbound", "hand_out", "shelve", "label", "undo", "sync", "pickup")) >= 2, done
    tally = cut_power(recording, STATES, SEED)
    assert tally.states >= STATES
    assert tally.moments == len(confirmed_actions(recording)) + 1, "an action took more than one transaction"
    assert not tally.bad, tally


def test_a_power_cut_alone_is_never_taken_for_a_loss(world: World, tmp_path: Path) -> None:
    """R01: the whole kiosk opens after each of 150 drawn cuts, all files taken into account, and misses nothing."""
    recording, there = record(world, tmp_path, "FULL"), world_in(tmp_path / "after")
    for state in cut_anyhow(recording, WHOLE_KIOSKS, SEED):
        put(state.files, there)
        kiosk = there.open_kiosk()
        assert kiosk_store.last_loss(kiosk.db) is None, state.how
        bad = [one.text for one in examine(kiosk) if not one.good]
        assert not bad, (state.how, bad)
        kiosk.db.close()


def test_without_a_sync_at_each_commit_confirmed_actions_would_be_gone(world: World, tmp_path: Path) -> None:
    """R01, negative control: the same cuts under synchronous=NORMAL take confirmed actions, though nothing breaks."""
    tally = cut_power(record(world, tmp_path, "NORMAL"), CONTROL_STATES, SEED)
    assert tally.wrong["a confirmed action is gone"] > CONTROL_STATES // 10, tally
    assert set(tally.wrong) == {"a confirmed action is gone"}


def test_without_any_sync_files_would_break(world: World, tmp_path: Path) -> None:
    """R01, negative control: the same cuts under synchronous=OFF also leave files that do not open or do not add up."""
    tally = cut_power(record(world, tmp_path, "OFF"), CONTROL_STATES, SEED)
    assert tally.wrong["a confirmed action is gone"] > CONTROL_STATES // 10, tally
    assert tally.wrong["broken"] > 0, tally
