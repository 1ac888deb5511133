"""Things that happen at a centre under test: kiosks report, goods come in, parcels go out."""

import csv
import io
from datetime import timedelta

import msgspec

from shared.devices import store as devices
from shared.devices.rules import Device, Health, Part
from shared.kernel.clock import utc_text
from shared.parcels import operations as parcel_operations
from shared.parcels import store as parcels
from shared.sync import Fact
from shared.sync import store as sync_store
from sync_server.console import store
from sync_server.host import Centre
from sync_server.imports.columns import COLUMNS
from sync_server.imports.operations import confirm, stage
from sync_server.imports.samples import SAMPLES
from tests.sync_server.opening import Desk

WELL = Health(
    app_version="0.1.0", camera=Part.OK, printer=Part.OK, disk_free_mb=20_000, disk_total_mb=29_000, temperature_c=50.0
)


def centre_of(desk: Desk) -> Centre:
    centre: Centre = desk.app.extensions["linqu_centre"]
    return centre


def enrol(centre: Centre, device: str, point: str = "JN-HL01", health: Health = WELL, silent: float = 5) -> None:
    """A kiosk that was heard of ``silent`` seconds ago."""
    now = centre.clock.now()
    made = utc_text(now - timedelta(days=3))
    kiosk = Device(device, point, device, bytes(32), "hw", "EPOCH1", made, None, None, Health(), 0, 1)
    with centre.db.writing() as tx:
        devices.add_device(tx, kiosk)
        devices.set_contact(tx, device, utc_text(now - timedelta(seconds=silent)), health, 0, 1)


def fill_a_little(centre: Centre) -> None:
    """The rows of the sample files that the import page offers."""
    for kind, rows in SAMPLES.items():
        head = ",".join(column.name for column in COLUMNS[kind])
        data = "\n".join([head, *(",".join(row) for row in rows)]).encode()
        assert confirm(centre, stage(centre, kind, "f.csv", data, "op"), "op").good


def cells(answer_text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer_text.removeprefix("\ufeff"))))


def hand_out(centre: Centre, point: str, count: int) -> list[str]:
    """Receive and hand out so many of the expected parcels; their ids."""
    ids = [row["id"] for row in store.parcels(centre.db, point, "expected", "", count)]
    for parcel_id in ids:
        parcel = parcels.parcel(centre.db, point, parcel_id)
        assert parcel is not None
        parcel_operations.receive_parcel(centre.journal, point, parcel.waybill, "S1")
        parcel_operations.hand_over(centre.journal, point, [parcel_id], "S1", way="pass")
    return ids


def park_a_fact(centre: Centre, device: str, found_at: str = "2026-11-22T02:00:00.000Z") -> None:
    """A fact of a kind that the centre does not know."""
    fact = Fact("JN-YZ01", device, "E", 1, "x.v1", found_at, "S1", msgspec.Struct())
    with centre.db.writing() as tx:
        sync_store.add_quarantine(tx, fact, b"", "UNKNOWN_KIND", found_at)
