"""The resident's way at the kiosk in Chromium: 1080×1920, touch, three languages, no accessibility violations."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, ViewportSize, expect

from kiosk.host import open_kiosk
from shared.kernel.clock import SystemClock
from shared.parcels.rules import Content, ParcelState
from tests.kiosk.pickup.scene import Scene, settings
from tests.kiosk.serving import served

pytestmark = pytest.mark.browser
SCREEN = ViewportSize(width=1080, height=1920)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


class Lobby:
    """A served kiosk, and a hand that holds codes up to its camera."""

    def __init__(self, data: Path) -> None:
        self.scene = Scene.open(settings(data), SystemClock())
        app = self.scene.app()
        app.config["WTF_CSRF_ENABLED"] = True
        self._stack = ExitStack()
        self.address = self._stack.enter_context(served(app))
        self._nonce = 0

    def scan(self, text: str, kind: str = "read") -> str:
        """Post what the scan worker would; the outcome."""
        self._nonce += 1
        answer = requests.post(
            f"{self.address}/local/scans",
            json={"nonce": f"hand-{self._nonce}", "kind": kind, "text": text},
            headers={"X-Linqu-Worker": self.scene.kiosk.derived_secret("worker")},
            timeout=10,
        )
        return str(answer.json()["outcome"])

    def close(self) -> None:
        """Stop serving."""
        self._stack.close()
        self.scene.kiosk.db.close()


@pytest.fixture(scope="module")
def lobby(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lobby]:
    made = Lobby(tmp_path_factory.mktemp("lobby") / "kiosk")
    yield made
    made.close()


@pytest.fixture
def page(browser: Browser, lobby: Lobby) -> Iterator[Page]:
    context = browser.new_context(viewport=SCREEN, has_touch=True, base_url=lobby.address)
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda said: wrong.append(said.text) if "Content Security Policy" in said.text else None)
    opened.goto("/")
    yield opened
    context.close()
    assert wrong == []


def violations(page: Page) -> list[str]:
    """What axe finds, one line each."""
    found: dict[str, Any] = Axe().run(page, options={"runOnly": RULES}).response
    return [f"{one['id']}: {[node['target'] for node in one['nodes']]}" for one in found["violations"]]


def fits(page: Page) -> bool:
    """Nothing has to be scrolled, in either direction."""
    size = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    return bool(size[0] <= SCREEN["width"] and size[1] <= SCREEN["height"])


def test_a_resident_collects_by_pass_with_one_tap(lobby: Lobby, page: Page) -> None:
    scene = lobby.scene
    resident = scene.resident()
    goods = (Content("zq-scallion", "章丘大葱", 2),)
    own = scene.parcel(resident, order=scene.order(resident), goods=goods)
    cold, coming = scene.parcel(resident, cold=True), scene.expected(resident)
    assert violations(page) == []

    assert lobby.scan(scene.pass_of(resident)) == "HANDED_OUT"
    expect(page.get_by_role("heading", level=1)).to_have_text("请取 2 件")
    for parcel in (own, cold):
        expect(page.get_by_text(parcel.code, exact=True)).to_be_visible()
    expect(page.get_by_text("在路上")).to_be_visible()
    assert coming.waybill[-4:] in page.content()
    assert "/pickup/results/" in page.url
    assert page.title() == "请取 2 件"
    codes = page.locator(".pickup-codes .code-text").evaluate_all(
        "found => found.map(one => parseFloat(getComputedStyle(one).fontSize))"
    )
    largest = page.evaluate(
        "Math.max(...[...document.querySelectorAll('body *:not(.code-text)')].map("
        "one => parseFloat(getComputedStyle(one).fontSize)))"
    )
    assert min(codes) > largest
    assert fits(page)
    assert violations(page) == []

    page.get_by_role("button", name="全部取走了 · 完成").tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("把取件码对准这里")
    assert scene.now(own).state is scene.now(cold).state is ParcelState.COLLECTED
    page.go_back()
    page.wait_for_load_state()
    assert own.code not in page.content()


def test_a_result_wipes_itself(lobby: Lobby, page: Page) -> None:
    resident = lobby.scene.resident()
    parcel = lobby.scene.parcel(resident)
    started = time.monotonic()
    lobby.scan(lobby.scene.pass_of(resident))
    expect(page.get_by_text(parcel.code, exact=True)).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("把取件码对准这里", timeout=20_000)
    assert time.monotonic() - started > 7
    assert parcel.code not in page.content()


def test_a_resident_collects_by_code_with_eleven_taps(lobby: Lobby, page: Page) -> None:
    scene = lobby.scene
    resident = scene.resident("李*", "4455")
    named, other = scene.parcel(resident), scene.parcel(resident)
    taps = 0

    def tap(name: str) -> None:
        nonlocal taps
        taps += 1
        role = "link" if name == "输入取件码" else "button"
        page.get_by_role(role, name=name, exact=True).tap()  # type: ignore[arg-type]  # one of two roles

    tap("输入取件码")
    expect(page.get_by_role("heading", level=1)).to_have_text("输入取件码和手机尾号")
    assert violations(page) == []
    for digit in named.code.replace("-", "") + "4455":
        tap(digit)
    expect(page.get_by_role("heading", level=1)).to_have_text("请取 1 件")
    assert taps == 11
    expect(page.get_by_text(named.code, exact=True)).to_be_visible()
    page.get_by_role("button", name="还有 1 件也能取 · 一起取").tap()
    expect(page.get_by_text(other.code, exact=True)).to_be_visible()
    assert violations(page) == []


def test_a_wrong_code_says_so_beside_the_keys(lobby: Lobby, page: Page) -> None:
    page.goto("/pickup/code")
    for digit in "1199990000":
        page.get_by_role("button", name=digit, exact=True).tap()
    expect(page.get_by_text("取件码或手机尾号不对")).to_be_visible()
    expect(page.get_by_text("还可以再试")).to_be_visible()
    assert fits(page)
    assert violations(page) == []


def test_two_screens_show_the_same_scan(lobby: Lobby, page: Page) -> None:
    other = page.context.new_page()
    other.goto("/pickup/code")
    resident = lobby.scene.resident()
    parcel = lobby.scene.parcel(resident)
    page.wait_for_timeout(300)
    lobby.scan(lobby.scene.pass_of(resident))
    for screen in (page, other):
        expect(screen.get_by_text(parcel.code, exact=True)).to_be_visible()


def test_a_missing_parcel_calls_staff(lobby: Lobby, page: Page) -> None:
    resident = lobby.scene.resident()
    lobby.scene.parcel(resident)
    lobby.scan(lobby.scene.pass_of(resident))
    page.get_by_role("button", name="少了一件？找店员").tap()
    expect(page.get_by_text("已经通知店员")).to_be_visible()
    assert violations(page) == []


def test_a_scanner_that_types_is_read_even_on_the_keypad(lobby: Lobby, page: Page) -> None:
    resident = lobby.scene.resident()
    parcel = lobby.scene.parcel(resident)
    page.goto("/pickup/code")
    page.keyboard.type(lobby.scene.pass_of(resident), delay=3)
    page.keyboard.press("Enter")
    expect(page.get_by_text(parcel.code, exact=True)).to_be_visible()


def test_slow_keys_of_a_person_reach_the_keypad(lobby: Lobby, page: Page) -> None:
    page.goto("/pickup/code")
    page.keyboard.type("110457", delay=120)
    page.wait_for_timeout(100)
    assert page.get_by_label("取件码 6 位").input_value() == "110457"


@pytest.mark.parametrize(
    ("kind", "text", "title"),
    [
        ("conflict", "", "同时看到两个码"),
        ("too_long", "", "这不是取件凭证"),
        ("read", "6901234567892", "这是商品条码"),
        ("read", "SF1234567890123", "这是包裹上的面单"),
    ],
)
def test_messages_say_what_to_do(lobby: Lobby, page: Page, kind: str, text: str, title: str) -> None:
    lobby.scan(text, kind)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    assert fits(page)
    assert violations(page) == []


@pytest.mark.parametrize("parcels", [1, 2, 3, 4, 9, 14])
def test_any_number_of_codes_fits_the_screen(lobby: Lobby, page: Page, parcels: int) -> None:
    resident = lobby.scene.resident()
    for _ in range(parcels):
        lobby.scene.parcel(resident)
    lobby.scene.expected(resident)
    lobby.scan(lobby.scene.pass_of(resident))
    expect(page.get_by_role("heading", level=1)).to_have_text(f"请取 {parcels} 件")
    assert page.locator(".pickup-codes .code-text").count() == parcels
    assert fits(page)


def test_a_crowded_result_fits_in_english_too(lobby: Lobby, page: Page) -> None:
    resident = lobby.scene.resident()
    for cold in (False, True, True):
        lobby.scene.parcel(resident, cold=cold)
    lobby.scene.broken(resident)
    page.get_by_role("button", name="English").tap()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    lobby.scan(lobby.scene.pass_of(resident))
    expect(page.locator(".pickup-codes .code-text")).to_have_count(3)
    assert fits(page)


def test_a_touch_gives_more_time_to_read(lobby: Lobby, page: Page) -> None:
    page.clock.install()
    page.goto("/")
    resident = lobby.scene.resident()
    parcel = lobby.scene.parcel(resident)
    lobby.scan(lobby.scene.pass_of(resident))
    expect(page.get_by_text(parcel.code, exact=True)).to_be_visible()
    page.clock.fast_forward(5_000)
    page.get_by_role("heading", level=1).tap()
    page.clock.fast_forward(5_000)
    expect(page.get_by_text(parcel.code, exact=True)).to_be_visible()
    page.clock.fast_forward(4_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("把取件码对准这里", timeout=15_000)


def test_a_service_that_is_away_is_named_and_comes_back_by_itself(browser: Browser, tmp_path: Path) -> None:
    scene = Scene.open(settings(tmp_path / "kiosk"), SystemClock())
    with served(scene.app()) as address:
        page = browser.new_page(viewport=SCREEN, base_url=address)
        page.goto("/")
    expect(page.get_by_text("没有连上本机服务")).to_be_visible(timeout=10_000)
    with served(scene.app(), int(address.rsplit(":", 1)[1])):
        expect(page.get_by_text("没有连上本机服务")).to_be_hidden(timeout=10_000)
        resident = scene.resident()
        parcel = scene.parcel(resident)
        headers = {"X-Linqu-Worker": scene.kiosk.derived_secret("worker")}
        page.wait_for_timeout(500)
        scan = {"nonce": "n", "text": scene.pass_of(resident)}
        requests.post(f"{address}/local/scans", json=scan, headers=headers, timeout=10)
        expect(page.get_by_text(parcel.code, exact=True)).to_be_visible()
        page.close()
    scene.kiosk.db.close()


def test_nobody_there_wipes_the_screen(lobby: Lobby, page: Page) -> None:
    """40 s without a touch, then 20 s in which one may say that one is still there.

    Real answers would seem to take minutes on a clock that is wound forward, so nothing is scanned here.
    """

    def nothing_new(route: Route) -> None:
        after = parse_qs(urlsplit(route.request.url).query)["after"][0]
        route.fulfill(json={"after": after, "result": "", "hint": "", "crowded": True})

    page.route("**/pickup/scans?*", nothing_new)
    page.clock.install()
    page.goto("/pickup/code")
    page.get_by_role("button", name="7", exact=True).tap()
    assert page.get_by_label("取件码 6 位").input_value() == "7"
    page.clock.fast_forward(25_000)
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.clock.fast_forward(16_000)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("button", name="继续", exact=True).tap()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert page.get_by_label("取件码 6 位").input_value() == "7"
    page.clock.fast_forward(41_000)
    expect(page.get_by_role("dialog")).to_be_visible()
    assert violations(page) == []
    page.clock.fast_forward(21_000)
    expect(page.get_by_role("heading", level=1)).to_have_text("把取件码对准这里", timeout=15_000)


@pytest.mark.parametrize("language", ["繁體中文", "English"])
def test_the_language_changes_without_losing_the_result(lobby: Lobby, page: Page, language: str) -> None:
    resident = lobby.scene.resident()
    parcel = lobby.scene.parcel(resident)
    lobby.scan(lobby.scene.pass_of(resident))
    expect(page.get_by_text(parcel.code, exact=True)).to_be_visible()
    page.get_by_role("button", name=language).tap()
    expect(page.get_by_text(parcel.code, exact=True)).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == {"繁體中文": "zh-TW", "English": "en"}[language]
    assert violations(page) == []


def test_keys_are_large_and_within_reach(lobby: Lobby, page: Page) -> None:
    """20 mm are 81 px on a 21.5 inch screen; what is pressed lies in the lower 60 %."""
    for address in ("/", "/pickup/code"):
        page.goto(address)
        boxes = page.locator(".kiosk-do button, .kiosk-do a, .kiosk-foot button, .kiosk-foot a").evaluate_all(
            "found => found.map(one => one.getBoundingClientRect()).map(b => [b.width, b.height, b.top])"
        )
        assert boxes
        for wide, high, top in boxes:
            assert min(wide, high) >= 81, json.dumps(boxes)
            assert top >= SCREEN["height"] * 0.4


def test_a_result_survives_the_restart_of_the_service_as_words(lobby: Lobby, page: Page) -> None:
    """The hand-out is on disk; the same pass shown to a new process tells what was taken."""
    resident = lobby.scene.resident()
    parcel = lobby.scene.parcel(resident)
    lobby.scan(lobby.scene.pass_of(resident))
    again = open_kiosk(lobby.scene.kiosk.config, SystemClock())
    from kiosk.pickup.operations import collect_by_pass

    result = collect_by_pass(again, lobby.scene.pass_of(resident))
    again.db.close()
    assert result.outcome == "ALREADY_COLLECTED"
    assert [one.code for one in result.handed] == [parcel.code]
