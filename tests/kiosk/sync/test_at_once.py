"""What happens on one side is on the other at once, without anybody asking all the time."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from kiosk.host import Kiosk
from kiosk.sync.worker import SyncWorker
from shared.kernel.limits import WAIT_SECONDS
from shared.parcels import operations as parcels
from shared.parcels import store as parcel_store
from shared.parcels.rules import Recipient
from shared.pickup_points import store as pickup_points
from shared.pickup_points.operations import open_point
from shared.sync.wire import WaitRequest
from sync_server.sync.operations import known_device
from sync_server.sync.waiting import wait_for_news
from tests.kiosk.sync.conftest import POINT, REGION, RunningCentre

SOON_SECONDS = 5.0  # far below the ten of the interval, far above what it takes


def soon(true: Callable[[], bool]) -> bool:
    """Whether something comes true before a steered round would come."""
    until = time.monotonic() + SOON_SECONDS
    while time.monotonic() < until:
        if true():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def working(kiosk: Kiosk, running_centre: RunningCentre) -> Iterator[Kiosk]:
    """A kiosk whose sync process runs."""
    stop = threading.Event()
    thread = threading.Thread(target=SyncWorker(kiosk, stop).run, daemon=True)
    thread.start()
    assert soon(lambda: kiosk.point() is not None)
    yield kiosk
    stop.set()
    # whoever still waits at the centre is told something, so that no thread writes to a connection that is gone
    journal = running_centre.centre.journal
    with journal.writing(POINT) as tx:
        open_point(journal, tx, POINT, number=1, name="打烊", region=REGION, actor="test")
    thread.join(WAIT_SECONDS)
    for _ in range(running_centre.centre.config.threads // 2):
        assert running_centre.centre.waiting.acquire(timeout=SOON_SECONDS)


def test_what_the_centre_changes_is_at_the_kiosk_before_its_next_interval(
    working: Kiosk, running_centre: RunningCentre
) -> None:
    """A kiosk waits at the centre and is told; it does not ask and ask."""
    time.sleep(0.5)
    journal = running_centre.centre.journal
    with journal.writing(POINT) as tx:
        open_point(journal, tx, POINT, number=1, name="洪楼南路自提点", region=REGION, actor="test")

    def renamed() -> bool:
        point = pickup_points.point(working.db, POINT)
        return point is not None and point.name == "洪楼南路自提点"

    assert soon(renamed)


def test_what_a_kiosk_records_is_at_the_centre_at_once(working: Kiosk, running_centre: RunningCentre) -> None:
    """A hand-out is at the centre within seconds."""
    who = Recipient("", "王*明", "1234")
    parcel = parcels.receive_parcel(working.journal(), POINT, "SF1234567890123", "S1", recipient=who).parcel
    assert parcel is not None
    assert soon(lambda: parcel_store.parcel(running_centre.centre.db, POINT, parcel.id) is not None)


@pytest.mark.parametrize("seconds", [float("nan"), float("-inf"), -1.0])
def test_a_wait_for_no_number_of_seconds_ends(kiosk: Kiosk, running_centre: RunningCentre, seconds: float) -> None:
    """Or a place to wait would be gone for good."""
    centre, state = running_centre.centre, kiosk.enrolled_state()
    device = known_device(centre, state.device)
    asked = WaitRequest(
        protocol=1, nonce="n", device=device.id, generation=state.generation, cursors={}, seconds=seconds
    )
    waiting = threading.Thread(target=wait_for_news, args=(centre, device, asked), daemon=True)
    waiting.start()
    waiting.join(SOON_SECONDS)
    assert not waiting.is_alive()
