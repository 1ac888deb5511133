"""The demo panel against a running town: what is held up, delivered, cut and emptied has its effect at the kiosk."""

import io
import re
import time
from collections.abc import Callable, Iterator
from datetime import date

import pytest
import zxingcpp
from flask.testing import FlaskClient
from PIL import Image

from deploy.demo import books
from deploy.demo.browser import read_page
from deploy.demo.counter import take_in_expected
from deploy.demo.folder import demo_folder
from deploy.demo.neighbourhood import generate
from deploy.demo.pages import make_panel
from deploy.demo.progress import Progress
from deploy.demo.showings import ShowingKind
from deploy.demo.town import DemoKiosk, Town
from hardware.virtual.remote import labels, printer_state

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

SECONDS = 20.0


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with demo_folder(tmp_path_factory.mktemp("panel") / "demo", keep=False) as folder:
        town = Town(generate(7, date(2026, 11, 22)), folder, Progress(io.StringIO()), any_port=True)
        with town:
            take_in_expected(town.kiosks[0], 8)
            yield town


@pytest.fixture
def kiosk(town: Town) -> DemoKiosk:
    return town.kiosks[0]


@pytest.fixture
def panel(town: Town) -> FlaskClient:
    app = make_panel(town)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "zh-CN"
    return client


def soon(true: Callable[[], bool]) -> bool:
    until = time.monotonic() + SECONDS
    while not true():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def press(panel: FlaskClient, kiosk: DemoKiosk, place: str, **values: str) -> str:
    answer = panel.post(f"/points/{kiosk.point.code}/{place}", data=values, headers={"HX-Request": "true"})
    assert answer.status_code == 200, answer.text
    return answer.text


def test_both_points_have_a_page_with_everything_on_it(panel: FlaskClient, town: Town) -> None:
    assert panel.get("/").location == f"/points/{town.kiosks[0].point.code}"
    for kiosk in town.kiosks:
        page = read_page(panel.get(f"/points/{kiosk.point.code}").text)
        addresses = {link.attributes.get("href", "") for link in page.every("a")}
        assert {kiosk.url, f"{kiosk.url}/counter", f"{town.url}/console"} <= addresses
        for staff in kiosk.point.staff:
            assert staff.pin in page.text
        assert town.password in page.text
    assert panel.get("/points/NOWHERE").status_code == 404


def test_a_pass_that_is_held_up_hands_out(panel: FlaskClient, town: Town, kiosk: DemoKiosk) -> None:
    resident, parcels = next(iter(books.to_collect(kiosk).items()))
    listed = panel.get(f"/points/{kiosk.point.code}/people", query_string={"search": parcels[0].pickup_code}).text
    assert resident in listed
    said = press(panel, kiosk, "showings", kind="valid", resident=resident, hardness="0.1")
    for parcel in parcels:
        assert parcel.pickup_code in said
    assert resident not in books.to_collect(kiosk)
    assert resident not in panel.get(f"/points/{kiosk.point.code}/people").text
    assert "再举一次" in said

    def again() -> bool:
        # within three seconds the kiosk takes it for the same showing
        return "ALREADY_COLLECTED" in press(panel, kiosk, "showings", kind="valid", resident=resident, hardness="0.1")

    assert soon(again)


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        (ShowingKind.FORGED, "FORGED"),
        (ShowingKind.EXPIRED, "EXPIRED"),
        (ShowingKind.FOREIGN, "WRONG_POINT"),
        (ShowingKind.GOODS, "GOODS_BARCODE"),
        (ShowingKind.LONG, "NOT_A_PASS"),
    ],
)
def test_what_must_not_pass_is_refused(panel: FlaskClient, kiosk: DemoKiosk, kind: ShowingKind, outcome: str) -> None:
    before = books.to_collect(kiosk)
    assert outcome in press(panel, kiosk, "showings", kind=kind.value, hardness="0.1")
    assert books.to_collect(kiosk) == before


def test_a_code_of_4_kb_does_nothing_at_all(panel: FlaskClient, kiosk: DemoKiosk) -> None:
    before = books.to_collect(kiosk)
    said = press(panel, kiosk, "showings", kind=ShowingKind.HUGE.value, hardness="0.1")
    assert "HANDED_OUT" not in said
    assert books.to_collect(kiosk) == before


def test_the_network_is_cut_and_mended(panel: FlaskClient, kiosk: DemoKiosk) -> None:
    press(panel, kiosk, "network", whole="0")
    assert soon(lambda: not kiosk.cable.whole)
    press(panel, kiosk, "deliveries", count="1")
    assert soon(lambda: "badge-offline" in panel.get(f"/points/{kiosk.point.code}/state").text)
    assert kiosk.waiting() > 0
    press(panel, kiosk, "network", whole="1")
    assert kiosk.cable.whole
    assert soon(lambda: kiosk.waiting() == 0)


