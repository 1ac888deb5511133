"""Bad days at a point, on real screens: each ends in a clear message, and nothing is lost or done twice."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from deploy.demo import books
from deploy.demo.town import ROOT, DemoKiosk, Town, free_port
from hardware.virtual.remote import carried_out, hold_up, labels, tell_camera, tell_printer
from kiosk.app import make_app
from shared.devices.operations import make_claim
from shared.kernel.clock import SystemClock
from shared.parcels import store as parcels
from shared.parcels.rules import Parcel, ParcelState
from tests.browser.screens import (
    COUNTER,
    INVITATION,
    KIOSK,
    judge,
    judge_in_every_language,
    open_counter,
    press_pin,
    scan,
    screen,
    someone_with_parcels,
    type_pin,
    wait_until,
)
from tests.kiosk.parcels.counter import Hands
from tests.kiosk.parcels.point import POINT, make_point, waybill

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

DEVICE_SECONDS, READY_SECONDS, NOTICE_SECONDS, LABEL_SECONDS = 10.0, 30.0, 15.0, 20.0
HUGE_DIGITS = 4096


def now(kiosk: DemoKiosk, parcel: Parcel) -> ParcelState:
    """A parcel's state in the kiosk's books."""
    found = parcels.parcel(kiosk.books.db, kiosk.point.code, parcel.id)
    assert found is not None
    return found.state


# --- at the resident's screen -----------------------------------------------------------------------------------------


def test_without_a_camera_the_code_collects_and_a_trembling_hand_counts_once(
    browser: Browser, town: Town, kiosk: DemoKiosk
) -> None:
    _, mine = someone_with_parcels(town, kiosk)
    parcel = mine[0]
    with screen(browser, kiosk.url, KIOSK, touch=True) as page:
        page.goto("/")
        assert carried_out(tell_camera(kiosk.camera, "unplugged"), DEVICE_SECONDS)
        expect(page.get_by_text("镜头暂时看不清")).to_be_visible(timeout=NOTICE_SECONDS * 1000)
        judge(page)
        facts = kiosk.waiting()
        kiosk.cable.cut()
        page.get_by_role("link", name="输入取件码").tap()
        for digit in parcel.code.replace("-", "") + parcel.phone_tail[:-1]:
            page.get_by_role("button", name=digit, exact=True).tap()
        key = page.get_by_role("button", name=parcel.phone_tail[-1], exact=True).bounding_box()
        assert key is not None
        for _ in range(2):
            page.touchscreen.tap(key["x"] + key["width"] / 2, key["y"] + key["height"] / 2)
        expect(page.get_by_text(parcel.code, exact=True)).to_be_visible()
        expect(page.get_by_role("heading", level=1)).to_contain_text("请取")
        judge(page)
        assert now(kiosk, parcel) is ParcelState.COLLECTED
        assert kiosk.waiting() == facts + 1, "two taps, one hand-out"
        assert carried_out(tell_camera(kiosk.camera, "normal"), DEVICE_SECONDS)
        page.goto("/")
        expect(page.get_by_text("镜头暂时看不清")).to_be_hidden(timeout=NOTICE_SECONDS * 1000)


def test_four_kilobytes_before_the_camera_keep_nobody_from_collecting(
    browser: Browser, town: Town, kiosk: DemoKiosk
) -> None:
    text, mine = someone_with_parcels(town, kiosk)
    with screen(browser, kiosk.url, KIOSK, touch=True) as page:
        page.goto("/")
        huge = hold_up(kiosk.camera, "7" * HUGE_DIGITS, hardness=0.0, seed=3)
        assert carried_out(huge, DEVICE_SECONDS)
        title = page.get_by_role("heading", level=1).inner_text()
        assert title in {INVITATION, "这不是取件凭证"}
        hold_up(kiosk.camera, text, hardness=0.2, seed=4)
        for parcel in mine:
            expect(page.get_by_text(parcel.code, exact=True)).to_be_visible()
    assert {now(kiosk, parcel) for parcel in mine} == {ParcelState.COLLECTED}


# --- at the counter ---------------------------------------------------------------------------------------------------


def test_the_fifth_wrong_pin_locks_and_says_for_how_long(browser: Browser, kiosk: DemoKiosk) -> None:
    first, last = kiosk.point.staff[0], kiosk.point.staff[-1]
    wrong = f"{(int(last.pin) + 1) % 10**6:06d}"
    with screen(browser, kiosk.url, COUNTER) as page:
        page.goto("/counter")
        type_pin(page, last, wrong)
        for left in (4, 3, 2, 1):
            expect(page.get_by_text(f"还可以试 {left} 次")).to_be_visible()
            press_pin(page, wrong)
        expect(page.get_by_text("PIN 输错太多次")).to_be_visible()
        judge(page)
        press_pin(page, last.pin)
        expect(page.get_by_text("PIN 输错太多次")).to_be_visible()
        open_counter(page, first)


def test_a_printer_that_is_gone_keeps_its_label_until_it_is_back(browser: Browser, kiosk: DemoKiosk) -> None:
    wait_until(lambda: books.labels_open(kiosk) == 0, LABEL_SECONDS, "the labels of the morning")
    coming = books.expected(kiosk, 1)[0]
    before = len(labels(kiosk.printer))
    assert carried_out(tell_printer(kiosk.printer, "vanish"), DEVICE_SECONDS)
    with screen(browser, kiosk.url, COUNTER) as page:
        open_counter(page, kiosk.point.staff[0])
        scan(page, coming.waybill)
        expect(page.locator(".scan-result-ok .scan-result-code")).to_be_visible()
        expect(page.locator("#printer .pill-alarm")).to_be_visible(timeout=NOTICE_SECONDS * 1000)
        page.goto("/labels")
        expect(page.get_by_text("标签会排队等待")).to_be_visible()
        judge(page)
        assert len(labels(kiosk.printer)) == before
        assert carried_out(tell_printer(kiosk.printer, "return"), DEVICE_SECONDS)
        wait_until(lambda: books.labels_open(kiosk) == 0, LABEL_SECONDS, "the label")
    [printed] = labels(kiosk.printer)[before:]
    mark = books.read_label(printed)
    assert mark is not None
    assert mark.parcel == coming.id


def test_a_full_disk_refuses_parcels_aloud_and_keeps_what_was_received(tmp_path: Path) -> None:
    """The kiosk's file may not grow any more: a scan either is done whole or says DISK_FULL and is not done at all."""
    kiosk = make_point(tmp_path, clock=SystemClock(), parcels=80)
    hands = Hands(make_app(kiosk), kiosk)
    tools = kiosk.db.tools
    tools.execute(f"PRAGMA max_page_count = {tools.execute('PRAGMA page_count').fetchone()[0]}")
    received = []
    for number in range(80):
        answer = hands.scan(waybill(number))
        if answer.status_code == 200:
            received.append(number)
            continue
        assert "DISK_FULL" in answer.text
        break
    else:
        pytest.fail("the disk was never full")
    assert hands.parcel(len(received)).state is ParcelState.EXPECTED
    assert {hands.parcel(number).state for number in received} <= {ParcelState.READY}
    assert hands.client.get("/counter").status_code == 200
    tools.execute("PRAGMA max_page_count = 1000000")
    assert 'data-outcome="received"' in hands.scan(waybill(len(received))).text
    assert len(parcels.in_state(kiosk.db, POINT, ParcelState.READY, 100)) == len(received) + 1
    kiosk.db.close()


