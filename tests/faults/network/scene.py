"""A point at work, made of the product's own processes: a centre, a kiosk's pages, a kiosk's sync."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests
from argon2 import PasswordHasher

from deploy.demo.browser import form_with, read_page
from kiosk.config import read_config as read_kiosk_config
from kiosk.host import Kiosk, open_kiosk
from kiosk.sync.enrol import enrol
from kiosk.sync.rounds import open_link, run_round
from kiosk.sync.rules import Trouble
from shared.devices.operations import make_claim
from shared.parcels import operations as parcel_work
from shared.parcels import store as parcels
from shared.parcels.rules import Parcel, ParcelState, Recipient
from shared.pickup_points.operations import open_point, set_shelf_layer, set_staff
from shared.pickup_points.rules import ShelfLayer, Staff, StaffRole
from shared.residents.operations import register
from shared.sync import rows, store
from sync_server.config import read_config as read_centre_config
from sync_server.host import Centre, init_centre, open_centre
from tests.bench.processes import READY_SECONDS, free_port

POINT, REGION = "JN-HL01", "jinan"
PIN = "271828"
STAFF = (("S1", "王芳"), ("S2", "李强"), ("S3", "赵敏"))
ANSWER_SECONDS = 30.0
LAYERS = 9


@dataclass
class Scene:
    """One point. ``centre`` and ``kiosk`` are opened in this process, beside the processes that run."""

    folder: Path
    centre_environ: dict[str, str]
    kiosk_environ: dict[str, str]
    centre: Centre
    residents: list[Recipient]
    _kiosk: Kiosk | None = field(default=None, repr=False)

    @property
    def centre_port(self) -> int:
        """Where the centre's process listens on this machine."""
        return int(self.centre_environ["LINQU_PORT"])

    @property
    def centre_url(self) -> str:
        """The centre without anything in between."""
        return f"http://127.0.0.1:{self.centre_port}"

    @property
    def url(self) -> str:
        """The kiosk's pages."""
        return f"http://127.0.0.1:{self.kiosk_environ['LINQU_PORT']}"

    @property
    def kiosk(self) -> Kiosk:
        """The kiosk's own database, opened when it is first asked for."""
        if self._kiosk is None:
            self._kiosk = open_kiosk(read_kiosk_config(self.kiosk_environ))
        return self._kiosk

    def use(self, kiosk: Kiosk) -> None:
        """The same kiosk, opened in another way; :meth:`reopen` ends that."""
        self._kiosk = kiosk

    def reopen(self) -> None:
        """Close the kiosk's database here and read its settings and files again when it is next asked for."""
        if self._kiosk is not None:
            self._kiosk.db.close()
        self._kiosk = None

    def running_centre(self) -> "Running":
        """The centre's process, from here on; answers when this returns."""
        running = Running(["-m", "sync_server", "run"], self.centre_environ, self.folder / "centre.log")
        running.answers(f"{self.centre_url}/console")
        return running

    def running_pages(self, **more: str) -> "Running":
        """The kiosk's web process; answers when this returns."""
        running = Running(["-m", "kiosk", "run", "web"], self.kiosk_environ | more, self.folder / "web.log")
        running.answers(f"{self.url}/link/badge")
        return running

    def running_sync(self, *before: str, **more: str) -> "Running":
        """The kiosk's sync process; ``before`` goes in front of it on the command line."""
        environ = self.kiosk_environ | more
        return Running(["-m", "kiosk", "run", "sync"], environ, self.folder / "sync.log", before)

    def joined(self, server: str, certificates: str = "") -> None:
        """Enrol the kiosk over ``server`` and read the first rows."""
        self.kiosk_environ |= {"LINQU_SERVER": server, "LINQU_CA": certificates}
        enrol(self.kiosk, server, make_claim(self.centre.db, self.centre.clock, POINT, "test"))
        assert self.round() is Trouble.NONE

    def round(self) -> Trouble:
        """One round in this process."""
        link = open_link(self.kiosk)
        trouble = run_round(self.kiosk, link, lambda: None)
        link.close()
        return trouble

    def receive(self, count: int, *, prefix: str = "SF9") -> list[Parcel]:
        """Parcels that arrive at the counter, each for one of the residents."""
        received = []
        for number in range(count):
            waybill = f"{prefix}{number:010d}"
            who = self.residents[number % len(self.residents)]
            result = parcel_work.receive_parcel(self.kiosk.journal(), POINT, waybill, "S1", recipient=who)
            assert result.parcel is not None, result.outcome
            received.append(result.parcel)
        return received

    def waiting(self) -> int:
        """Facts that the centre has not confirmed."""
        return store.outbox(self.kiosk.db)[0]

    def state(self) -> store.SyncState:
        """The kiosk's sync progress."""
        return self.kiosk.enrolled_state()

    def same_rows(self) -> bool:
        """Whether the kiosk's rows are the centre's."""
        feeds = (f"region:{REGION}", f"point:{POINT}")
        return all(
            rows.digest(self.kiosk.db, self.kiosk.house, feed) == rows.digest(self.centre.db, self.centre.house, feed)
            for feed in feeds
        )

    def known_at_the_centre(self) -> int:
        """The newest fact of this kiosk that the centre holds."""
        state = self.state()
        return store.centre_head(self.centre.db, POINT, state.device, state.epoch)[0]

    def close(self) -> None:
        """Close both databases."""
        if self._kiosk is not None:
            self._kiosk.db.close()
        self.centre.db.close()


