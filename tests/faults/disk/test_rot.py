"""R05: a bit that flips on the card is noticed, and words say how to rebuild from the centre."""

import pytest
import requests

from kiosk.doctor import examine
from tests.bench.processes import free_port, wait_until_answers
from tests.faults.disk.judge import DATABASE
from tests.faults.disk.kills import web_process
from tests.faults.disk.recording import Recording, build_shim, record_day
from tests.faults.disk.rot import flip_bits
from tests.faults.disk.world import World, folder_in_memory

FLIPS, CONTROL_FLIPS, ACTIONS, SEED = 1_000, 200, 40, 5

# a busy machine, not a hang
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def day(first_world: World, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """A recorded day."""
    folder = tmp_path_factory.mktemp("rot")
    with folder_in_memory() as place:
        return record_day(first_world.copy_to(place / "world"), build_shim(folder), actions=ACTIONS, seed=SEED)


@pytest.mark.slow
def test_flipped_bits_are_noticed_or_change_nothing(day: Recording) -> None:
    """R05: of 1 000 single flips in database and log each is noticed at the start, or every row is still as it was."""
    flips = flip_bits(day, FLIPS, SEED)
    assert flips.count == FLIPS
    assert flips.share_noticed >= 0.999, flips.silent[:5]
    assert flips.noticed["page checksum"] > 0
    assert flips.noticed["log was cut"] > 0
    assert flips.noticed["start refused, rebuild offered"] > 0
    # bytes of the log that a checkpoint has made free, and pages that the log holds once more
    assert flips.harmless < FLIPS // 2


def test_without_the_marks_damaged_logs_would_pass_for_whole_ones(day: Recording) -> None:
    """R05, negative control: without the files that remember, flips in the log lose actions and nobody notices."""
    assert flip_bits(day, CONTROL_FLIPS, SEED, marks=False).silent


def test_the_doctor_says_how_to_rebuild(quick_world: World) -> None:
    """R05: where a page is damaged, the doctor says so and names the way back: a copy, or the centre."""
    path = quick_world.kiosk_data / DATABASE
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    kiosk = quick_world.open_kiosk()
    told = [one.text for one in examine(kiosk) if not one.good]
    assert any("数据库损坏" in one and "kiosk restore" in one and "kiosk rebuild" in one for one in told), told
    kiosk.db.close()


def test_the_start_page_says_how_to_rebuild(quick_world: World) -> None:
    """R05: where the database does not open at all, the screen says so and names the way back."""
    path = quick_world.kiosk_data / DATABASE
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)
    port = free_port()
    with web_process(quick_world, port):
        wait_until_answers(f"http://127.0.0.1:{port}/static/css/tokens.css")
        shown = requests.get(f"http://127.0.0.1:{port}/", timeout=10)
    assert shown.status_code == 503
    assert "DATABASE_DAMAGED" in shown.text
    assert "kiosk restore" in shown.text
    assert "kiosk rebuild" in shown.text
