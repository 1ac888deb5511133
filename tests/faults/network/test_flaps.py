"""R13: a link that comes and goes changes the badge and nothing else."""

import re
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from shared.parcels.rules import Parcel
from tests.bench.report import percentile
from tests.faults.network.certificates import Authority
from tests.faults.network.flapping import Flaps, flapping_link
from tests.faults.network.scene import ANSWER_SECONDS, Scene, badge, collect, is_collected, scene, until

CI_FLAPS = 60
DOWNS, UPS = (0.03, 0.2, 0.08), (0.05, 0.15, 0.25)
LONG_DOWN_SECONDS = 10.0
PAGES = ("/", "/pickup/code", "/staff/session")
BADGE = re.compile(r'<span class="badge.*?</span></span>', re.DOTALL)
CHANGING = re.compile(r'csrf[^>]*>|data-scans-after="[^"]*"|hx-headers=\'[^\']*\'')

# a machine that runs other tests beside these may be slow; none of them waits for nothing
pytestmark = pytest.mark.timeout(400)


@dataclass
class Seen:
    """What somebody before the kiosk has seen: times in seconds, badges, pages without badge."""

    pages: list[float] = field(default_factory=list)
    pickups: list[float] = field(default_factory=list)
    badges: set[str] = field(default_factory=set)
    texts: dict[str, set[str]] = field(default_factory=lambda: {path: set() for path in PAGES})

    def look(self, url: str, browser: requests.Session) -> None:
        """Open every page once."""
        for path in PAGES:
            start = time.perf_counter()
            text = browser.get(url + path, timeout=ANSWER_SECONDS).text
            self.pages.append(time.perf_counter() - start)
            self.texts[path].add(CHANGING.sub("", BADGE.sub("", text)))
        self.badge_of(url)

    def badge_of(self, url: str) -> str:
        """Look at the badge alone."""
        self.badges.add(shown := badge(url))
        return shown


@dataclass
class Flapped:
    """What came of a run. ``calm`` was seen in turns with ``flapping``, so that the machine's mood hits both alike."""

    kind: str
    flaps: int
    calm: Seen
    flapping: Seen
    rounds_failed: int

    @property
    def ratio(self) -> float:
        """How much longer the slowest twentieth of the pages takes while the link flaps."""
        return percentile(self.flapping.pages, 0.95) / percentile(self.calm.pages, 0.95)


def flapped(folder: Path, flaps: int, turns: int) -> Flapped:
    """So many flaps, in turns with calm, residents at the keypad all along; every hand-out is at the centre after."""
    authority = Authority(folder / "tls")
    with (
        flapping_link() as link,
        scene(folder) as here,
        here.running_centre(),
        here.running_pages(),
        link.front(here.centre_port, authority.shows(link.host)) as front,
    ):
        here.joined(f"https://{link.host}:{front.port}", str(authority.pinned))
        arrived = iter(here.receive(2 * turns + 2 * flaps))
        calm, flapping, done = Seen(), Seen(), 0
        with here.running_sync(*link.before) as sync, requests.Session() as browser:
            until(lambda: here.waiting() == 0, 60)
            for turn in range(turns):
                flap = Flaps(link, flaps // turns, DOWNS, UPS, LONG_DOWN_SECONDS if turn % 5 == 0 else max(DOWNS))
                flap.start()
                start = time.monotonic()
                while flap.is_alive():
                    at_the_keypad(here, flapping, browser, next(arrived, None))
                until_time = time.monotonic() + (time.monotonic() - start) / 2
                done += flap.done
                until(lambda: flapping.badge_of(here.url) == "online", 45)
                while time.monotonic() < until_time:
                    at_the_keypad(here, calm, browser, next(arrived, None))
            until(lambda: here.waiting() == 0 and badge(here.url) == "online", 60)
            failed = sync.said().count("sync round failed")
        assert here.same_rows()
    return Flapped(link.kind, done, calm, flapping, failed)


def at_the_keypad(here: Scene, seen: Seen, browser: requests.Session, parcel: Parcel | None) -> None:
    """Somebody looks at the screens; a resident with a parcel collects it."""
    seen.look(here.url, browser)
    if parcel is not None:
        seen.pickups.append(collect(here.url, parcel))
        assert is_collected(here, parcel)


@pytest.mark.slow
def test_r13_flaps_change_the_badge_and_nothing_else(tmp_path: Path) -> None:
    """R13: through 60 flaps every pickup works, pages differ in the badge alone and take no longer, nothing is lost."""
    run = flapped(tmp_path, CI_FLAPS, turns=2)
    print(f"{run.flaps} flaps of a {run.kind}: {run.rounds_failed} rounds failed, page p95 × {run.ratio:.2f}")
    assert run.flaps == CI_FLAPS
    assert run.rounds_failed
    assert "offline" in run.flapping.badges
    for path in PAGES:
        assert len(run.calm.texts[path] | run.flapping.texts[path]) == 1, path
    assert max(run.flapping.pickups) < 2
    assert run.ratio < 3
