"""Screens of the town, as residents, staff and operators see them, and what is asked of every one of them."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from deploy.demo import books
from deploy.demo.neighbourhood import StaffMember
from deploy.demo.town import DemoKiosk, Town
from shared.parcels import store as parcels
from shared.parcels.rules import Parcel, ParcelState
from shared.residents import store as residents

KIOSK = {"width": 1080, "height": 1920}
COUNTER = {"width": 1280, "height": 800}
DESK = {"width": 1440, "height": 900}
LANGUAGES = {"zh_Hant_TW": "zh-TW", "en": "en", "zh_Hans_CN": "zh-CN"}
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
LOOK_SECONDS = 0.05
INVITATION = "把取件码对准这里"


@contextmanager
def screen(browser: Browser, address: str, size: dict[str, int], *, touch: bool = False) -> Iterator[Page]:
    """A page of its own session. Whatever scripts or the content policy complain about fails the test."""
    context = browser.new_context(
        viewport={"width": size["width"], "height": size["height"]}, has_touch=touch, base_url=address, locale="zh-CN"
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    context.close()
    assert complaints == []


def judge(page: Page) -> None:
    """Nothing keeps anybody out (axe: WCAG 2.2 AA and best practice), nothing is wider than the screen."""
    found: dict[str, Any] = Axe().run(page, options=AXE).response
    problems = [(one["id"], [node["html"][:160] for node in one["nodes"][:3]]) for one in found["violations"]]
    assert problems == [], page.url
    width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width[0] <= width[1], f"{page.url} is wider than its screen"


def fits(page: Page) -> None:
    """Nobody has to scroll at a kiosk."""
    height = page.evaluate("[document.documentElement.scrollHeight, window.innerHeight]")
    assert height[0] <= height[1], f"{page.url} is {height[0] - height[1]} px too high"


def judge_in_every_language(page: Page, paths: Iterable[str]) -> None:
    """Each page in each language, Simplified Chinese last, so that the screen stays in it."""
    for language, html_lang in LANGUAGES.items():
        for path in paths:
            page.goto(path)
            if page.get_attribute("html", "lang") != html_lang:
                page.locator(f'button[name=lang][value="{language}"]').click()
                page.wait_for_selector(f'html[lang="{html_lang}"]')
            judge(page)


def wait_until(done: Callable[[], bool], seconds: float, what: str) -> float:
    """Seconds until ``done`` holds. Raises ``TimeoutError`` that says ``what`` did not come."""
    began = time.monotonic()
    while not done():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"{what} did not come within {seconds} s")
        time.sleep(LOOK_SECONDS)
    return time.monotonic() - began


def someone_with_parcels(town: Town, kiosk: DemoKiosk, *, of_an_order: bool = False) -> tuple[str, list[Parcel]]:
    """A resident whose parcels lie ready, with ``of_an_order`` only parcels of orders that lie there whole: the pass
    that the centre gives, and the parcels."""
    for resident, lying in books.to_collect(kiosk).items():
        if of_an_order and not all(_whole(kiosk, one) for one in lying):
            continue
        detail = residents.detail(town.books.db, resident)
        assert detail is not None
        return books.pass_for(town.books, kiosk.point.code, detail.phone), lying
    raise LookupError("nobody has anything to collect")


def _whole(kiosk: DemoKiosk, parcel: Parcel) -> bool:
    siblings = parcels.of_order(kiosk.books.db, kiosk.point.code, parcel.order_id) if parcel.order_id else []
    return bool(siblings) and all(one.state is ParcelState.READY for one in siblings)


def type_pin(page: Page, staff: StaffMember, pin: str = "") -> None:
    """Choose the name, press the keys of the PIN."""
    page.get_by_role("link", name=staff.name).click()
    press_pin(page, pin or staff.pin)


def press_pin(page: Page, pin: str) -> None:
    """Press the keys, slower than what counts as a repeated tap."""
    for digit in pin:
        page.locator(f'[data-key="{digit}"]').click()


def open_counter(page: Page, staff: StaffMember) -> None:
    """Sign in at the counter."""
    page.goto("/counter")
    type_pin(page, staff)
    page.wait_for_url("**/counter")
    expect(page.locator("#scan")).to_be_focused()


def scan(page: Page, text: str) -> None:
    """A wedge scanner: types as fast as it can and presses Enter."""
    page.keyboard.type(text)
    page.keyboard.press("Enter")
