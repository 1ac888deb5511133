"""A code before the camera → the result on the screen, with four screens open in a real Chromium.

A real web process, the real scan process on its virtual camera (drawn frames: tilt, blur, noise, a hand that comes in
over three frames), four pages that wait for news as residents' screens do: the kiosk's own and three phones. Times end
after the paint that shows the result, on each of the four screens; they begin with the frame that was read, and once
more with the first that has the hand in it.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from playwright.sync_api import Page, sync_playwright

from hardware.virtual.remote import hold_up
from tests.bench.eye import COMES, READ
from tests.bench.handout import DISK
from tests.bench.point import PARCELS_OF_ONE
from tests.bench.processes import running, wait_until_answers
from tests.bench.report import line, percentile
from tests.bench.stand import Stand, passes_of, stand

SHOWINGS, WARM_UP = 20, 2
SCREENS = ((1080, 1920), (412, 915), (412, 915), (412, 915))
CHROMIUM = "/usr/bin/chromium"
SHOW_SECONDS, PAUSE_SECONDS, LATEST_SECONDS = 1.5, 0.6, 8.0
HARDNESS = 0.2
LIMIT_MS = 300.0
SHARE = 0.95
WATCH = """
new MutationObserver((changes) => {
  const shown = changes.some((change) => change.target.id === "main" && change.addedNodes.length);
  if (!shown) return;
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => { window.painted = (performance.timeOrigin + performance.now()) / 1000; };
    channel.port2.postMessage(0);
  });
}).observe(document, { childList: true, subtree: true });
"""


def figures() -> None:
    """Passes are held up one after another; every screen must show every result."""
    DISK.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=DISK) as name:
        folder = Path(name)
        with stand(folder, (SHOWINGS + WARM_UP) * PARCELS_OF_ONE) as here:
            kiosk = here.open_kiosk()
            passes = passes_of(kiosk, here.residents)[: SHOWINGS + WARM_UP]
            kiosk.db.close()
        notes = folder / "notes"
        with (
            running("kiosk", "run", "web", environ=here.kiosk, log=folder / "web.log"),
            running("tests.bench.eye", str(notes), environ=here.kiosk, log=folder / "scan.log"),
        ):
            wait_until_answers(f"{here.url}/")
            with _screens(here) as screens:
                taken = [_one(here, screens, text, notes) for text in passes][WARM_UP:]
    for name, from_frame in (("scan_frame_to_screen", READ), ("scan_hand_to_screen", COMES)):
        times = [one * 1000 for showing in taken for one in showing[from_frame]]
        to = "the 300 ms that still feel like at once"
        line(f"{name}_p95", percentile(times, SHARE), "ms", percentile(times, SHARE) / LIMIT_MS, to)
        line(f"{name}_median", median(times), "ms", median(times) / LIMIT_MS, to)


@contextmanager
def _screens(here: Stand) -> Iterator[list[Page]]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        pages = []
        for width, height in SCREENS:
            page = chromium.new_context(viewport={"width": width, "height": height}).new_page()
            page.add_init_script(WATCH)
            page.goto(f"{here.url}/")
            pages.append(page)
        yield pages
        chromium.close()


def _one(here: Stand, screens: list[Page], text: str, notes: Path) -> dict[str, list[float]]:
    """Hold one pass up; seconds until each screen had it, from both moments."""
    began = time.time()
    notes.write_text("")
    command = hold_up(here.camera, text, SHOW_SECONDS, HARDNESS)
    painted = [_painted(page, began) for page in screens]
    while command.exists():
        time.sleep(PAUSE_SECONDS / 10)
    time.sleep(PAUSE_SECONDS)
    noted = dict(row.split() for row in notes.read_text().splitlines())
    return {moment: [at - float(noted[moment]) for at in painted] for moment in (COMES, READ)}


def _painted(page: Page, after: float) -> float:
    """When the page painted the next result. Raises playwright's ``TimeoutError`` when it shows none."""
    page.wait_for_function("after => window.painted > after", arg=after, timeout=LATEST_SECONDS * 1000, polling=50)
    return float(page.evaluate("window.painted"))
