"""Selling in Chromium, over the real processes: an upright touch screen, no network, a receipt, and the way back."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from deploy.demo import books
from deploy.demo.offers import ON_SALE, SCARCE, offer_of
from deploy.demo.town import DemoKiosk, Town
from shared.catalogue import store as catalogue
from shared.kernel.money import yuan
from tests.browser.screens import (
    COUNTER,
    DESK,
    KIOSK,
    judge,
    judge_in_every_language,
    scan,
    screen,
    type_pin,
    wait_until,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(240)]
LEEK, PEACH = offer_of("zhangqiu-spring-onion"), offer_of(SCARCE)
RIGHTS_SECONDS = 60.0


@pytest.fixture
def till(browser: Browser, kiosk: DemoKiosk) -> Iterator[Page]:
    """Staff at the sale screen of a kiosk that holds units of everything."""
    offers = [offer_of(slug) for slug in ON_SALE]
    wait_until(lambda: all(books.right(kiosk, offer) for offer in offers), RIGHTS_SECONDS, "a right to sell")
    with screen(browser, kiosk.url, KIOSK, touch=True) as page:
        open_till(page, kiosk)
        yield page


def open_till(page: Page, kiosk: DemoKiosk) -> None:
    """Sign in at the sale screen, with nothing in the basket."""
    page.goto("/sale")
    type_pin(page, kiosk.point.staff[0])
    page.wait_for_url("**/sale")
    if page.get_by_role("button", name="清空", exact=True).last.is_enabled():
        page.get_by_role("button", name="清空", exact=True).last.click()
    expect(page.locator("#basket")).to_contain_text("购物车是空的")


def price(kiosk: DemoKiosk, slug: str) -> int:
    region = kiosk.books.enrolled_state().region
    found = next(one for one in catalogue.products(kiosk.books.db, region, limit=1000) if one.picture == f"{slug}.svg")
    return found.price_fen


def tap(page: Page, offer: str, times: int = 1) -> None:
    for _ in range(times):
        page.locator(f'[data-put="{offer}"]').first.click()


def test_a_sale_without_network_from_tap_to_change_and_back(till: Page, kiosk: DemoKiosk) -> None:
    before = books.right(kiosk, LEEK)
    kiosk.cable.cut()
    tap(till, LEEK, 3)
    expect(till.locator("#basket .stepper-count")).to_have_text("3")
    till.get_by_role("button", name="少一件 章丘大葱").click()
    expect(till.locator("#basket .stepper-count")).to_have_text("2")
    total = 2 * price(kiosk, "zhangqiu-spring-onion")
    expect(till.locator(".basket-total")).to_have_text(yuan(total))
    judge(till)
    till.locator(".sale-pay").click()
    till.wait_for_url("**/sale/payment")
    expect(till.locator("[data-cash-confirm]")).to_be_disabled()
    till.locator('[data-cash-note="2000"]').click()
    till.locator('[data-cash-note="5000"]').click()
    expect(till.locator("[data-cash-shown]")).to_have_text("¥70.00")
    expect(till.locator("[data-cash-change]")).to_have_text(yuan(7000 - total))
    judge(till)
    till.locator("[data-cash-confirm]").click()
    till.wait_for_url("**/sales/**")
    expect(till.locator(".sold-figure")).to_have_text(yuan(7000 - total))
    expect(till.locator(".toast")).to_contain_text("撤销")
    judge(till)
    assert books.right(kiosk, LEEK) == before - 2
    till.locator(".toast button").click()
    expect(till.locator(".sold-label")).to_contain_text("已撤销，请退回现金")
    wait_until(lambda: books.right(kiosk, LEEK) == before, 5, "the right after the sale was taken back")
    till.get_by_role("link", name="今日销售").click()
    expect(till.locator("#sales")).to_contain_text("已撤销")
    judge(till)


def test_cash_is_typed_on_keys_with_a_point(till: Page) -> None:
    tap(till, LEEK)
    till.locator(".sale-pay").click()
    for key in "20.50":
        till.locator(f'[data-cash-key="{key}"]').click()
    expect(till.locator("[data-cash-shown]")).to_have_text("¥20.50")
    till.locator('[data-cash-key="delete"]').click()
    till.locator('[data-cash-key="delete"]').click()
    expect(till.locator("[data-cash-shown]")).to_have_text("¥20.00")
    till.locator("[data-cash-exact]").click()
    expect(till.locator("[data-cash-change]")).to_have_text("¥0.00")
    till.get_by_role("link", name="返回").click()


def test_a_scanner_and_quick_fingers_lose_nothing(till: Page, kiosk: DemoKiosk) -> None:
    region = kiosk.books.enrolled_state().region
    goods = catalogue.products(kiosk.books.db, region, limit=1000)
    egg = next(one for one in goods if one.picture == "eggs-30.svg")
    expect(till.locator("#scan")).to_be_focused()
    for _ in range(3):
        scan(till, egg.barcode)
    expect(till.locator("#basket .stepper-count")).to_have_text("3")
    till.evaluate(f"for (let n = 0; n < 12; n += 1) document.querySelector('[data-put=\"{LEEK}\"]').click()")
    expect(till.locator("#basket .stepper-count").nth(1)).to_have_text("12")
    scan(till, "6900000000007")
    expect(till.locator("#sale-said")).to_contain_text("没有条码为")
    judge(till)


def test_what_the_point_has_no_right_to_is_not_sold_and_says_what_to_do(till: Page, kiosk: DemoKiosk) -> None:
    kiosk.cable.cut()
    right = books.right(kiosk, PEACH)
    tap(till, PEACH, right + 1)
    expect(till.locator("#sale-said")).to_contain_text("联网后可再分配")
    expect(till.locator("#basket .stepper-count")).to_have_text(str(right))
    judge(till)


def test_letters_find_goods_without_a_keyboard(till: Page) -> None:
    till.locator("[data-letters]").click()
    for letter in "zqdc":
        till.locator(f'[data-letter="{letter}"]').click()
    expect(till.locator(".offer")).to_have_count(1)
    expect(till.locator(".offer-name")).to_have_text("章丘大葱")
    judge(till)
    till.locator('[data-letter="clear"]').click()
    till.locator('input[name="category"]').nth(1).check(force=True)
    expect(till.locator(".offer").first).to_be_visible()


def test_the_sale_screens_in_every_language_and_on_a_wide_screen(
    till: Page, kiosk: DemoKiosk, browser: Browser
) -> None:
    tap(till, LEEK)
    expect(till.locator("#basket .stepper-count")).to_have_text("1")
    judge_in_every_language(till, ("/sale", "/sale/payment", "/sales"))
    height = till.evaluate("[document.documentElement.scrollHeight, window.innerHeight]")
    assert height[0] <= height[1]
    with screen(browser, kiosk.url, COUNTER) as wide:
        open_till(wide, kiosk)
        tap(wide, LEEK)
        expect(wide.locator("#basket .stepper-count")).to_have_text("1")
        for path in ("/sale", "/sale/payment"):
            wide.goto(path)
            judge(wide)
            last = wide.locator('[data-cash-key="0"]' if "payment" in path else ".basket-sum").bounding_box()
            actions = wide.locator(".counter-actions").bounding_box()
            assert last is not None
            assert actions is not None
            assert last["y"] + last["height"] <= actions["y"], "everything can be pressed without scrolling"


def test_operators_see_where_every_unit_is(browser: Browser, town: Town, kiosk: DemoKiosk) -> None:
    wait_until(lambda: books.right(kiosk, LEEK) > 0, RIGHTS_SECONDS, "a right to sell")
    with screen(browser, town.url, DESK) as page:
        page.goto("/console/offers")
        page.fill("#name", "operator")
        page.fill("#password", town.password)
        page.click("form.stack button[type=submit]")
        page.wait_for_url("**/console/offers")
        expect(page.locator("tbody tr")).to_have_count(len(ON_SALE))
        page.get_by_role("link", name="章丘大葱").click()
        expect(page.locator(".units-words")).to_contain_text("池中余量")
        expect(page.locator("main")).to_contain_text(kiosk.point.name)
        judge_in_every_language(
            page,
            (
                "/console/offers",
                f"/console/offers/{LEEK}",
                "/console/offers/new",
                "/console/channels",
                "/console/quarantine",
                f"/console/kiosks/{kiosk.books.enrolled_state().device}/rights",
            ),
        )