def test_staff_take_in_what_is_delivered_and_labels_wait_for_paper(panel: FlaskClient, kiosk: DemoKiosk) -> None:
    assert soon(lambda: books.labels_open(kiosk) == 0)
    press(panel, kiosk, "printer", word="paper_out")
    assert printer_state(kiosk.printer)["paper"] is False
    expected, printed = len(books.expected(kiosk, books.MOST_ROWS)), len(labels(kiosk.printer))
    said = press(panel, kiosk, "deliveries", count="3")
    assert len(re.findall(r"\d-\d-\d{4}", said)) == 3
    assert len(books.expected(kiosk, books.MOST_ROWS)) == expected - 3
    assert books.labels_open(kiosk) == 3
    press(panel, kiosk, "printer", word="paper_in")
    assert soon(lambda: books.labels_open(kiosk) == 0)
    assert len(labels(kiosk.printer)) == printed + 3


def test_the_camera_is_covered_and_seen_again(panel: FlaskClient, kiosk: DemoKiosk) -> None:
    address = f"/points/{kiosk.point.code}/state"
    press(panel, kiosk, "camera", mode="covered")
    assert soon(lambda: "镜头被盖住" in panel.get(address).text)
    press(panel, kiosk, "camera", mode="normal")
    assert soon(lambda: "看得见" in panel.get(address).text)


def test_pictures_are_those_of_the_devices(panel: FlaskClient, kiosk: DemoKiosk) -> None:
    assert soon(lambda: bool(labels(kiosk.printer)))
    newest = labels(kiosk.printer)[0]
    assert panel.get(f"/points/{kiosk.point.code}/labels/{newest.name}").data == newest.read_bytes()
    assert panel.get(f"/points/{kiosk.point.code}/labels/..%2Fstate.json").status_code == 404
    assert panel.get(f"/points/{kiosk.point.code}/labels/label-99999.png").status_code == 404
    panel.get(f"/points/{kiosk.point.code}/state")
    assert soon(lambda: panel.get(f"/points/{kiosk.point.code}/camera.jpg").status_code == 200)


def test_slips_to_scan_carry_their_waybills(panel: FlaskClient, town: Town, kiosk: DemoKiosk) -> None:
    page = panel.get(f"/points/{kiosk.point.code}/deliveries").text
    waybill = books.expected(kiosk, books.MOST_ROWS)[0].waybill
    found = panel.get(f"/points/{kiosk.point.code}/deliveries", query_string={"search": waybill}).text
    assert waybill in found
    courier = [one for one in town.neighbourhood.courier_parcels if one.point == kiosk.point.code]
    assert any(one.waybill in page for one in courier)
    assert _read_bars(panel.get(f"/barcodes/{waybill}.svg").text) == waybill
    assert panel.get("/barcodes/<b>.svg").status_code == 404


def _read_bars(svg: str) -> str:
    """Draw the bars of the SVG as a scanner's line sees them, and read them."""
    width = int(re.search(r'<svg width="(\d+)"', svg).group(1))  # type: ignore[union-attr]  # no match is a failure
    scale = 4
    picture = Image.new("L", (width * scale, 60), 255)
    bars = re.findall(r"M(\d+) 0h(\d+)v", svg)
    for left, wide in bars:
        picture.paste(0, (int(left) * scale, 0, (int(left) + int(wide)) * scale, 60))
    found = zxingcpp.read_barcodes(picture)
    return found[0].text if found else ""


@pytest.mark.parametrize(
    ("place", "values"),
    [
        ("camera", {"mode": "on fire"}),
        ("printer", {"word": "explode"}),
        ("showings", {"kind": "nothing"}),
        ("showings", {"kind": "valid", "resident": "R999999"}),
        ("deliveries", {"count": "1000"}),
    ],
)
def test_what_makes_no_sense_is_refused(
    panel: FlaskClient, kiosk: DemoKiosk, place: str, values: dict[str, str]
) -> None:
    answer = panel.post(f"/points/{kiosk.point.code}/{place}", data=values)
    assert answer.status_code in {400, 422}


def test_writing_needs_the_pages_own_token(town: Town, kiosk: DemoKiosk) -> None:
    client = make_panel(town).test_client()
    assert client.post(f"/points/{kiosk.point.code}/network", data={"whole": "0"}).status_code == 400
    assert kiosk.cable.whole
