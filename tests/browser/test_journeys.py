"""The three journeys, through real processes: a resident collects, staff receive and print, an operator sees it all."""

import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from deploy.demo import books
from deploy.demo.pages import serve_panel
from deploy.demo.town import DemoKiosk, Town
from hardware.virtual.remote import hold_up, labels
from kiosk.labels import store as label_store
from shared.orders import store as orders
from shared.parcels import store as parcels
from shared.parcels.rules import Parcel, ParcelState
from tests.browser.screens import (
    COUNTER,
    DESK,
    INVITATION,
    KIOSK,
    fits,
    judge,
    judge_in_every_language,
    open_counter,
    scan,
    screen,
    someone_with_parcels,
    wait_until,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

RESULT_SECONDS, BADGE_SECONDS, LABEL_SECONDS, CONFIRM_SECONDS, BOARD_SECONDS = 5.0, 20.0, 20.0, 75.0, 5.0
OFFLINE = "离线也可取货"


def at_centre(town: Town, kiosk: DemoKiosk, parcel: Parcel) -> ParcelState:
    """A parcel's state in the centre's books."""
    found = parcels.parcel(town.books.db, kiosk.point.code, parcel.id)
    assert found is not None
    return found.state


def at_kiosk(kiosk: DemoKiosk, parcel: Parcel) -> ParcelState:
    """A parcel's state in the kiosk's books."""
    found = parcels.parcel(kiosk.books.db, kiosk.point.code, parcel.id)
    assert found is not None
    return found.state


def test_a_resident_collects_by_camera_without_network(browser: Browser, town: Town, kiosk: DemoKiosk) -> None:
    with screen(browser, kiosk.url, KIOSK, touch=True) as page:
        judge_in_every_language(page, ["/", "/pickup/code"])
        page.goto("/")
        expect(page.locator(".badge")).to_have_class("badge badge-online")
        kiosk.cable.cut()
        text, mine = someone_with_parcels(town, kiosk, of_an_order=True)
        began = time.monotonic()
        hold_up(kiosk.camera, text, hardness=0.4, seed=5)
        for parcel in mine:
            expect(page.get_by_text(parcel.code, exact=True)).to_be_visible(timeout=RESULT_SECONDS * 1000)
        shown = time.monotonic()
        assert shown - began < RESULT_SECONDS
        result_address = page.url
        fits(page)
        judge(page)
        expect(page.get_by_role("heading", level=1)).to_have_text(INVITATION, timeout=13_000)
        # eight seconds, two more for each parcel after the first, and half a second for looking
        assert 7 < time.monotonic() - shown < 8 + 2 * (len(mine) - 1) + 3
        expect(page.locator(".badge")).to_contain_text(OFFLINE, timeout=BADGE_SECONDS * 1000)
        assert_nothing_left(page, result_address, mine)
    assert {at_kiosk(kiosk, one) for one in mine} == {ParcelState.COLLECTED}
    assert {at_centre(town, kiosk, one) for one in mine} == {ParcelState.READY}, "the cable was cut"
    kiosk.cable.mend()
    wait_until(lambda: kiosk.waiting() == 0, CONFIRM_SECONDS, "confirmation by the centre")
    assert {at_centre(town, kiosk, one) for one in mine} == {ParcelState.COLLECTED}


def assert_nothing_left(page: Page, result_address: str, mine: list[Parcel]) -> None:
    """Whoever comes next finds neither codes nor names: on the screen, behind Back, in storage, at the address."""
    private = {word for one in mine for word in (one.code, one.name_masked, one.waybill) if word}

    def told() -> set[str]:
        return {word for word in private if word in page.content()}

    assert told() == set()
    for _ in range(3):
        page.go_back(wait_until="load")
        assert told() == set(), "Back shows what the last visitor saw"
    page.go_forward(wait_until="load")
    assert told() == set()
    page.goto(result_address, wait_until="load")
    assert told() == set(), "the address of a result tells it again"
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert not [word for word in private if word in kept]
    assert page.evaluate("caches.keys()") == []
    assert page.evaluate("indexedDB.databases()") == []
    page.goto("/")


def test_staff_receive_a_parcel_and_print_its_label_without_network(
    browser: Browser, town: Town, kiosk: DemoKiosk
) -> None:
    waiting = books.expected(kiosk, 1)[0]
    with screen(browser, kiosk.url, COUNTER) as page:
        judge_in_every_language(page, ["/staff/session", "/staff/session?staff=S1"])
        open_counter(page, kiosk.point.staff[0])
        judge_in_every_language(page, ["/counter", "/devices", "/labels"])
        page.goto("/counter")
        expect(page.locator("#scan")).to_be_focused()
        wait_until(lambda: books.labels_open(kiosk) == 0, LABEL_SECONDS, "the labels of the morning")
        kiosk.cable.cut()
        before = labels(kiosk.printer)
        scan(page, waiting.waybill)
        result = page.locator(".scan-result-ok .scan-result-code")
        expect(result).to_be_visible()
        code = result.inner_text()
        expect(page.locator(".badge").first).to_contain_text(OFFLINE, timeout=BADGE_SECONDS * 1000)
        judge(page)
        wait_until(lambda: len(labels(kiosk.printer)) > len(before), LABEL_SECONDS, "the label")
        [label] = [path for path in labels(kiosk.printer) if path not in before]
        assert label_says(kiosk, label) == (code, waiting.id)
        scan(page, waiting.waybill)
        expect(page.locator(".scan-result-warn .scan-result-code")).to_have_text(code)
        page.goto(f"/parcels?search={waiting.waybill}")
        expect(page.get_by_text(code, exact=True).first).to_be_visible()
        judge(page)
    assert at_centre(town, kiosk, waiting) is ParcelState.EXPECTED, "the cable was cut"
    kiosk.cable.mend()
    wait_until(lambda: kiosk.waiting() == 0, CONFIRM_SECONDS, "confirmation by the centre")
    assert at_centre(town, kiosk, waiting) is ParcelState.READY


def label_says(kiosk: DemoKiosk, label: Path) -> tuple[str, str]:
    """What the QR code of a printed label stands for: the pickup code of its job, and the parcel."""
    mark = books.read_label(label)
    assert mark is not None
    job = label_store.job(kiosk.books.db, mark.job)
    assert job is not None
    return job.code, mark.parcel


def test_an_operator_sees_kiosk_parcel_and_order(browser: Browser, town: Town, kiosk: DemoKiosk) -> None:
    text, mine = someone_with_parcels(town, kiosk, of_an_order=True)
    parcel = mine[0]
    with screen(browser, town.url, DESK) as page:
        page.goto("/console")
        judge_in_every_language(page, ["/console/session"])
        sign_in(page, town)
        expect(page.get_by_text(kiosk.point.name).first).to_be_visible()
        judge_in_every_language(page, ["/console/overview", "/console/kiosks"])
        page.goto("/console/kiosks")
        device = kiosk.books.enrolled_state().device
        row = page.get_by_role("row").filter(has_text=kiosk.point.name).filter(has_text=device)
        expect(row).to_contain_text("正常")
        page.goto(f"/console/parcels/{kiosk.point.code}/{parcel.id}")
        expect(page.get_by_text("待取件").first).to_be_visible()

        hold_up(kiosk.camera, text, hardness=0.2, seed=9)
        wait_until(lambda: at_kiosk(kiosk, parcel) is ParcelState.COLLECTED, RESULT_SECONDS, "the hand-out")
        wait_until(lambda: kiosk.waiting() == 0, CONFIRM_SECONDS, "confirmation by the centre")
        began = time.monotonic()
        page.reload()
        expect(page.get_by_text("已取件").first).to_be_visible()
        judge(page)
        order = orders.order(town.books.db, kiosk.point.code, parcel.order_id)
        assert order is not None
        page.goto(f"/console/orders?q={order.number}")
        expect(page.get_by_role("row").filter(has_text=order.number)).to_contain_text("已完成")
        page.get_by_role("link", name=order.number).click()
        expect(page.get_by_text("已完成").first).to_be_visible()
        assert time.monotonic() - began < BOARD_SECONDS
        judge(page)


def sign_in(page: Page, town: Town) -> None:
    """As the operator whose password the town was given."""
    page.fill("#name", "operator")
    page.fill("#password", town.password)
    page.locator("form.stack button[type=submit]").click()
    page.wait_for_url("**/console/overview")


def test_the_demo_panel_is_for_everybody(browser: Browser, town: Town, kiosk: DemoKiosk) -> None:
    with serve_panel(town) as address, screen(browser, address, DESK) as page:
        point = f"/points/{kiosk.point.code}"
        judge_in_every_language(page, [point, f"{point}/deliveries"])
        page.goto(point)
        page.get_by_role("button", name="过期的凭证").click()
        expect(page.locator("#told")).to_contain_text("EXPIRED", timeout=15_000)