@contextmanager
def scene(folder: Path, *, database_url: str = "", residents: int = 20, shelves: int = 9) -> Iterator[Scene]:
    """A centre with one open point and its people; no process runs yet, no kiosk is enrolled."""
    centre_environ = {
        "LINQU_DATA": str(folder / "centre"),
        "LINQU_PORT": str(free_port()),
        "LINQU_HOST": "127.0.0.1",
        "DATABASE_URL": database_url,
    }
    kiosk_environ = {
        "LINQU_DATA": str(folder / "kiosk"),
        "LINQU_PORT": str(free_port()),
        "LINQU_HARDWARE": "the one machine of this test",
        "LINQU_CAMERA": "",
        "LINQU_PRINTER": f"serial:{folder / 'no-printer'}",
    }
    config = read_centre_config(centre_environ)
    init_centre(config)
    centre = open_centre(config)
    here = Scene(folder, centre_environ, kiosk_environ, centre, [])
    journal = centre.journal
    pin = PasswordHasher(time_cost=1, memory_cost=1024).hash(PIN)
    with journal.writing(POINT) as tx:
        open_point(journal, tx, POINT, number=1, name="洪楼社区自提点", region=REGION, actor="test")
        for shelf in range(1, shelves + 1):
            for layer in range(1, LAYERS + 1):
                set_shelf_layer(journal, tx, POINT, ShelfLayer(shelf, layer, "", 999, False), "test")
        for member, name in STAFF:
            set_staff(journal, tx, POINT, Staff(member, name, pin, StaffRole.LEADER, True), "test")
        for number in range(residents):
            known = register(journal, tx, POINT, "王小明", f"138{number:08d}", "test")
            here.residents.append(Recipient(known.id, known.name_masked, known.phone_tail))
    try:
        yield here
    finally:
        here.close()


class Running:
    """A process of ours, until the block ends."""

    def __init__(
        self, arguments: Sequence[str], environ: dict[str, str], log: Path, before: Sequence[str] = ()
    ) -> None:
        self.log = log
        kept = {name: value for name, value in os.environ.items() if not name.startswith("LINQU_")}
        kept.pop("DATABASE_URL", None)
        command = [*before, sys.executable, *arguments]
        with log.open("ab") as sink:
            self.process = subprocess.Popen(command, env=kept | environ, stdout=sink, stderr=sink)

    def answers(self, url: str) -> None:
        """Wait until it does, or say why it never will."""

        def there() -> bool:
            assert self.process.poll() is None, self.said()[-2000:]
            try:
                return requests.get(url, timeout=5, allow_redirects=False).status_code < 500
            except requests.RequestException:
                return False

        until(there, READY_SECONDS)

    @property
    def pid(self) -> int:
        """Its number."""
        return self.process.pid

    def peak_mb(self) -> float:
        """The most memory it ever held (VmHWM), in MB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024

    def said(self) -> str:
        """What it has written."""
        return self.log.read_text(errors="replace")

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def until(what: Callable[[], bool], seconds: float, pause: float = 0.05) -> float:
    """Seconds until ``what`` is so. Raises ``AssertionError`` when time is up."""
    start = time.monotonic()
    while not what():
        assert time.monotonic() - start < seconds, f"not so after {seconds} s"
        time.sleep(pause)
    return time.monotonic() - start


def collect(url: str, parcel: Parcel) -> float:
    """A resident at the keypad of a kiosk types code and tail; how long both pages took, in seconds."""
    browser = requests.Session()
    browser.trust_env = False
    start = time.monotonic()
    form = form_with(read_page(browser.get(f"{url}/pickup/code", timeout=ANSWER_SECONDS).text), "tail")
    answer = browser.post(
        f"{url}/pickup",
        data=form.values | {"code": parcel.pickup_code.replace("-", ""), "tail": parcel.phone_tail},
        timeout=ANSWER_SECONDS,
        allow_redirects=False,
    )
    took = time.monotonic() - start
    assert answer.status_code == 303, (answer.status_code, read_page(answer.text).text[:300])
    return took


def is_collected(here: Scene, parcel: Parcel) -> bool:
    """Whether the kiosk's books say that a parcel went."""
    found = parcels.parcel(here.kiosk.db, POINT, parcel.id)
    return found is not None and found.state is ParcelState.COLLECTED


def badge(url: str) -> str:
    """What the badge on the kiosk's screen says: online, offline, syncing or portal."""
    page = read_page(requests.get(f"{url}/link/badge", timeout=ANSWER_SECONDS).text)
    shown = page.first(css_class="badge")
    assert shown is not None
    words = shown.attributes["class"].split()
    return next(word.removeprefix("badge-") for word in words if word.startswith("badge-"))
