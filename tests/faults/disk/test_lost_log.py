"""R06: a write-ahead log that is lost or cut short is said aloud, and the centre sends again what it has."""

import random
from pathlib import Path

import pytest

from kiosk import store as kiosk_store
from kiosk.doctor import examine
from kiosk.sync.rounds import open_link, run_round
from kiosk.sync.rules import Trouble
from kiosk.sync.upkeep import Upkeep
from shared.sync import rows
from shared.sync.accept import feeds_of
from sync_server.app import make_app as make_centre_app
from tests.faults.disk.losses import Found, put, said_aloud, stages, what_is_found, without_log, world_in
from tests.faults.disk.recording import Recording, build_shim, record_day
from tests.faults.disk.world import World, serving

ACTIONS, SEED = 40, 6

# a busy machine, not a hang
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def day(first_world: World, tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Recording]:
    """A recorded day, and the world as it was at its end."""
    folder = tmp_path_factory.mktemp("day")
    world = first_world.copy_to(folder / "world")
    return world, record_day(world, build_shim(folder), actions=ACTIONS, seed=SEED)


def test_every_lost_or_cut_log_is_said_aloud_and_no_whole_one_is(day: tuple[World, Recording], tmp_path: Path) -> None:
    """R06: after each action the log is deleted or cut; wherever facts are gone the doctor says so, elsewhere not."""
    world, chance, lost = world_in(tmp_path / "world"), random.Random(SEED), 0
    for stage in stages(day[1]):
        for how, files in [("whole", stage.files), *without_log(stage, chance)]:
            put(files, world)
            found = what_is_found(world, stage)
            assert found is not Found.SILENT_LOSS, f"stage {stage.number}, log {how}"
            assert (found is Found.WHOLE) or how != "whole", (
                f"stage {stage.number}: a whole log is taken for a lost one"
            )
            lost += found is Found.SAID
    assert lost > 50


def test_a_loss_is_said_once_and_stays_said_until_the_centre_was_asked(
    day: tuple[World, Recording], tmp_path: Path
) -> None:
    """R06: what was found at one start is not found again at the next, and not forgotten either."""
    world, last = world_in(tmp_path / "world"), list(stages(day[1]))[-1]
    put({name: data for name, data in last.files.items() if name != "kiosk.db-wal"}, world)
    for _ in range(3):
        kiosk = world.open_kiosk()
        assert said_aloud(kiosk)
        assert len(kiosk.db.query("SELECT * FROM losses")) == 1
        kiosk.db.close()


@pytest.mark.parametrize("back", [1, 4, 9])
def test_one_round_brings_back_what_the_centre_has(day: tuple[World, Recording], tmp_path: Path, back: int) -> None:
    """R06: after a lost log one round makes kiosk and centre equal again, and the doctor says what nobody has."""
    world = day[0].copy_to(tmp_path / "world")
    for stage in list(stages(day[1]))[-back::-1]:
        put({name: data for name, data in stage.files.items() if name != "kiosk.db-wal"}, world)
        kiosk = world.open_kiosk()
        lost = kiosk_store.last_loss(kiosk.db)
        if lost is not None and lost.missing:
            break
        kiosk.db.close()
    else:
        pytest.fail("no stage at which deleting the log takes anything")
    centre = world.open_centre()
    with serving(make_centre_app(centre)) as address:
        link = open_link(kiosk)
        link.server = address
        assert run_round(kiosk, link, lambda: None) is Trouble.NONE
    Upkeep(kiosk).after_round()
    for feed in feeds_of(kiosk.enrolled_state()):
        assert rows.digest(kiosk.db, kiosk.house, feed) == rows.digest(centre.db, centre.house, feed)
    told = [one for one in examine(kiosk) if "丢失" in one.text]
    assert [one.good for one in told] == [lost.unsent == 0]
    assert "补发" in told[0].text
    kiosk.db.close()
    centre.db.close()
