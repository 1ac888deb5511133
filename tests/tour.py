"""``make screenshots``: starts the demo's town, lets staff and residents do a little, takes the README's pictures.

The pictures go to ``static/tour/``, which is part of the checkout and not of the wheel.
"""

import io
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from deploy.demo import books
from deploy.demo.counter import Counter, take_in_expected
from deploy.demo.lobby import HANDED_OUT, Lobby
from deploy.demo.neighbourhood import JINAN, generate
from deploy.demo.plan import Arrival
from deploy.demo.progress import Progress
from deploy.demo.town import ROOT, DemoKiosk, Town
from hardware.virtual.remote import carried_out, hold_up, labels, tell_printer
from shared.parcels.rules import Parcel
from shared.residents import store as residents
from tests.browser.screens import COUNTER, DESK, INVITATION, KIOSK, open_counter, scan, screen, wait_until

PICTURES = ROOT / "static" / "tour"
PICTURE_BYTES = 300_000
SEED = 7
PARCELS, COURIERS, COLLECTORS, SCANS = 36, 4, 9, 5
PATIENCE_SECONDS, SETTLE_MS = 90.0, 700
LABEL_TIMES = 2


def main() -> int:
    """Take every picture; 0 when each is there and small enough."""
    PICTURES.mkdir(exist_ok=True)
    progress = Progress(sys.stdout)
    neighbourhood = generate(SEED, datetime.now(JINAN).date())
    with (
        tempfile.TemporaryDirectory(prefix="linqu-tour-") as folder,
        Town(neighbourhood, Path(folder), progress, any_port=True) as town,
        _chromium() as chromium,
    ):
        with progress.step("staff take in parcels, residents collect"):
            for kiosk in town.kiosks:
                _a_morning(town, kiosk)
        with progress.step("pictures"):
            _lobby(chromium, town, town.kiosks[0])
            _counter(chromium, town.kiosks[0])
            _label(town.kiosks[0])
            _console(chromium, town)
    sizes = {path.name: path.stat().st_size for path in sorted(PICTURES.glob("*.png"))}
    for name, size in sizes.items():
        progress.say(f"  static/tour/{name}  {size / 1000:.0f} kB")
    return 0 if max(sizes.values()) < PICTURE_BYTES else 1


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        yield browser
        browser.close()


def _a_morning(town: Town, kiosk: DemoKiosk) -> None:
    """Parcels come in, some by courier; some residents have been here already."""
    take_in_expected(kiosk, PARCELS)
    counter = Counter(kiosk.url, kiosk.point.staff[0])
    counter.sign_in()
    for one in [one for one in town.neighbourhood.courier_parcels if one.point == kiosk.point.code][:COURIERS]:
        counter.receive(Arrival(one.waybill, one.phone, one.name))
    lobby = Lobby(kiosk.url, kiosk.camera)
    for seed, (resident, _) in enumerate(list(books.to_collect(kiosk).items())[:COLLECTORS], start=1):
        answer = lobby.present(_pass_of(town, kiosk, resident), 0.3, seed)
        if answer.outcome != HANDED_OUT:
            raise LookupError(f"{resident}: {answer}")


def _pass_of(town: Town, kiosk: DemoKiosk, resident: str) -> str:
    detail = residents.detail(town.books.db, resident)
    if detail is None:
        raise LookupError(resident)
    return books.pass_for(town.books, kiosk.point.code, detail.phone)


def _take(page: Page, name: str) -> None:
    """Keep what the page shows once it has settled, packed as tightly as PNG allows."""
    page.wait_for_timeout(SETTLE_MS)
    with Image.open(io.BytesIO(page.screenshot(animations="disabled"))) as picture:
        picture.convert("RGB").save(PICTURES / f"{name}.png", optimize=True)


def _lobby(chromium: Browser, town: Town, kiosk: DemoKiosk) -> None:
    """The first screen, and what a resident with two parcels sees, one of them from the cold shelf if there is one."""
    with screen(chromium, kiosk.url, KIOSK, touch=True) as page:
        page.goto("/")
        expect(page.get_by_role("heading", level=1)).to_have_text(INVITATION)
        _take(page, "kiosk-pickup")
        resident, parcels = min(books.to_collect(kiosk).items(), key=lambda one: _plainness(one[1]))
        hold_up(kiosk.camera, _pass_of(town, kiosk, resident), hardness=0.2, seed=4)
        expect(page.get_by_text(parcels[0].code, exact=True)).to_be_visible(timeout=10_000)
        _take(page, "kiosk-pickup-result")


def _plainness(parcels: list[Parcel]) -> tuple[bool, bool, str]:
    return len(parcels) != 2, len({one.cold for one in parcels}) != 2, parcels[0].code


def _counter(chromium: Browser, kiosk: DemoKiosk) -> None:
    """Parcel after parcel over the scanner."""
    with screen(chromium, kiosk.url, COUNTER) as page:
        open_counter(page, kiosk.point.staff[0])
        for number, parcel in enumerate(books.expected(kiosk, SCANS), start=1):
            scan(page, parcel.waybill)
            expect(page.locator(".recent-row").first).to_contain_text(page.locator(".scan-result-code").inner_text())
            page.wait_for_timeout(400 * number)
        wait_until(lambda: books.labels_open(kiosk) == 0, PATIENCE_SECONDS, "the labels")
        expect(page.locator(".toast")).to_be_hidden(timeout=15_000)
        expect(page.locator("#printer .pill-ok")).to_be_visible()
        _take(page, "counter-inbound")


def _label(kiosk: DemoKiosk) -> None:
    """The newest label, dot by dot, large enough to read."""
    with Image.open(labels(kiosk.printer)[-1]) as label:
        size = (label.width * LABEL_TIMES, label.height * LABEL_TIMES)
        label.convert("1").resize(size, Image.Resampling.NEAREST).save(PICTURES / "label.png", optimize=True)


def _console(chromium: Browser, town: Town) -> None:
    """The console's first page when the second kiosk has run out of paper."""
    last = town.kiosks[-1]
    wait_until(lambda: not any(kiosk.waiting() for kiosk in town.kiosks), PATIENCE_SECONDS, "confirmation")
    if not carried_out(tell_printer(last.printer, "paper_out"), PATIENCE_SECONDS):
        raise TimeoutError("the printer did not obey")
    take_in_expected(last, 1)
    with screen(chromium, town.url, DESK) as page:
        page.goto("/console")
        page.fill("#name", "operator")
        page.fill("#password", town.password)
        page.locator("form.stack button[type=submit]").click()
        page.wait_for_url("**/console/overview")
        expect(page.get_by_text("1 / 2")).to_be_visible(timeout=PATIENCE_SECONDS * 1000)
        _take(page, "console-overview")


if __name__ == "__main__":
    sys.exit(main())
