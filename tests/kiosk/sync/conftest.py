"""A real centre behind real HTTP, and kiosks that enrol with it."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from waitress.server import create_server

from kiosk.config import read_config as read_kiosk_config
from kiosk.host import Kiosk, open_kiosk
from kiosk.sync.enrol import enrol
from shared.devices.operations import make_claim
from shared.pickup_points.operations import open_point
from sync_server.app import make_app
from sync_server.config import read_config as read_centre_config
from sync_server.host import Centre, init_centre, open_centre

POINT = "JN-HL01"
REGION = "jinan"


@dataclass
class RunningCentre:
    """The centre and its address."""

    centre: Centre
    url: str


@pytest.fixture(params=["sqlite", "postgres"])
def running_centre(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[RunningCentre]:
    """A centre with one open point, served by waitress."""
    environ = {"LINQU_DATA": str(tmp_path / "centre")}
    if request.param == "postgres":
        environ["DATABASE_URL"] = request.getfixturevalue("postgres_server").fresh()
    init_centre(read_centre_config(environ))
    centre = open_centre(read_centre_config(environ))
    with centre.journal.writing(POINT) as tx:
        open_point(centre.journal, tx, POINT, number=1, name="洪楼社区自提点", region=REGION, actor="test")
    server = create_server(make_app(centre), host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield RunningCentre(centre, f"http://127.0.0.1:{server.effective_port}")
    server.close()
    centre.db.close()


@pytest.fixture
def new_kiosk(tmp_path: Path) -> Iterator[Callable[[str], Kiosk]]:
    """Makes kiosks with a data directory of their own, not yet enrolled."""
    made: list[Kiosk] = []

    def make(server: str) -> Kiosk:
        folder = tmp_path / f"kiosk{len(made)}"
        made.append(open_kiosk(read_kiosk_config({"LINQU_DATA": str(folder), "LINQU_SERVER": server})))
        return made[-1]

    yield make
    for kiosk in made:
        kiosk.db.close()


def claim_code(centre: Centre) -> str:
    """A fresh claim code for the point."""
    return make_claim(centre.db, centre.clock, POINT, "test")


@pytest.fixture
def kiosk(running_centre: RunningCentre, new_kiosk: Callable[[str], Kiosk]) -> Kiosk:
    """An enrolled kiosk."""
    kiosk = new_kiosk(running_centre.url)
    enrol(kiosk, running_centre.url, claim_code(running_centre.centre))
    return kiosk
