"""A centre and its kiosk before a day's work, made by the product's own ways, to be copied and hurt."""

import json
import secrets
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from argon2 import PasswordHasher
from flask import Flask
from waitress import wasyncore
from waitress.server import create_server

from kiosk.config import read_config as read_kiosk_config
from kiosk.host import Kiosk, open_kiosk
from shared.parcels.operations import expect_parcel
from shared.parcels.rules import Content, Recipient
from shared.pickup_points.operations import set_shelf_layer, set_staff
from shared.pickup_points.rules import ShelfLayer, Staff, StaffRole
from shared.residents.operations import register
from sync_server.app import make_app as make_centre_app
from sync_server.config import read_config as read_centre_config
from sync_server.host import Centre, init_centre, open_centre
from tests.bench.stand import claim, join

MEMORY_DISK = Path("/dev/shm")  # noqa: S108 - folders of our own are made in it
POINT = "JN-HL01"
STAFF, PIN = "S1", "135790"
RESIDENTS = 6
SHELVES, LAYERS, CAPACITY = 3, 3, 200
# Weak on purpose: the cost of guessing a PIN is not what is tried here.
HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """A folder where a sync costs nothing, on machines that have one; for faults that leave the disk itself alone."""
    folder = Path(tempfile.mkdtemp(prefix="linqu-disk-", dir=MEMORY_DISK if MEMORY_DISK.is_dir() else None))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@dataclass(frozen=True)
class World:
    """Two data directories under one folder, both closed."""

    folder: Path

    @property
    def kiosk_data(self) -> Path:
        """The kiosk's data directory."""
        return self.folder / "kiosk"

    @property
    def centre_data(self) -> Path:
        """The centre's data directory."""
        return self.folder / "centre"

    def copy_to(self, folder: Path) -> "World":
        """A world of its own to destroy."""
        shutil.copytree(self.folder, folder)
        return World(folder)

    def open_kiosk(self) -> Kiosk:
        """The kiosk, as its processes open it."""
        return open_kiosk(read_kiosk_config(self.kiosk_environ()))

    def open_centre(self) -> Centre:
        """The centre, as its processes open it."""
        return open_centre(read_centre_config({"LINQU_DATA": str(self.centre_data)}))

    def kiosk_environ(self) -> dict[str, str]:
        """Settings of a kiosk without devices."""
        return {"LINQU_DATA": str(self.kiosk_data), "LINQU_CAMERA": "", "LINQU_SCANNER": "", "LINQU_PRINTER": ""}

    def residents(self) -> list[tuple[str, int]]:
        """Id and number of every resident."""
        return [(one, number) for one, number in json.loads((self.folder / "residents.json").read_text())]


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve ``app`` on a port of this machine; gives the address."""
    server = create_server(app, host="127.0.0.1", port=0, threads=2)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.task_dispatcher.shutdown()
    left = dict(server._map)
    server.trigger.pull_trigger(server._map.clear)
    thread.join(5)
    wasyncore.close_all(left, ignore_all=True)


def make_world(folder: Path, parcels: int) -> World:
    """A point with staff, shelves and residents; ``parcels`` are announced and known to its kiosk."""
    world = World(folder)
    config = read_centre_config({"LINQU_DATA": str(world.centre_data)})
    init_centre(config)
    centre = open_centre(config)
    code = claim(centre, POINT, 7)
    journal = centre.journal
    with journal.writing(POINT) as tx:
        for shelf in range(1, SHELVES + 1):
            for layer in range(1, LAYERS + 1):
                set_shelf_layer(journal, tx, POINT, ShelfLayer(shelf, layer, "", CAPACITY, False), "operator")
        set_staff(journal, tx, POINT, Staff(STAFF, "张店长", HASHER.hash(PIN), StaffRole.LEADER, True), "operator")
        known = [register(journal, tx, POINT, "王小明", f"139{n:08d}", "operator") for n in range(RESIDENTS)]
    (folder / "residents.json").write_text(json.dumps([(one.id, one.number) for one in known]))
    announce(world, centre, [f"LQ{n:010d}" for n in range(parcels)])
    with serving(make_centre_app(centre)) as address:
        kiosk = join(world.kiosk_environ(), address, code)
        kiosk.db.close()
    centre.db.close()
    return world


def announce(world: World, centre: Centre, waybills: list[str]) -> None:
    """Parcels are on their way to the point, for its residents in turn."""
    residents = world.residents()
    with centre.journal.writing(POINT) as tx:
        for n, waybill in enumerate(waybills):
            expect_parcel(
                centre.journal,
                tx,
                POINT,
                waybill=waybill,
                recipient=Recipient(residents[n % len(residents)][0], "王*明", "0000"),
                actor="operator",
                contents=[Content(f"G{n % 7}", "章丘大葱", 1 + n % 3)],
            )


def new_waybill() -> str:
    """A waybill nobody has used."""
    return f"LQ{secrets.randbelow(10**12):012d}"
