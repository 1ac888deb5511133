"""Server processes on one database, and kiosks enrolled there by the product's own operations."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.db.migrations import schema_version
from shared.devices.operations import claim, make_claim
from shared.pickup_points.operations import open_point, set_shelf_layer
from shared.pickup_points.rules import ShelfLayer
from shared.sync import signing, store
from sync_server.config import read_config
from sync_server.host import Centre, init_centre, open_centre
from tests.bench.processes import free_port, running, wait_until_answers
from tests.load.kiosk import LoadKiosk

REGION = "jinan"


def settings(folder: Path, database_url: str = "", threads: int = 16) -> dict[str, str]:
    """Settings that every server process shares, keys included; each gets a port of its own."""
    return {
        "LINQU_DATA": str(folder / "centre"),
        "LINQU_HOST": "127.0.0.1",
        "LINQU_THREADS": str(threads),
        "DATABASE_URL": database_url,
    }


def begin(environ: dict[str, str]) -> Centre:
    """The centre of these settings, begun where it is new, opened in this process."""
    config = read_config(environ)
    init_centre(config)
    return open_centre(config)


def enrol(centre: Centre, points: Sequence[str], hardware: str = "load") -> list[LoadKiosk]:
    """One kiosk at each of ``points``; a point that is named twice gets two."""
    life = store.server_life(centre.db)
    assert life is not None
    schema, server_key = schema_version(centre.db), signing.public_bytes(centre.server_key)
    made = []
    for number, point in enumerate(points, start=1):
        if points.index(point) == number - 1:
            _open(centre, point, number)
        key = Ed25519PrivateKey.generate()
        code = make_claim(centre.db, centre.clock, point, "load")
        device = claim(centre.db, centre.clock, code, signing.public_bytes(key), hardware)
        centre.ledger.enrolled(device)
        made.append(
            LoadKiosk(centre.house, key, server_key, device.id, hardware, device.epoch, point, REGION,
                      life.generation, schema)
        )  # fmt: skip
    return made


def _open(centre: Centre, point: str, number: int) -> None:
    journal = centre.journal
    with journal.writing(point) as tx:
        open_point(journal, tx, point, number=number, name=point, region=REGION, actor="load")
        for shelf in range(1, 9):
            set_shelf_layer(journal, tx, point, ShelfLayer(shelf, shelf % 5 + 1, "", 120, False), "load")


@dataclass(frozen=True)
class Servers:
    """Running server processes, as ports and as processes whose CPU time can be asked for."""

    ports: list[int]
    processes: list[psutil.Process]

    def cpu_seconds(self) -> float:
        """CPU time of all of them so far."""
        return sum(sum(process.cpu_times()[:2]) for process in self.processes)

    def memory_mb(self) -> float:
        """Memory of all of them, in MB of their own."""
        return sum(process.memory_full_info().uss for process in self.processes) / 1e6


@contextmanager
def servers(environ: dict[str, str], count: int, log: Path | None = None) -> Iterator[Servers]:
    """``count`` processes of ``python -m sync_server run`` that share everything but the port."""
    ports = [free_port() for _ in range(count)]
    with ExitStack() as stack:
        started = [
            stack.enter_context(running("sync_server", "run", environ=environ | {"LINQU_PORT": str(port)}, log=log))
            for port in ports
        ]
        for port in ports:
            wait_until_answers(f"http://127.0.0.1:{port}/console")
        yield Servers(ports, [psutil.Process(process.pid) for process in started])
