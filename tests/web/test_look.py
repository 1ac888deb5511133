"""The look, measured: contrast of the tokens, no other host, catalogs, and the pattern page in Chromium."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from shared.web import catalogs
from shared.web.app import STATIC, TEMPLATES
from tests.web.floor import make_floor

SIZES = {"kiosk": (1080, 1920), "counter": (1280, 800), "console": (1440, 900), "phone": (390, 844)}
TEXT_PAIRS = (
    ("ink", "paper"), ("ink", "card"), ("ink", "sunk"), ("muted", "paper"), ("muted", "card"), ("muted", "sunk"),
    ("leaf", "paper"), ("leaf", "card"), ("leaf", "leaf-soft"), ("on-leaf", "leaf"), ("on-leaf", "leaf-deep"),
    ("persimmon", "card"), ("persimmon", "persimmon-soft"), ("warn", "warn-soft"), ("alarm", "alarm-soft"),
    ("alarm", "card"), ("info", "info-soft"), ("ink", "warn-soft"), ("ink", "alarm-soft"), ("ink", "info-soft"),
)  # fmt: skip
GRAPHIC_PAIRS = (("line", "paper"), ("line", "card"), ("line", "sunk"), ("graph", "card"), ("leaf", "hair"))


def luminance(colour: str) -> float:
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def colours(theme: str) -> dict[str, str]:
    sheet = (STATIC / "css/tokens.css").read_text("utf-8")
    light = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", sheet.split("}", 1)[0]))
    if theme == "light":
        return light
    return light | dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", sheet.split('[data-theme="dark"]')[1]))


def test_contrast_is_measured_rightly() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_is_seven_to_one(theme: str) -> None:
    have = colours(theme)
    low = {pair: round(contrast(have[pair[0]], have[pair[1]]), 2) for pair in TEXT_PAIRS}
    assert {pair: ratio for pair, ratio in low.items() if ratio < 7} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_borders_and_graphics_are_three_to_one(theme: str) -> None:
    have = colours(theme)
    low = {pair: round(contrast(have[pair[0]], have[pair[1]]), 2) for pair in GRAPHIC_PAIRS}
    assert {pair: ratio for pair, ratio in low.items() if ratio < 3} == {}


def own_files() -> list[Path]:
    kinds = {".css", ".js", ".svg", ".html"}
    files = [*STATIC.rglob("*"), *TEMPLATES.rglob("*")]
    return [path for path in files if path.suffix in kinds and path.parent.name != "vendor"]


def test_no_file_names_another_host() -> None:
    for path in own_files():
        text = path.read_text("utf-8").replace("http://www.w3.org/", "")
        assert not re.search(r"(?:https?:)?//[a-z0-9-]+\.[a-z]{2,}", text), path


def test_no_inline_style_or_script() -> None:
    for path in own_files():
        if path.suffix == ".html":
            text = path.read_text("utf-8")
            assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script(?![^>]* src=)|hx-on|javascript:", text), path


def test_icons_that_templates_name_exist() -> None:
    have = set(re.findall(r'<symbol id="([^"]+)"', (STATIC / "icons.svg").read_text("utf-8")))
    for path in own_files():
        if path.suffix == ".html":
            assert set(re.findall(r'\bicon\("([a-z0-9-]+)"', path.read_text("utf-8"))) <= have, path


def test_the_floor_speaks_three_languages() -> None:
    assert catalogs.missing("shared/web") == {"zh_Hant_TW": [], "en": []}


def test_compiled_catalogs_say_what_the_catalogs_say() -> None:
    assert catalogs.stale() == []


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, make_floor(testing=False), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.mark.parametrize("language", ["zh_Hans_CN", "zh_Hant_TW", "en"])
@pytest.mark.parametrize("distance", list(SIZES))
def test_pattern_page_is_for_everybody(browser: Browser, address: str, distance: str, language: str) -> None:
    width, height = SIZES[distance]
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(f"{address}/patterns?distance={distance}")
    page.locator(f'button[name=lang][value="{language}"]').first.click()
    page.wait_for_load_state("load")
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    violations = Axe().run(page).response["violations"]
    assert [(found["id"], found["nodes"][0]["html"]) for found in violations] == []
    context.close()


def test_kiosk_targets_and_text_are_large_enough(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 1080, "height": 1920})
    page.goto(f"{address}/patterns?distance=kiosk")
    small = page.evaluate(
        "[...document.querySelectorAll('button, .button, .key, .input:not([type=hidden])')]"
        ".filter(e => e.checkVisibility() && !e.closest('.table-block') && !e.classList.contains('skip'))"
        ".map(e => [e.className, e.getBoundingClientRect()]).filter(([, r]) => r.width < 81 || r.height < 81)"
        ".map(([name]) => name)"
    )
    assert small == []
    assert page.evaluate(
        "Math.min(...[...document.querySelectorAll('p, h1, h2, span, label, a')].filter(e => e.checkVisibility()"
        " && e.textContent.trim()).map(e => parseFloat(getComputedStyle(e).fontSize)))"
    ) >= 40  # fmt: skip
    page.close()


def test_keypad_fills_one_field_then_the_next_and_a_double_tap_counts_once(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 1080, "height": 1920})
    page.goto(f"{address}/patterns?distance=kiosk")
    for digit in "990011":
        page.locator(f'.keypad [data-key="{digit}"]').click()
    assert page.locator("#code").input_value() == "208399"
    assert page.locator("#tail").input_value() == "0011"
    posts: list[str] = []
    page.on("request", lambda request: posts.append(request.url) if request.method == "POST" else None)
    with page.expect_navigation():
        page.locator(".toast form button").first.dblclick()
    page.wait_for_timeout(500)
    assert len(posts) == 1
    page.close()


def test_fast_scans_are_sent_one_by_one_and_the_field_keeps_the_focus(browser: Browser, address: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(f"{address}/patterns?distance=counter")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or "") if request.method == "POST" else None)
    for code in ("SF100", "SF200", "SF300"):
        page.keyboard.type(code)
        page.keyboard.press("Enter")
    page.wait_for_timeout(800)
    assert [re.findall(r"SF\d+", body) for body in sent] == [["SF100"], ["SF200"], ["SF300"]]
    assert page.evaluate("document.activeElement.id") == "scan"
    page.close()
