"""Sync of 10 000 facts to an empty centre on loopback, against one zstd POST of the same rows into ``executemany``."""

import statistics
import tempfile
import time
from pathlib import Path

import msgspec
import requests
import zstandard

from kiosk.host import Kiosk
from kiosk.sync.rounds import open_link, run_round
from kiosk.sync.rules import Trouble
from shared.parcels.facts import Inbound
from shared.parcels.tables import PARCELS
from tests.bench.handout import DISK
from tests.bench.point import POINT
from tests.bench.processes import free_port, running, wait_until_answers
from tests.bench.report import in_turn, line
from tests.bench.stand import address, begin_centre, centre_environ, claim, join

FACTS = 10_000
ROUNDS = 5
IDLE_ROUNDS = 15


def figures() -> None:
    """As many kiosks with as many facts each, in turn with as many posts; the first of each only warms both up."""
    DISK.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=DISK) as name:
        folder = Path(name)
        (folder / "peer").mkdir()
        peer, port = folder / "peer", free_port()
        centre = centre_environ(folder)
        here = begin_centre(centre)
        codes = [claim(here, f"{POINT[:-2]}{number:02d}", number) for number in range(1, ROUNDS + 2)]
        here.db.close()
        with (
            running("sync_server", "run", environ=centre),
            running("tests.bench.peer", str(port), str(peer)),
        ):
            wait_until_answers(f"{address(centre)}/console")
            wait_until_answers(f"http://127.0.0.1:{port}/")
            kiosks = [_kiosk(folder / f"k{n}", address(centre), code) for n, code in enumerate(codes)]
            rows = _rows(kiosks[0])
            waiting = iter(kiosks)
            works = (lambda: _post(f"http://127.0.0.1:{port}/rows", rows)), (lambda: _push(next(waiting)))
            in_turn(1, *works)
            theirs, ours = in_turn(ROUNDS, *works)
            line(f"sync_push_{FACTS}", ours, "s", ours / theirs, "one zstd POST into executemany")
            idle = statistics.median(_push(kiosks[0]) for _ in range(IDLE_ROUNDS))
            line("sync_idle_round", idle * 1000, "ms")


def _kiosk(folder: Path, server: str, code: str) -> Kiosk:
    kiosk = join({"LINQU_DATA": str(folder), "LINQU_SERVER": server}, server, code)
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
