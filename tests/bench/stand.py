"""A centre and kiosks enrolled with it, made by the product's own ways, for figures that need whole processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urljoin

import requests
from argon2 import PasswordHasher

from deploy.demo.browser import ANSWER_SECONDS, form_with, read_page
from kiosk.config import read_config as read_kiosk_config
from kiosk.host import Kiosk, open_kiosk
from kiosk.sync.enrol import enrol
from kiosk.sync.rounds import open_link, run_round
from kiosk.sync.rules import Trouble
from shared.devices.operations import make_claim
from shared.kernel.clock import utc_text
from shared.kernel.passes import issue
from shared.pickup_points.operations import open_point, set_shelf_layer, set_staff
from shared.pickup_points.rules import ShelfLayer, Staff, StaffRole
from shared.residents.operations import register
from shared.residents.rules import Resident
from sync_server.config import read_config as read_centre_config
from sync_server.host import Centre, init_centre, open_centre
from tests.bench.point import LAYERS, PARCELS_OF_ONE, REGION, SHELVES, fill
from tests.bench.processes import free_port, running, wait_until_answers

PIN, STAFF = "271828", "王芳"
POINT = "JN-HL02"
PASS_DAYS = 30


def centre_environ(folder: Path) -> dict[str, str]:
    """Settings of a centre in ``folder``, at a port of its own."""
    return {"LINQU_DATA": str(folder / "centre"), "LINQU_PORT": str(free_port()), "LINQU_HOST": "127.0.0.1"}


def address(environ: dict[str, str]) -> str:
    """Where a process with these settings answers."""
    return f"http://127.0.0.1:{environ['LINQU_PORT']}"


def begin_centre(environ: dict[str, str]) -> Centre:
    """A new centre, opened in this process."""
    config = read_centre_config(environ)
    init_centre(config)
    return open_centre(config)


def claim(centre: Centre, point: str, number: int) -> str:
    """Open a point; the code that makes a machine its kiosk."""
    with centre.journal.writing(point) as tx:
        open_point(centre.journal, tx, point, number=number, name=point, region=REGION, actor="bench")
    return make_claim(centre.db, centre.clock, point, "bench")


def join(environ: dict[str, str], server: str, code: str) -> Kiosk:
    """A kiosk that is enrolled and has read its first rows, opened in this process."""
    kiosk = open_kiosk(read_kiosk_config(environ))
    enrol(kiosk, server, code)
    link = open_link(kiosk)
    trouble = run_round(kiosk, link, lambda: None)
    link.close()
    if trouble is not Trouble.NONE:
        raise RuntimeError(trouble)
    return kiosk


@dataclass(frozen=True)
class Stand:
    """One point at work. ``residents[i]`` waits for the parcels ``3 i … 3 i + 2``."""

    folder: Path
    centre: dict[str, str]
    kiosk: dict[str, str]
    residents: list[Resident]

    @property
    def camera(self) -> Path:
        """The folder of the kiosk's virtual camera."""
        return self.folder / "camera"

    @property
    def url(self) -> str:
        """Where the kiosk's pages are."""
        return address(self.kiosk)

    def open_kiosk(self) -> Kiosk:
        """The kiosk's data, opened beside its processes."""
        return open_kiosk(read_kiosk_config(self.kiosk))

    def signed_in(self) -> requests.Session:
        """Staff at the counter."""
        session = requests.Session()
        page = read_page(session.get(f"{self.url}/counter", timeout=ANSWER_SECONDS).text)
        link = next(one for one in page.every("a", css_class="key") if STAFF in one.text)
        send_form(session, urljoin(self.url, link.attributes["href"]), "pin", pin=PIN)
        return session


def send_form(session: requests.Session, page: str, field: str, **values: str) -> requests.Response:
    """Fill in the form with ``field`` on a page and send it; the page it leads to. Raises ``HTTPError``."""
    form = form_with(read_page(session.get(page, timeout=ANSWER_SECONDS).text), field)
    answer = session.post(urljoin(page, form.address), data=form.values | values, timeout=ANSWER_SECONDS)
    answer.raise_for_status()
    return answer


def cookies(session: requests.Session) -> str:
    """The session's cookies as a header."""
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in session.cookies)


def passes_of(kiosk: Kiosk, residents: list[Resident]) -> list[str]:
    """A valid pass for each."""
    enrolled, until = kiosk.enrolment(), kiosk.clock.now() + timedelta(days=PASS_DAYS)
    return [issue(enrolled.point_key, enrolled.point_number, one.number, until) for one in residents]


@contextmanager
def stand(folder: Path, parcels: int, *, collected: int = 0) -> Iterator[Stand]:
    """A point with ``parcels`` that lie ready after ``collected`` of former days; its centre runs meanwhile."""
    centre = centre_environ(folder)
    kiosk = {
        "LINQU_DATA": str(folder / "kiosk"),
        "LINQU_PORT": str(free_port()),
        "LINQU_SERVER": address(centre),
        "LINQU_CAMERA": f"virtual:{folder / 'camera'}",
        "LINQU_PRINTER": f"serial:{folder / 'no-printer'}",
    }
    code, residents = _people(centre, parcels // PARCELS_OF_ONE + 1)
    with running("sync_server", "run", environ=centre, log=folder / "centre.log"):
        wait_until_answers(f"{address(centre)}/console")
        here = join(kiosk, address(centre), code)
        names = [one.id for one in residents]
        fill(
            here.db, utc_text(here.clock.now()), collected + parcels, point=POINT, waiting=parcels,
            resident_of=lambda number: names[(number - collected) // PARCELS_OF_ONE] if number >= collected else "",
        )  # fmt: skip
        here.db.close()
        yield Stand(folder, centre, kiosk, residents)


def _people(environ: dict[str, str], residents: int) -> tuple[str, list[Resident]]:
    centre = begin_centre(environ)
    code = claim(centre, POINT, 2)
    journal = centre.journal
    with journal.writing(POINT) as tx:
        for shelf in range(1, SHELVES + 1):
            for layer in range(1, LAYERS + 1):
                set_shelf_layer(journal, tx, POINT, ShelfLayer(shelf, layer, "", 120, False), "bench")
        member = Staff("S1", STAFF, PasswordHasher().hash(PIN), StaffRole.LEADER, True)
        set_staff(journal, tx, POINT, member, "bench")
        known = [register(journal, tx, POINT, "王小明", f"139{number:08d}", "bench") for number in range(residents)]
    centre.db.close()
    return code, known
