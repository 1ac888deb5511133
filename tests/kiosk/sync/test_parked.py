"""The kiosk's own quarantine: staff see what does not fit, have it judged anew, or leave it with a reason."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from flask.testing import FlaskClient

from kiosk.sync import parked
from kiosk.sync.rules import Trouble
from shared.kernel.clock import ManualClock, utc_text
from shared.kernel.errors import Refused
from shared.sync import Fact, store
from tests.kiosk.pickup.scene import PIN, STAFF, START, Scene, settings


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene.open(settings(tmp_path / "kiosk"), ManualClock(START))
    yield made
    made.kiosk.db.close()


@pytest.fixture
def staff(scene: Scene) -> FlaskClient:
    """A counter with somebody signed in."""
    client = scene.app().test_client()
    assert client.post("/staff/session", data={"staff": STAFF, "pin": PIN}).status_code == 303
    return client


def park(scene: Scene, seq: int, reason: str) -> None:
    """A hand-out of a parcel that the centre has never heard of."""
    state = scene.kiosk.enrolled_state()
    fact = Fact(state.point, state.device, state.epoch, seq, "parcels.handed_out.v1", utc_text(START), STAFF,
                msgspec.Struct())  # fmt: skip
    payload = msgspec.msgpack.encode([["K1.AAAAA.7"], "staff", ""])
    with scene.kiosk.db.writing() as tx:
        store.add_quarantine(tx, fact, payload, reason, utc_text(START))


def test_an_empty_quarantine_says_so(staff: FlaskClient) -> None:
    page = staff.get("/quarantine").get_data(as_text=True)
    assert "隔离区是空的" in page


def test_a_parked_fact_is_told_in_words_and_left_with_a_reason(scene: Scene, staff: FlaskClient) -> None:
    park(scene, 4, "Refused: 没有这个包裹。 (PARCEL_UNKNOWN)")
    page = staff.get("/quarantine").get_data(as_text=True)
    assert "包裹出库" in page
    assert "没有这个包裹。" in page
    assert "PARCEL_UNKNOWN" in page
    epoch = scene.kiosk.enrolled_state().epoch
    assert staff.post(f"/quarantine/{epoch}/4/discard", data={"reason": ""}).status_code == 422
    assert staff.post(f"/quarantine/{epoch}/4/discard", data={"reason": "已手工处理"}).status_code == 303
    assert store.count_quarantine(scene.kiosk.db) == 0
    with pytest.raises(Refused) as refused:
        parked.discard(scene.kiosk, epoch, 4, "再一次")
    assert refused.value.code == "NOT_PARKED"


def test_judging_anew_reads_the_points_rows_and_asks_for_a_round(scene: Scene, staff: FlaskClient) -> None:
    park(scene, 4, "LookupError: box")
    state = scene.kiosk.enrolled_state()
    with scene.kiosk.db.writing() as tx:
        store.set_cursor(tx, f"point:{state.point}", 9)
        store.set_cursor(tx, f"region:{state.region}", 9)
    assert staff.post("/quarantine/comparisons").status_code == 303
    assert set(store.cursors(scene.kiosk.db)) == {f"region:{state.region}"}
    assert scene.kiosk.enrolled_state().wanted == state.wanted + 1


def test_only_staff_may_look(scene: Scene) -> None:
    assert scene.app().test_client().get("/quarantine").status_code in (302, 303)


def test_a_moved_card_leads_staff_to_enrolment(scene: Scene, staff: FlaskClient) -> None:
    """Where the centre sent the machine away, the way on is one tap from the devices page."""
    assert 'href="/enrolment"' not in staff.get("/devices").get_data(as_text=True)
    with scene.kiosk.db.writing() as tx:
        store.set_trouble(tx, Trouble.CLONE.value, utc_text(START))
    page = staff.get("/devices").get_data(as_text=True)
    assert 'href="/enrolment"' in page
    assert "这张存储卡原属另一台机器" in page
    assert staff.get("/enrolment").status_code == 200
