"""Sync of 10 000 facts to an empty centre on loopback, against one zstd POST of the same rows into ``executemany``."""

import tempfile
import time
from pathlib import Path

import msgspec
import requests
import zstandard

from kiosk.config import read_config as read_kiosk_config
from kiosk.host import Kiosk, open_kiosk
from kiosk.sync.enrol import enrol
from kiosk.sync.rounds import open_link, run_round
from kiosk.sync.rules import Trouble
from shared.devices.operations import make_claim
from shared.parcels.facts import Inbound
from shared.parcels.tables import PARCELS
from shared.pickup_points.operations import open_point
from sync_server.config import read_config as read_centre_config
from sync_server.host import init_centre, open_centre
from tests.bench.handout import DISK
from tests.bench.point import POINT, REGION
from tests.bench.processes import free_port, running, wait_until_answers
from tests.bench.report import in_turn, line

FACTS = 10_000
ROUNDS = 3


def figures() -> None:
    """Three kiosks' worth of facts in turn with three posts."""
    DISK.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=DISK) as name:
        folder = Path(name)
        ports = free_port(), free_port()
        centre = {"LINQU_DATA": str(folder / "centre"), "LINQU_PORT": str(ports[0]), "LINQU_HOST": "127.0.0.1"}
        codes = _fresh_centre(centre)
        (folder / "peer").mkdir()
        with (
            running("sync_server", "run", environ=centre),
            running("tests.bench.peer", str(ports[1]), str(folder / "peer")),
        ):
            wait_until_answers(f"http://127.0.0.1:{ports[0]}/console")
            wait_until_answers(f"http://127.0.0.1:{ports[1]}/")
            kiosks = [_kiosk(folder / f"k{n}", f"http://127.0.0.1:{ports[0]}", code) for n, code in enumerate(codes)]
            rows = _rows(kiosks[0])
            waiting = iter(kiosks)
            peer, ours = in_turn(
                ROUNDS, lambda: _post(f"http://127.0.0.1:{ports[1]}/rows", rows), lambda: _push(next(waiting))
            )
            line(f"sync_push_{FACTS}", ours, "s", ours / peer, "one zstd POST into executemany")
            idle = _push(kiosks[0])
            line("sync_idle_round", idle * 1000, "ms")


def _fresh_centre(environ: dict[str, str]) -> list[str]:
    config = read_centre_config(environ)
    init_centre(config)
    centre = open_centre(config)
    codes = []
    for number in range(1, ROUNDS + 1):
        point = f"{POINT[:-1]}{number}"
        with centre.journal.writing(point) as tx:
            open_point(centre.journal, tx, point, number=number, name=point, region=REGION, actor="bench")
        codes.append(make_claim(centre.db, centre.clock, point, "bench"))
    centre.db.close()
    return codes


def _kiosk(folder: Path, server: str, code: str) -> Kiosk:
    kiosk = open_kiosk(read_kiosk_config({"LINQU_DATA": str(folder), "LINQU_SERVER": server}))
    enrol(kiosk, server, code)
    _push(kiosk)
    journal, point = kiosk.journal(), kiosk.point_code
    with journal.writing(point) as tx:
        for number in range(FACTS):
            journal.record(tx, _inbound(journal.ids.new(), number), point=point, actor="S1")
    return kiosk


def _inbound(parcel: str, number: int) -> Inbound:
    shelf, layer = number % 8 + 1, number % 5 + 1
    return Inbound(
        parcel=parcel,
        waybill=f"SF{number:012d}",
        carrier="SF",
        resident=f"0.ABCDE.{number % 300}",
        order="",
        name_masked="王*明",
        phone_tail=f"{number % 10000:04d}",
        shelf=shelf,
        layer=layer,
        pickup_code=f"{shelf}-{layer}-{number % 9999 + 1:04d}",
        cold=False,
        contents=(),
    )


def _rows(kiosk: Kiosk) -> list[tuple[object, ...]]:
    found = kiosk.db.query(PARCELS.select_live, (kiosk.point_code,))
    return [(*(row[column] for column in PARCELS.columns), 1, 0) for row in found]


def _post(url: str, rows: list[tuple[object, ...]]) -> float:
    start = time.perf_counter()
    body = zstandard.ZstdCompressor(level=3).compress(msgspec.msgpack.encode(rows))
    answer = requests.post(url, data=body, timeout=60)
    if answer.text != str(len(rows)):
        raise RuntimeError(answer.text)
    return time.perf_counter() - start


def _push(kiosk: Kiosk) -> float:
    link = open_link(kiosk)
    start = time.perf_counter()
    trouble = run_round(kiosk, link, lambda: None)
    took = time.perf_counter() - start
    link.close()
    if trouble is not Trouble.NONE:
        raise RuntimeError(trouble)
    return took
