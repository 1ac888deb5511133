"""Linqu as one system among others in a sync measurement: a real centre, real kiosks, and the work set's room in both.

``python -m tests.bench.linqu centre FOLDER PORT`` serves until it is stopped; it makes what is missing in ``FOLDER``.
``python -m tests.bench.linqu OPERATION FOLDER REPLICA SERVER [COUNT [FROM]]`` runs one operation of kiosk ``a`` or
``b`` of the same point and prints what it took as one line of JSON. Operations: setup (enrol), create, change (every
hundredth order lies ready), push, pull, sync (one round), noop. Only the operation is timed, not the start of Python.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher

import kiosk.host
import sync_server.host
from kiosk.config import read_config
from kiosk.devices.health import read_health
from kiosk.host import Kiosk, open_kiosk
from kiosk.house import kiosk_house
from kiosk.sync.enrol import enrol
from kiosk.sync.rounds import open_link, run_round
from kiosk.sync.rules import Trouble
from shared.devices.operations import make_claim
from shared.pickup_points.operations import set_staff
from shared.pickup_points.rules import Staff, StaffRole
from shared.sync import House, store
from sync_server.config import read_config as read_centre_config
from sync_server.house import centre_house
from tests.bench.orders_room import ROOM, TABLE, Placed, Readied
from tests.bench.stand import PIN, begin_centre, centre_environ, claim
from tests.bench.workset import Order, orders

POINT, STAFF = "JN-HL02", "S1"
AT_ONCE = 1_000
REPLICAS = "ab"
EVERY = 100


def add_room() -> None:
    """Give both roofs of this process the work set's room."""
    # the name by which open_kiosk and open_centre find their house
    kiosk.host.kiosk_house = lambda: House((*kiosk_house().rooms, ROOM))  # type: ignore[attr-defined]  # imported there
    sync_server.host.centre_house = lambda: House((*centre_house().rooms, ROOM))  # type: ignore[attr-defined]  # as above


def make_centre(environ: dict[str, str], codes: Path) -> None:
    """A centre with one point and a claim code for each replica, in ``codes``."""
    centre = begin_centre(environ)
    first = claim(centre, POINT, 2)
    codes.write_text("\n".join((first, *(make_claim(centre.db, centre.clock, POINT, STAFF) for _ in REPLICAS[1:]))))
    centre.db.close()


def serve(folder: Path, port: str) -> None:
    """What ``python -m sync_server run`` does."""
    from sync_server.__main__ import main as centre_main

    environ = centre_environ(folder) | {"LINQU_PORT": port}
    if not (folder / "codes").exists():
        make_centre(environ, folder / "codes")
    os.environ.update(environ)
    centre_main(["run"])


def open_replica(folder: Path, replica: str) -> Kiosk:
    """Kiosk ``a`` or ``b``, as a machine of its own."""
    os.environ["LINQU_HARDWARE"] = f"bench-{replica}"
    return open_kiosk(read_config({"LINQU_DATA": str(folder / replica)}))


def announce(folder: Path) -> None:
    """The centre says something that every kiosk hears: what it knows of its point changes under its waiting facts."""
    centre = sync_server.host.open_centre(read_centre_config(centre_environ(folder)))
    with centre.journal.writing(POINT) as tx:
        member = Staff(STAFF, "王芳", PasswordHasher().hash(PIN), StaffRole.LEADER, True)
        set_staff(centre.journal, tx, POINT, member, STAFF)
    centre.db.close()


def setup(here: Kiosk, folder: Path, replica: str, server: str) -> None:
    """Enrol; kiosk ``a`` reads its first rows too, as every kiosk does at once, ``b`` is left to pull all there is."""
    enrol(here, server, (folder / "codes").read_text().splitlines()[REPLICAS.index(replica)])
    if replica == REPLICAS[0]:
        rounds(here, until_sent=False)()


def create(here: Kiosk, records: Iterator[Order]) -> int:
    """Record the orders, a thousand a transaction."""
    count = 0
    journal, point = here.journal(), here.point_code
    while some := list(islice(records, AT_ONCE)):
        with journal.writing(point) as tx:
            for order in some:
                journal.record(tx, Placed(*order), point=point, actor=STAFF)
        count += len(some)
    return count


def change(here: Kiosk, *, last: int = -1, word: str = "ready") -> int:
    """Every hundredth order lies ready, which its note says; of the ``last`` ones only, where a number is given."""
    journal, point = here.journal(), here.point_code
    newest = f"SELECT order_no, note FROM {TABLE.name} WHERE point = ? ORDER BY order_no DESC LIMIT ?"
    some = here.db.query(newest, (point, last))[::EVERY]
    with journal.writing(point) as tx:
        for row in some:
            readied = Readied(row["order_no"], f"{word} {row['note'][6:]}")
            journal.record(tx, readied, point=point, actor=STAFF)
    return len(some)


def rounds(here: Kiosk, *, until_sent: bool) -> Callable[[], int]:
    """A way to sync: one round, or as many as what waits needs. Raises ``RuntimeError`` when a round fails."""
    link = open_link(here)

    def run() -> int:
        count = 0
        while True:
            trouble = run_round(here, link, lambda: read_health(here))
            count += 1
            if trouble is not Trouble.NONE:
                raise RuntimeError(trouble)
            if not until_sent or not store.outbox(here.db)[0]:
                return count

    return run


def count_orders(here: Kiosk) -> int:
    """How many orders this kiosk holds."""
    row: Any = here.db.one(f"SELECT count(*) AS n FROM {TABLE.name}")
    return int(row["n"])


def operate(operation: str, folder: Path, replica: str, server: str, *counts: str) -> None:
    """Run and time one operation; print what it took."""
    here = open_replica(folder, replica)
    if operation == "setup":
        return setup(here, folder, replica, server)
    count, first = (*map(int, counts), 0, 0)[:2]
    records = orders(count, first=first)
    works: dict[str, Callable[[], object]] = {
        "create": lambda: create(here, records),
        "change": lambda: change(here),
        "noop": lambda: None,
    }
    work = works.get(operation) or rounds(here, until_sent=operation == "push")
    used, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    done = work()
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    took = {"wall": wall, "cpu": cpu, "rss_mb": after.ru_maxrss / 1024, "x": done, "orders": count_orders(here)}
    print(json.dumps(took), flush=True)
    return None


def main(what: str, folder: str, *rest: str) -> None:
    """A centre, or one operation of a kiosk."""
    add_room()
    Path(folder).mkdir(parents=True, exist_ok=True)
    if what == "centre":
        serve(Path(folder), *rest)
    else:
        operate(what, Path(folder), *rest)


if __name__ == "__main__":
    main(*sys.argv[1:])