# --- a kiosk's first and worst starts ---------------------------------------------------------------------------------


@contextmanager
def running_kiosk(data: Path, server: str, *process: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """``python -m kiosk run`` with data of its own and no devices."""
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LINQU_")}
    environ = kept | {
        "LINQU_DATA": str(data),
        "LINQU_PORT": str(port),
        "LINQU_SERVER": server,
        "LINQU_CAMERA": f"virtual:{data / 'camera'}",
        "LINQU_PRINTER": f"virtual:{data / 'printer.tty'}",
    }
    command = [sys.executable, "-m", "kiosk", "run", *process]
    with subprocess.Popen(
        command, env=environ, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as started:
        try:
            yield f"http://127.0.0.1:{port}", started
        finally:
            started.terminate()
            started.communicate(timeout=20)


def answers(url: str) -> bool:
    """Whether somebody listens."""
    try:
        return requests.get(url, timeout=5).status_code < 500
    except requests.ConnectionError:
        return False


def fill_in(page: Page, server: str, code: str) -> None:
    """Type the centre's address and the claim code, press 登记."""
    page.locator("#server").fill(server)
    for digit in code:
        page.get_by_role("button", name=digit, exact=True).tap()
    page.get_by_role("button", name="登记", exact=True).tap()


def test_a_new_kiosk_without_a_centre_says_how_to_enrol_and_waits(browser: Browser, town: Town, tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    with running_kiosk(tmp_path / "new", nowhere) as (address, _):
        wait_until(lambda: answers(address), READY_SECONDS, "the first page")
        with screen(browser, address, KIOSK, touch=True) as page:
            judge_in_every_language(page, ["/enrolment"])
            page.goto("/")
            expect(page.get_by_role("heading", level=1)).to_have_text("登记本机")
            expect(page.get_by_text("十分钟内在这里输入")).to_be_visible()
            fill_in(page, nowhere, "12345678")
            expect(page.get_by_role("alert")).to_be_visible()
            judge(page)
            fill_in(page, town.url, "12345678")
            expect(page.get_by_text("CLAIM_UNKNOWN")).to_be_visible()
            code = make_claim(town.books.db, town.books.clock, town.kiosks[0].point.code, "operator")
            fill_in(page, town.url, code)
            expect(page.get_by_role("heading", level=1)).to_have_text(INVITATION, timeout=READY_SECONDS * 1000)
            expect(page.get_by_text(town.kiosks[0].point.name)).to_be_visible()


def test_the_database_of_another_device_is_not_used_and_not_touched(kiosk: DemoKiosk, tmp_path: Path) -> None:
    data, taken = Path(kiosk.environ["LINQU_DATA"]), tmp_path / "taken"
    taken.mkdir()
    backup = taken / "kiosk.db"
    kiosk.books.db.backup_to(backup)
    shutil.copy2(data / "db.key", taken)
    content = backup.read_bytes()
    with running_kiosk(taken, "http://127.0.0.1:1", "web") as (_, process):
        said, _ = process.communicate(timeout=READY_SECONDS)
    assert process.returncode == 2
    assert "另一台设备" in said
    assert "Traceback" not in said
    assert backup.read_bytes() == content
