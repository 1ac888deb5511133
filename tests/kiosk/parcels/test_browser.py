"""The counter in Chromium: PIN on the keypad, a scanner that types, labels that come out, pages for everybody."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect
from werkzeug.serving import make_server

from hardware.printers.opening import open_printer
from hardware.virtual.printer import VirtualPrinter
from hardware.virtual.remote import labels
from kiosk.app import make_app
from kiosk.host import Kiosk
from kiosk.labels import store as label_store
from kiosk.labels.rules import LabelMark, label_text
from kiosk.labels.worker import PrintWorker, work
from kiosk.pickup import store as pickup_store
from tests.kiosk.labels.printing import job_on
from tests.kiosk.parcels.point import PINS, make_point, waybill

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
SIZE = {"width": 1280, "height": 800}
LANGUAGES = ("zh_Hans_CN", "zh_Hant_TW", "en")


@dataclass
class Counter:
    """A kiosk that serves, prints, and is looked at."""

    kiosk: Kiosk
    address: str
    labels: Path


@pytest.fixture(scope="module")
def counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    folder = tmp_path_factory.mktemp("counter")
    with VirtualPrinter(folder / "labels", folder / "printer"):
        kiosk = make_point(folder / "data", printer=f"virtual:{folder / 'printer'}", parcels=60)
        server = make_server("127.0.0.1", 0, make_app(kiosk), threaded=True)
        over = threading.Event()
        worker = PrintWorker(kiosk.db, kiosk.clock, open_printer(kiosk.config.printer))
        threads = [threading.Thread(target=server.serve_forever), threading.Thread(target=work, args=(worker, over))]
        for thread in threads:
            thread.start()
        yield Counter(kiosk, f"http://127.0.0.1:{server.server_port}", folder / "labels")
        server.shutdown()
        over.set()
        for thread in threads:
            thread.join()
        kiosk.db.close()


@pytest.fixture
def page(browser: Browser, counter: Counter) -> Iterator[Page]:
    """Signed in at the inbound screen; whatever the console complains about fails the test."""
    context = browser.new_context(viewport=SIZE, reduced_motion="reduce", has_touch=True)  # type: ignore[arg-type]  # a plain dict of two ints
    made = context.new_page()
    said: list[str] = []
    made.on("console", lambda message: said.append(message.text) if message.type in {"error", "warning"} else None)
    made.on("pageerror", lambda error: said.append(str(error)))
    made.goto(f"{counter.address}/counter")
    made.get_by_role("link", name="张店长").click()
    for digit in PINS["S1"]:
        made.locator(f'[data-key="{digit}"]').click()
    made.wait_for_url("**/counter")
    yield made
    context.close()
    # What Chromium and htmx say about a connection that a test has cut.
    cut = ("Failed to load resource: net::ERR_FAILED", "htmx:sendError", "htmx:afterRequest")
    assert [line for line in said if not line.startswith(cut)] == []


def scan(page: Page, *texts: str) -> None:
    """A wedge scanner: types as fast as it can and presses Enter."""
    for text in texts:
        page.keyboard.type(text)
        page.keyboard.press("Enter")


def test_staff_receive_by_scanner_and_the_labels_come_out(page: Page, counter: Counter) -> None:
    before = len(labels(counter.labels))
    expect(page.locator("#scan")).to_be_focused()
    scan(page, waybill(0), waybill(1), waybill(2))
    expect(page.locator(".recent-row")).to_have_count(3)
    expect(page.locator(".scan-result-ok .scan-result-code")).to_have_text("1-3-0003")
    expect(page.locator("#tempo")).to_contain_text("3 件")
    expect(page.locator("#scan")).to_be_focused()
    expect(page.locator("html")).to_have_attribute("data-last-sound", "ok")
    until = time.monotonic() + 30
    while len(labels(counter.labels)) < before + 3 and time.monotonic() < until:
        time.sleep(0.1)
    assert len({job_on(path) for path in labels(counter.labels)[before:]}) == 3
    scan(page, waybill(0))
    expect(page.locator(".scan-result-warn")).to_contain_text("重复")
    expect(page.locator("html")).to_have_attribute("data-last-sound", "attention")
    page.locator(".toast").get_by_role("button").click()
    expect(page.locator(".recent-undone")).to_have_count(1)


def test_an_unannounced_parcel_takes_four_digits_and_one_tap(page: Page) -> None:
    scan(page, "SF1234567890123")
    expect(page.locator(".recipient")).to_be_visible()
    expect(page.locator("#scan")).to_be_focused()
    for digit in "8803":
        page.locator(f'.recipient [data-key="{digit}"]').click()
        expect(page.locator("#scan")).to_be_focused()
    page.get_by_role("button", name="孙*丽 8803").click()
    expect(page.locator(".scan-result-ok")).to_contain_text("孙*丽 8803")


def test_a_scan_outlives_a_broken_connection_and_is_done_once(page: Page) -> None:
    broken: list[str] = []

    def cut(route: Route) -> None:
        if route.request.method == "POST" and len(broken) < 2:
            broken.append(route.request.post_data or "")
            route.abort()
        else:
            route.continue_()

    page.route("**/parcels", cut)
    rows = page.locator(".recent-row").count()
    scan(page, waybill(20), waybill(21))
    expect(page.locator(".scan-pending")).to_be_visible()
    expect(page.locator(".recent-row")).to_have_count(rows + 2)
    assert len(broken) == 2
    assert broken[0] == broken[1], "sent again under the same nonce"
    expect(page.locator(".scan-pending")).to_be_hidden()


def test_scans_wait_for_the_pin_when_the_screen_was_locked_meanwhile(page: Page, counter: Counter) -> None:
    with counter.kiosk.db.writing() as tx:
        tx.execute("DELETE FROM staff_sessions")
    scan(page, waybill(30))
    page.wait_for_url("**/staff/session**")
    expect(page.get_by_role("heading", name="张店长")).to_be_visible()
    for digit in PINS["S1"]:
        page.locator(f'[data-key="{digit}"]').click()
    page.wait_for_url("**/counter")
    expect(page.locator(".scan-result-ok")).to_contain_text("郑*军")


def test_the_screen_locks_itself_after_five_minutes(page: Page) -> None:
    page.clock.install()
    page.reload()
    page.clock.run_for(304_000)
    page.wait_for_url("**/staff/session**")
    expect(page.get_by_role("heading", name="张店长")).to_be_visible()


def test_a_waybill_can_be_typed_without_scanner(page: Page) -> None:
    page.get_by_role("button", name="手工输入").click()
    for letter in waybill(40):
        page.locator(f'[data-type="{letter}"]').click()
    page.locator(".typing button[type=submit]").click()
    expect(page.locator(".scan-result-ok")).to_be_visible()


def test_a_scanner_is_heard_on_every_page_and_a_label_leads_to_its_parcel(page: Page, counter: Counter) -> None:
    scan(page, waybill(45))
    expect(page.locator(".scan-result-ok")).to_be_visible()
    job = label_store.newest(counter.kiosk.db, 1)[0]
    page.goto(f"{counter.address}/shelves")
    scan(page, label_text(LabelMark(job.id, job.copy, job.parcel)))
    page.wait_for_url(f"**/parcels/{job.parcel}")
    page.goto(f"{counter.address}/counter")
    expect(page.locator("#scan")).to_be_focused()
    page.wait_for_timeout(500)
    assert page.url.endswith("/counter"), "the scan was answered once and does not come again"
    page.goto(f"{counter.address}/labels")
    scan(page, waybill(46))
    page.wait_for_url("**/counter")
    expect(page.locator(".scan-result-ok")).to_be_visible()


def _pages(counter: Counter) -> list[str]:
    row = counter.kiosk.db.one("SELECT id FROM parcels WHERE state = 'ready' ORDER BY pickup_code")
    assert row is not None
    return [
        "/counter", "/shelves", "/shelves/1/1", "/shelves/3/1", "/parcels", "/parcels?search=8800",
        "/parcels?search=%25", "/expected", "/hand-out", "/labels", f"/parcels/{row['id']}", "/residents/R.0/parcels",
    ]  # fmt: skip


def _violations(page: Page) -> list[tuple[str, str]]:
    found = Axe().run(page).response["violations"]
    return [(one["id"], one["nodes"][0]["html"]) for one in found]


def _overflows(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_counter_page_is_for_everybody(page: Page, counter: Counter, language: str, theme: str) -> None:
    page.locator(f'button[name=lang][value="{language}"]').click()
    if theme == "dark":
        page.locator("[data-theme-toggle]").click()
    problems: dict[str, object] = {}
    for path in _pages(counter):
        page.goto(counter.address + path)
        if found := _violations(page):
            problems[path] = found
        if _overflows(page):
            problems[f"{path} is too wide"] = True
    assert problems == {}


def test_dialogs_and_results_are_for_everybody(page: Page, counter: Counter) -> None:
    with counter.kiosk.db.writing() as tx:
        call = pickup_store.HelpCall(
            "visit1", "2026-11-22T08:00:00.000Z", "HANDED_OUT", "1-1-0001 2-1-0004", "王*明", "8800"
        )
        pickup_store.add_help_call(tx, call)
    page.goto(f"{counter.address}/counter")
    problems: dict[str, object] = {}
    for name in ("place", "exception", "typing"):
        page.locator(f'[data-dialog-open="{name}-dialog"]').click()
        problems[name] = _violations(page)
        page.keyboard.press("Escape")
    for text in (waybill(50), waybill(50), "JD12345678901", "??"):
        scan(page, text)
        page.wait_for_timeout(400)
        problems[f"scan {text}"] = _violations(page)
    row = counter.kiosk.db.one("SELECT id FROM parcels WHERE waybill = ?", (waybill(50),))
    assert row is not None
    page.goto(f"{counter.address}/parcels/{row['id']}")
    for name in ("move", "trouble", "reprint"):
        page.locator(f'[data-dialog-open="{name}-dialog"]').click()
        problems[f"parcel {name}"] = _violations(page)
        page.keyboard.press("Escape")
    page.locator(".key-primary").click()
    page.wait_for_load_state("load")
    problems["handed out"] = _violations(page)
    assert {name: found for name, found in problems.items() if found} == {}
    page.goto(f"{counter.address}/counter")
    page.get_by_role("button", name="我去").click()
    expect(page.locator(".call")).to_have_count(0)


def test_signing_in_is_for_everybody(browser: Browser, counter: Counter) -> None:
    page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]  # a plain dict of two ints
    for path in ("/staff/session", "/staff/session?staff=S1"):
        page.goto(counter.address + path)
        assert _violations(page) == []
        small = page.evaluate(
            "[...document.querySelectorAll('.keypad-key, .key')].map(e => e.getBoundingClientRect())"
            ".filter(r => r.width < 81 || r.height < 81).length"
        )
        assert small == 0
    page.close()
