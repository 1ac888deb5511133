"""Every console page in Chromium at a desk: no accessibility violation, nothing too wide, no script error."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from shared.devices.rules import Health, Part
from shared.kernel.clock import ManualClock
from shared.parcels import store as parcels
from shared.parcels.facts import HandedOut
from shared.residents import store as residents
from sync_server.app import make_app
from sync_server.host import Centre
from tests.sync_server.console.test_quarantine import inbound, park
from tests.sync_server.happenings import WELL, enrol, fill_a_little, hand_out
from tests.sync_server.opening import OPERATOR, PASSWORD, begin_centre
from tests.sync_server.shop.stand import put_on_sale

pytestmark = pytest.mark.browser

DESK = {"width": 1440, "height": 900}
BAD_GOODS = Path(__file__).parents[2] / "samples" / "goods_bad.csv"
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
OPTIONS = {"runOnly": {"type": "tag", "values": STANDARDS}}


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Centre]:
    """A centre where something of everything has happened."""
    made = begin_centre(tmp_path_factory.mktemp("centre"), ManualClock(datetime(2026, 11, 22, 3, tzinfo=UTC)))
    fill_a_little(made)
    enrol(made, "K1", health=WELL)
    enrol(made, "K2", "JN-YZ01", Health(camera=Part.OK, printer=Part.TROUBLE, printer_detail="缺纸", waiting=3))
    enrol(made, "K3", "JN-YZ01", silent=100_000)
    [parcel_id] = hand_out(made, "JN-HL01", 1)
    with made.journal.writing("JN-HL01") as tx:
        made.journal.record(tx, HandedOut((parcel_id,), "staff", ""), point="JN-HL01", actor="S2")
    put_on_sale(made, 40)
    park(made, 1, inbound(1), "CLONE")
    park(made, 9, b"\xc1", "ValidationError: broken", "parcels.inbound.v1")
    yield made
    made.db.close()


@pytest.fixture(scope="module")
def address(centre: Centre) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, make_app(centre), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Page:
    """A signed-in operator's page; what the browser complains about is kept in ``complaints``."""
    page = browser.new_context(viewport=DESK, locale="zh-CN").new_page()  # type: ignore[arg-type]  # a plain dict
    page.goto(f"{address}/console/overview")
    page.fill("#name", OPERATOR)
    page.fill("#password", PASSWORD)
    page.click("form.stack button[type=submit]")
    page.wait_for_url("**/console/overview")
    return page


def violations(page: Page) -> list[tuple[str, list[str]]]:
    found = Axe().run(page, options=OPTIONS).response["violations"]
    return [(one["id"], [node["html"][:120] for node in one["nodes"][:3]]) for one in found]


def judge(page: Page) -> None:
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= DESK["width"]


def addresses(centre: Centre) -> list[str]:
    who = residents.residents(centre.db, "JN-HL01")[0]
    [(point, case)] = parcels.cases(centre.db)
    parcel = parcels.parcel(centre.db, point, case.parcel)
    assert parcel is not None
    return [
        "overview", "kiosks", "kiosks/K2", "points", "points/JN-HL01", "orders", f"orders/{point}/{parcel.order_id}",
        "orders?q=nothing", "parcels", f"parcels/{point}/{parcel.id}", "goods", "goods?as=table", "residents",
        f"residents/JN-HL01/{who.id}", "cases", "cases?closed=1", "quarantine", "quarantine?settled=1",
        "quarantine/JN-HL01/K1/E2", "quarantine/JN-HL01/K1/E2/1", "quarantine/JN-HL01/K1/E2/9", "offers", "offers/O1",
        "offers/new", "offers/new?sku=leek", "channels", "kiosks/K2/rights", "log", "imports", "imports?kind=orders",
    ]  # fmt: skip


def test_every_page_in_every_language(page: Page, address: str, centre: Centre) -> None:
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for language, html_lang in (("en", "en"), ("zh_Hant_TW", "zh-TW"), ("zh_Hans_CN", "zh-CN")):
        page.goto(f"{address}/console/overview")
        page.click(f"button[name=lang][value={language}]")
        for path in addresses(centre):
            answer = page.goto(f"{address}/console/{path}")
            assert answer is not None
            assert answer.status == 200, path
            assert page.get_attribute("html", "lang") == html_lang
            assert page.evaluate("document.documentElement.scrollWidth") <= DESK["width"], (language, path)
            if language == "zh_Hans_CN":
                judge(page)
    assert complaints == []


def test_the_judge_sees_a_planted_fault(page: Page, address: str) -> None:
    page.goto(f"{address}/console/log")
    page.evaluate("document.querySelector('main').append(document.createElement('input'))")
    assert [name for name, _ in violations(page)] == ["label"]


def test_the_sign_in_page(browser: Browser, address: str) -> None:
    page = browser.new_context(viewport=DESK, locale="zh-CN").new_page()  # type: ignore[arg-type]  # a plain dict
    page.goto(f"{address}/console/points")
    judge(page)
    page.fill("#name", OPERATOR)
    page.fill("#password", "wrong")
    page.click("form.stack button[type=submit]")
    assert page.is_visible("text=账号或密码不对")
    judge(page)


def test_the_figures_refresh_by_themselves(page: Page, address: str, centre: Centre) -> None:
    page.goto(f"{address}/console/overview")
    assert page.is_visible("text=1 / 3")
    enrol(centre, "K4")
    page.evaluate("htmx.trigger(document.querySelector('#figures'), 'none')")
    with page.expect_response("**/overview/figures", timeout=15_000):
        pass
    page.wait_for_selector("text=2 / 4")
    judge(page)


def test_a_kiosk_is_enrolled_with_a_code_from_the_board(page: Page, address: str) -> None:
    page.goto(f"{address}/console/kiosks")
    page.click("[data-dialog-open=claim]")
    judge(page)
    page.click("dialog[open] button.button-primary")
    code = page.get_attribute("[data-claim-code]", "data-claim-code")
    assert code is not None
    assert len(code) == 8
    judge(page)


def test_a_pass_is_issued_for_a_resident(page: Page, address: str) -> None:
    page.goto(f"{address}/console/residents")
    page.click("tbody a")
    page.click("form.stack button.button-primary")
    assert page.is_visible("svg.qr")
    assert len(page.get_attribute("[data-pass]", "data-pass") or "") == 49
    judge(page)


def test_a_bad_file_is_explained_row_by_row(page: Page, address: str) -> None:
    page.goto(f"{address}/console/imports?kind=goods")
    page.set_input_files("#file", str(BAD_GOODS))
    page.click("form[enctype] button.button-primary")
    page.wait_for_selector("text=逐行问题")
    judge(page)
    page.click("text=放弃这次导入")
    assert page.is_visible("text=什么都没有导入")


def test_long_names_stay_on_the_screen(page: Page, address: str) -> None:
    page.goto(f"{address}/console/points")
    page.click("[data-dialog-open=new-point]")
    page.fill("#point", "JN-LONG-LONG-001")
    page.fill("#name", "特别长的小区名称" * 5)
    page.fill("#address", "山东省济南市历下区" * 11)
    judge(page)
    page.click("dialog[open] button.button-primary")
    page.wait_for_url("**/points/JN-LONG-LONG-001")
    judge(page)
    page.goto(f"{address}/console/points")
    judge(page)
