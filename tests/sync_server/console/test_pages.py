"""What operators see and do, through the pages."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from deploy.demo.import_files import write_all
from deploy.demo.neighbourhood import generate
from shared.devices import operations as device_operations
from shared.devices import store as devices
from shared.devices.rules import Health, Part
from shared.kernel import passes
from shared.kernel.clock import ManualClock, utc_text
from shared.parcels import store as parcels
from shared.parcels.facts import HandedOut
from shared.pickup_points import store as pickup_points
from shared.residents import store as residents
from sync_server.console import board
from sync_server.console.csv_export import csv_lines
from sync_server.console.rules import check_pin
from sync_server.host import Centre
from sync_server.imports.operations import import_file
from tests.sync_server.happenings import cells, centre_of, enrol, fill_a_little, hand_out, park_a_fact
from tests.sync_server.opening import POINTS, Desk, open_desk

HOSTILE = ["------", "%", "_", "", "'", '"', "\\", "' OR 1=1 --", "<script>", "\x00", "𠮷" * 80, "%%%%", "!_%", "[]"]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    write_all(folder, generate(7, date(2026, 11, 22)))
    return folder


def fill(centre: Centre, files: Path) -> None:
    for kind in ("goods", "residents", "orders"):
        assert import_file(centre, kind, files / f"{kind}.csv", "op").good


# --- is everything all right? -----------------------------------------------------------------------------------------


def test_an_empty_centre_says_what_to_do_first(signed_in: Desk) -> None:
    page = signed_in.get("/console/overview").text
    assert "还没有终端" in page
    assert "/console/points" in page


def test_all_well_is_said_aloud(signed_in: Desk) -> None:
    enrol(centre_of(signed_in), "K1")
    page = signed_in.get("/console/overview").text
    assert "1 / 1" in page
    assert "一切正常" in page


def test_the_worst_comes_first_with_why_and_what_to_do(server: Centre) -> None:
    enrol(server, "K1")
    enrol(server, "K2", "JN-YZ01", Health(camera=Part.OK, printer=Part.TROUBLE, printer_detail="缺纸"))
    enrol(server, "K3", "JN-YZ01", silent=20 * 60)
    enrol(server, "K4", silent=30 * 3600)
    now = board.overview(server)
    assert (now.kiosks, now.well, now.needing) == (4, 1, 3)
    assert [need.subject for need in now.needs] == ["K4", "K2", "K3"]
    assert now.needs[1].place == POINTS["JN-YZ01"]
    assert [need.tone for need in now.needs] == ["alarm", "alarm", "warn"]
    assert all(need.why and need.action and need.since for need in now.needs)


def test_notices_alone_leave_a_kiosk_well(server: Centre) -> None:
    enrol(server, "K1", health=Health(camera=Part.ABSENT, printer=Part.OK))
    now = board.overview(server)
    assert (now.well, now.needs) == (1, ())


def test_backlog_cases_and_quarantine_are_counted(server: Centre, files: Path, clock: ManualClock) -> None:
    fill(server, files)
    oldest = utc_text(clock.now() - timedelta(minutes=4))
    enrol(server, "K1", health=Health(camera=Part.OK, printer=Part.OK, waiting=312, oldest_waiting=oldest))
    [parcel_id] = hand_out(server, "JN-HL01", 1)
    with server.journal.writing("JN-HL01") as tx:
        server.journal.record(tx, HandedOut((parcel_id,), "staff", ""), point="JN-HL01", actor="S2")
    park_a_fact(server, "K1", oldest)
    now = board.overview(server)
    assert (now.waiting, now.oldest, now.cases, now.parked, now.collected) == (312, oldest, 1, 1, 1)
    assert [need.kind for need in now.needs] == ["quarantine", "cases"]


def test_pickups_are_shown_by_the_hour_of_the_place(server: Centre, files: Path, clock: ManualClock) -> None:
    fill(server, files)
    hand_out(server, "JN-HL01", 3)  # 03:00 UTC is 11 in Jinan
    clock.advance(2 * 3600)
    hand_out(server, "JN-HL01", 2)
    hours = board.overview(server).hours
    counted = dict(zip(hours.labels, hours.today, strict=False))
    assert (counted["11"], counted["12"], counted["13"]) == (3, 0, 2)
    assert hours.before == ()
    clock.advance(7 * 86_400)
    week_later = board.overview(server).hours
    assert dict(zip(week_later.labels, week_later.before, strict=True))["11"] == 3


def test_a_board_of_six_hundred_kiosks_shows_and_exports_them_all(signed_in: Desk) -> None:
    centre = centre_of(signed_in)
    for number in range(600):
        enrol(centre, f"Q{number}", silent=number)
    for path in ("/console/overview", "/console/kiosks"):
        assert signed_in.get(path).status_code == 200
    assert len(cells(signed_in.get("/console/kiosks.csv").text)) == 601


# --- kiosks -----------------------------------------------------------------------------------------------------------


def test_a_claim_code_is_shown_once_and_enrols(signed_in: Desk, clock: ManualClock) -> None:
    centre = centre_of(signed_in)
    page = signed_in.post("/console/claims", {"point": "JN-HL01"}).text
    found = re.search(r'data-claim-code="(\d{8})"', page)
    assert found
    device = device_operations.claim(centre.db, clock, found[1], bytes(32), "hw")
    assert device.point == "JN-HL01"
    assert found[1] not in signed_in.get("/console/log").text
    assert "JN-HL01" in signed_in.get("/console/log").text
    assert signed_in.post("/console/claims", {"point": "nowhere"}).status_code == 422


def test_a_kiosk_is_revoked_only_when_its_id_is_typed(signed_in: Desk) -> None:
    centre = centre_of(signed_in)
    enrol(centre, "K7")
    assert signed_in.get("/console/kiosks/K7").status_code == 200
    assert signed_in.post("/console/kiosks/K7/revocation", {"confirm": "K8"}).status_code == 400
    assert signed_in.post("/console/kiosks/K7/revocation", {"confirm": "k7"}).status_code == 303
    revoked = devices.device(centre.db, "K7")
    assert revoked is not None
    assert revoked.revoked_at
    assert signed_in.post("/console/kiosks/K7/revocation", {"confirm": "K7"}).status_code == 422
    assert board.overview(centre).kiosks == 0


def test_a_kiosk_can_be_named(signed_in: Desk) -> None:
    enrol(centre_of(signed_in), "K7")
    assert signed_in.post("/console/kiosks/K7/name", {"name": "门口<b>"}).status_code == 303
    assert "门口&lt;b&gt;" in signed_in.get("/console/kiosks/K7").text
    assert signed_in.post("/console/kiosks/K9/name", {"name": "x"}).status_code == 404


# --- points -----------------------------------------------------------------------------------------------------------


def test_a_point_with_shelves_and_staff(signed_in: Desk) -> None:
    centre = centre_of(signed_in)
    made = signed_in.post("/console/points", {"point": "jn-ls01", "number": "9", "name": "历山路店", "region": "jinan"})
    assert made.headers["Location"] == "/console/points/JN-LS01"
    shelf = {"shelf": "3", "layers": "4", "capacity": "20", "shelf_name": "中件", "cold": ""}
    assert signed_in.post("/console/points/JN-LS01/shelves", shelf).status_code == 303
    assert signed_in.post("/console/points/JN-LS01/shelves", {**shelf, "layers": "2"}).status_code == 303
    layers = pickup_points.shelf_layers(centre.db, "JN-LS01")
    assert [(layer.layer, layer.capacity) for layer in layers] == [(1, 20), (2, 20), (3, 0), (4, 0)]
    person = {"staff_name": "张店长", "pin": "805273", "role": "leader"}
    assert signed_in.post("/console/points/JN-LS01/staff", person).status_code == 303
    [member] = pickup_points.staff(centre.db, "JN-LS01")
    assert member.pin_hash.startswith("$argon2id$")
    assert "805273" not in member.pin_hash
    ending = f"/console/points/JN-LS01/staff/{member.id}"
    assert signed_in.post(ending, {"active": "0"}).status_code == 303
    assert not pickup_points.staff(centre.db, "JN-LS01")[0].active
    assert signed_in.post(ending, {"pin": "111111"}).status_code == 400
    assert signed_in.get("/console/points/JN-LS01").status_code == 200


def test_what_was_typed_wrongly_comes_back_with_the_reason(signed_in: Desk) -> None:
    taken = signed_in.post("/console/points", {"point": "JN-HL01", "number": "5", "name": "", "region": "jinan"})
    assert taken.status_code == 422
    assert "这个代码已有自提点" in taken.text
    number = signed_in.post("/console/points", {"point": "JN-NEW", "number": "1", "name": "新", "region": "jinan"})
    assert number.status_code == 422
    assert "已被自提点" in number.text
    weak = signed_in.post("/console/points/JN-HL01/staff", {"staff_name": "李", "pin": "123456"})
    assert weak.status_code == 422
    assert "太容易猜到" in weak.text


@pytest.mark.parametrize("pin", ["123456", "111111", "987654", "123123", "199001", "112211"])
def test_pins_that_a_thief_tries_first(pin: str) -> None:
    assert not check_pin(pin)
    assert check_pin("805273")


# --- lists ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["orders", "parcels", "residents", "goods"])
def test_hostile_searches_find_nothing_bad(server: Centre, path: str) -> None:
    fill_a_little(server)
    desk = open_desk(server)
    desk.sign_in()
    for text in HOSTILE:
        for more in ({}, {"point": text, "state": text, "page": text, "category": text, "region": text}):
            for ending in ("", ".csv"):
                answer = desk.client.get(f"/console/{path}{ending}", query_string={"q": text, **more})
                expected = 400 if "\x00" in text else 200
                assert answer.status_code == expected, (text, more)
                assert "<script>" not in answer.text or ending
    assert "符合条件" in desk.client.get(f"/console/{path}", query_string={"q": "%"}).text


def test_hostile_words_in_addresses_and_forms_are_refused(server: Centre) -> None:
    desk = open_desk(server)
    assert desk.sign_in("o\x00p\u202e", "x").status_code == 422
    desk.sign_in()
    for text in ("%00", "%ED%A0%80", "..%2f..", "'", "%25", "%E2%80%AE"):
        for path in ("points/{}", "kiosks/{}", "orders/JN-HL01/{}", "residents/{}/x", "imports/{}"):
            assert desk.get(f"/console/{path.format(text)}").status_code in {400, 404, 422}, (path, text)
    for text in ("\x00", "\u202e", "x" * 70_000):
        assert desk.post("/console/claims", {"point": text}).status_code in {400, 422}
        assert desk.post("/console/points", {"point": text, "number": text, "name": text}).status_code == 422


def test_lists_page_and_export_everything(signed_in: Desk, files: Path) -> None:
    centre = centre_of(signed_in)
    fill(centre, files)
    exported = cells(signed_in.get("/console/orders.csv").text)
    assert len(exported) == 542 + 1
    numbers: list[str] = []
    for page in range(1, 12):
        numbers += re.findall(
            r"/console/orders/[\w-]+/[\w.]+\">(\w+)</a>", signed_in.get(f"/console/orders?page={page}").text
        )
    assert sorted(numbers) == sorted(row[0] for row in exported[1:])
    one = cells(signed_in.get("/console/orders.csv?point=JN-YZ01&state=paid").text)
    assert {row[1] for row in one[1:]} == {"JN-YZ01"}


def test_full_names_and_numbers_never_leave_the_vault(signed_in: Desk, files: Path) -> None:
    centre = centre_of(signed_in)
    fill(centre, files)
    who = generate(7, date(2026, 11, 22)).residents[10]
    for path in ("/console/residents", "/console/residents.csv", "/console/orders", "/console/parcels.csv"):
        for query in ({}, {"q": who.phone}):
            page = signed_in.client.get(path, query_string=query).text.replace(f'value="{who.phone}"', "")
            assert who.phone not in page.replace(f"q={who.phone}", "")
            assert who.name not in page
    found = signed_in.client.get("/console/residents", query_string={"q": who.phone}).text
    assert who.phone[-4:] in found


def test_a_pass_is_good_at_its_point_and_nowhere_else(signed_in: Desk, files: Path, clock: ManualClock) -> None:
    centre = centre_of(signed_in)
    fill(centre, files)
    who = residents.residents(centre.db, "JN-HL01", limit=1)[0]
    path = f"/console/residents/JN-HL01/{who.id}"
    assert signed_in.get(path).status_code == 200
    page = signed_in.post(f"{path}/pass", {"days": "3"})
    found = re.search(r'data-pass="(\d{49})"', page.text)
    assert found
    assert '<svg class="qr"' in page.text
    result = passes.check(found[1], centre.point_key(1), 1, clock.now())
    assert (result.verdict, result.resident_number) == (passes.PassVerdict.VALID, who.number)
    assert passes.check(found[1], centre.point_key(2), 2, clock.now()).verdict is passes.PassVerdict.WRONG_POINT
    late = clock.now() + timedelta(days=5)
    assert passes.check(found[1], centre.point_key(1), 1, late).verdict is passes.PassVerdict.EXPIRED
    assert found[1] not in signed_in.get("/console/log").text
    assert signed_in.post(f"{path}/pass", {"days": "400"}).status_code == 400
    assert signed_in.post("/console/residents/JN-YZ01/none/pass", {"days": "1"}).status_code == 422


def test_an_order_shows_its_way_from_purchase_to_pickup(signed_in: Desk, files: Path) -> None:
    centre = centre_of(signed_in)
    fill(centre, files)
    [parcel_id] = hand_out(centre, "JN-HL01", 1)
    parcel = parcels.parcel(centre.db, "JN-HL01", parcel_id)
    assert parcel is not None
    page = signed_in.get(f"/console/orders/JN-HL01/{parcel.order_id}").text
    assert all(word in page for word in ("下单", "发往自提点", "入库", "取件", parcel.waybill, parcel.pickup_code))
    assert parcel.waybill in signed_in.get(f"/console/parcels/JN-HL01/{parcel_id}").text


def test_a_case_is_closed_with_a_word(signed_in: Desk, files: Path) -> None:
    centre = centre_of(signed_in)
    fill(centre, files)
    [parcel_id] = hand_out(centre, "JN-HL01", 1)
    with centre.journal.writing("JN-HL01") as tx:
        centre.journal.record(tx, HandedOut((parcel_id,), "staff", ""), point="JN-HL01", actor="S2")
    [(point, case)] = parcels.cases(centre.db)
    assert "同一包裹出库两次" in signed_in.get("/console/cases").text
    path = f"/console/cases/{point}/{case.id}/closing"
    assert signed_in.post(path, {"note": " "}).status_code == 400
    assert signed_in.post(path, {"note": "电话确认，已退款"}).status_code == 303
    assert parcels.cases(centre.db) == []
    assert len(cells(signed_in.get("/console/cases.csv").text)) == 2


# --- files ------------------------------------------------------------------------------------------------------------


def test_no_cell_of_a_file_is_a_formula() -> None:
    evil = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "fine", ""]
    text = "".join(csv_lines(["a", "b"], [[cell, -5] for cell in evil]))
    rows = cells(text)
    assert text.startswith("\ufeff")
    assert [row[0] for row in rows[1:]] == [f"'{cell}" for cell in evil[:7]] + ["fine", ""]
    assert {row[1] for row in rows[1:]} == {"-5"}


def test_long_files_are_whole() -> None:
    rows = cells("".join(csv_lines(["n"], ([n] for n in range(2_345)))))
    assert [row[0] for row in rows[1:]] == [str(n) for n in range(2_345)]
