"""What the kiosk says of itself, to staff and to the centre; each trouble with what to do."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from kiosk import workers
from kiosk.devices import rules
from kiosk.devices.health import read_health, temperature_c, uptime_s
from kiosk.devices.rules import (
    CAMERA,
    PRINTER,
    TESTED,
    clock_is_plausible,
    disk_condition,
    temperature_condition,
)
from kiosk.labels.operations import cancel, label_queued
from kiosk.labels.rules import JobState
from kiosk.labels.store import in_states
from kiosk.scan.rules import PICTURE, PICTURE_WISH
from shared.devices.rules import Part, attention
from shared.kernel.clock import ManualClock, utc_text
from shared.kernel.limits import DEVICE_DISK_FULL_MB, DEVICE_DISK_LOW_MB
from shared.kernel.passes import PassVerdict
from shared.parcels.operations import receive_parcel
from shared.parcels.rules import Recipient
from shared.pickup_points.store import staff_member
from tests.kiosk.pickup.scene import PIN, STAFF, START, Scene, settings
from tests.kiosk.pickup.test_screens import post_scan

HTMX = {"HX-Request": "true"}


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def scene(tmp_path: Path, clock: ManualClock) -> Iterator[Scene]:
    made = Scene.open(settings(tmp_path / "kiosk"), clock)
    yield made
    made.kiosk.db.close()


@pytest.fixture
def staff(scene: Scene) -> FlaskClient:
    """A counter with somebody signed in."""
    client = scene.app().test_client()
    assert client.post("/staff/session", data={"staff": STAFF, "pin": PIN}).status_code == 303
    return client


def say(scene: Scene, name: str, state: str, detail: str = "") -> None:
    workers.beat(scene.kiosk.db, scene.kiosk.clock, name, state, detail)


def test_health_says_what_the_centre_wants_to_know(scene: Scene, clock: ManualClock) -> None:
    say(scene, "scan", "ok", json.dumps({"fps": 14.9}))
    say(scene, "print", "trouble", "paper_out")
    resident = scene.resident()
    scene.parcel(resident)
    told = read_health(scene.kiosk)
    assert (told.camera, told.camera_detail) == (Part.OK, "")
    assert (told.printer, told.printer_detail) == (Part.TROUBLE, "paper_out")
    assert told.waiting > 0
    assert told.oldest_waiting == utc_text(START)
    assert 0 < told.disk_free_mb <= told.disk_total_mb
    assert told.clock_utc == utc_text(clock.now())
    assert told.clock_trusted
    assert told.uptime_s > 0
    assert told.app_version
    assert attention(told, clock.now(), clock.now())[0].code == "printer"


@pytest.mark.parametrize(
    ("state", "part"),
    [
        ("ok", Part.OK),
        ("missing", Part.ABSENT),
        ("none", Part.ABSENT),
        ("frozen", Part.TROUBLE),
        ("covered", Part.TROUBLE),
    ],
)
def test_a_camera_that_does_not_see_is_reported(scene: Scene, state: str, part: Part) -> None:
    say(scene, "scan", state)
    assert read_health(scene.kiosk).camera is part


def test_a_process_that_fell_silent_is_trouble(scene: Scene, clock: ManualClock) -> None:
    assert read_health(scene.kiosk).camera is Part.ABSENT
    say(scene, "scan", "ok")
    clock.advance(60)
    told = read_health(scene.kiosk)
    assert (told.camera, told.camera_detail) == (Part.TROUBLE, "silent")


def test_the_clock_is_trusted_only_where_it_can_be_right() -> None:
    contact = utc_text(START)
    assert clock_is_plausible(START + timedelta(days=30), contact)
    assert clock_is_plausible(START - timedelta(minutes=5), contact)
    assert not clock_is_plausible(START - timedelta(days=1), contact)
    assert not clock_is_plausible(START + timedelta(days=400), contact)
    assert not clock_is_plausible(START.replace(year=1970), contact)
    assert not clock_is_plausible(START, None)


def test_only_staff_see_the_page(scene: Scene) -> None:
    visitor = scene.app().test_client()
    for address in ("/devices", "/devices/parts", "/devices/camera.jpg", "/devices/code-tests"):
        assert visitor.get(address).status_code == 303
    assert visitor.post("/devices/code-tests").status_code == 303
    assert not (scene.kiosk.config.data / PICTURE_WISH).exists()


@pytest.mark.parametrize("state", sorted(CAMERA))
def test_every_state_of_the_camera_has_words(scene: Scene, staff: FlaskClient, state: str) -> None:
    say(scene, "scan", state)
    page = staff.get("/devices").text
    condition = CAMERA[state]
    assert condition.word in page
    assert condition.next_step in page


@pytest.mark.parametrize(
    ("state", "detail", "words"),
    [
        ("ok", "", "正常"),
        ("absent", "missing", "未找到打印机"),
        ("trouble", "paper_out", "请装入新的标签卷"),
        ("trouble", "cover_open", "请合上打印机盖"),
        ("trouble", "something_new", "打印机报告了问题"),
    ],
)
def test_the_printer_says_what_is_wrong(tmp_path: Path, state: str, detail: str, words: str) -> None:
    from dataclasses import replace

    scene = Scene.open(replace(settings(tmp_path / "k"), printer="tcp:127.0.0.1:1"), ManualClock(START))
    staff = scene.app().test_client()
    staff.post("/staff/session", data={"staff": STAFF, "pin": PIN})
    say(scene, "print", state, detail)
    assert words in staff.get("/devices").text
    scene.kiosk.db.close()


def test_trouble_comes_first(scene: Scene, staff: FlaskClient) -> None:
    say(scene, "scan", "frozen")
    page = staff.get("/devices/parts").text
    places = {key: page.index(f'id="part-{key}"') for key in ("camera", "disk", "network")}
    assert places["camera"] < places["disk"]
    assert "一切正常" not in page


def test_the_picture_is_asked_for_by_looking(scene: Scene, staff: FlaskClient) -> None:
    folder = scene.kiosk.config.data
    assert staff.get("/devices/camera.jpg").status_code == 204
    first = (folder / PICTURE_WISH).read_text()
    (folder / PICTURE).write_bytes(b"\xff\xd8picture")
    shown = staff.get("/devices/camera.jpg")
    assert (shown.data, shown.headers["Content-Type"]) == (b"\xff\xd8picture", "image/jpeg")
    assert shown.headers["Cache-Control"] == "no-store"
    assert (folder / PICTURE_WISH).read_text() != first


def test_a_code_can_be_tried_without_handing_out(scene: Scene, staff: FlaskClient, clock: ManualClock) -> None:
    resident = scene.resident()
    parcel = scene.parcel(resident)
    assert "请把一个码对准镜头" in staff.post("/devices/code-tests", headers=HTMX).text
    assert post_scan(scene, staff, scene.pass_of(resident), nonce="t").get_json() == {"outcome": "TESTED"}
    assert scene.now(parcel).present
    assert "有效的取件凭证。没有出库" in staff.get("/devices/code-tests").text
    assert post_scan(scene, staff, scene.pass_of(resident), nonce="u").get_json() == {"outcome": "HANDED_OUT"}

    staff.post("/devices/code-tests")
    clock.advance(21)
    assert "请把一个码" not in staff.get("/devices/code-tests").text
    assert post_scan(scene, staff, "6901234567892", nonce="v").get_json() == {"outcome": "GOODS_BARCODE"}


def test_everything_a_tried_code_can_be_has_words() -> None:
    kinds = {verdict.value for verdict in PassVerdict} | {
        "parcel_label",
        "goods_barcode",
        "other",
        "too_long",
        "conflict",
    }
    assert set(TESTED) == kinds


def test_each_bad_condition_says_what_to_do() -> None:
    conditions = [*CAMERA.values(), *PRINTER.values(), rules.clock_condition(False)]
    conditions += [disk_condition(mb) for mb in (0, DEVICE_DISK_FULL_MB, DEVICE_DISK_LOW_MB, 99_999)]
    conditions += [temperature_condition(c) for c in (None, 20, 72, 90)]
    for condition in conditions:
        assert condition.word
        assert condition.next_step or condition.tone in ("ok", "idle"), condition
    assert [disk_condition(mb).tone for mb in (0, DEVICE_DISK_FULL_MB, DEVICE_DISK_LOW_MB)] == ["alarm", "warn", "ok"]


def test_sensors_that_fail_are_left_out(tmp_path: Path) -> None:
    assert temperature_c(tmp_path) is None
    for n, text in enumerate(["48123\n", "nonsense", "51500\n"]):
        zone = tmp_path / f"thermal_zone{n}"
        zone.mkdir()
        (zone / "temp").write_text(text)
    assert temperature_c(tmp_path) == 51.5
    (tmp_path / "uptime").write_text("93.5 12.0\n")
    assert uptime_s(tmp_path / "uptime") == 93
    assert uptime_s(tmp_path / "nothing") >= 0


def test_labels_waiting_are_counted(scene: Scene) -> None:
    """A label that was asked for with the parcel waits until the printer has confirmed it."""
    member = staff_member(scene.kiosk.db, scene.kiosk.point_code, STAFF)
    assert member is not None
    assert read_health(scene.kiosk).print_waiting == 0
    for waybill in ("SF1234567890123", "SF1234567890124"):
        receive_parcel(
            scene.kiosk.journal(), scene.kiosk.point_code, waybill, STAFF,
            recipient=Recipient("", "王*明", "8899"), also=label_queued(scene.kiosk, member),
        )  # fmt: skip
    assert read_health(scene.kiosk).print_waiting == 2
    cancel(scene.kiosk, in_states(scene.kiosk.db, (JobState.QUEUED,))[0].id)
    assert read_health(scene.kiosk).print_waiting == 1
