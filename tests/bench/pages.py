"""Kiosk pages of a real web process, against a bare Flask + waitress page that runs the same SQL on the same database.

What a page asks is recorded once, in this process, with the session of the browser that is measured. Both are asked in
turn over one kept connection each, so that the client costs both the same.
"""

import http.client
import json
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests
from flask import Flask
from flask.testing import FlaskClient

from kiosk.app import make_app
from kiosk.host import Kiosk
from kiosk.pickup.board import ScanBoard
from kiosk.pickup.operations import collect_by_code
from kiosk.pickup.pages import EXTENSION
from shared.parcels import store as parcels
from shared.parcels.rules import ParcelState
from shared.web.pages import VISIT_KEY
from tests.bench.handout import DISK
from tests.bench.processes import free_port, running, wait_until_answers
from tests.bench.report import each_in_turn, line, percentile
from tests.bench.stand import Stand, cookies, send_form, stand

WAITING, COLLECTED = 3_000, 20_000
ROUNDS, AT_A_TIME = 60, 5
WARM_UP = 20
SHARE = 0.95


@dataclass(frozen=True)
class _Page:
    name: str
    path: str
    cookies: str


def figures() -> None:
    """One kiosk, one peer, five pages."""
    DISK.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=DISK) as name,
        stand(Path(name), WAITING, collected=COLLECTED) as here,
        running("kiosk", "run", "web", environ=here.kiosk, log=here.folder / "web.log"),
    ):
        wait_until_answers(f"{here.url}/")
        pages = _pages(here)
        statements = _recorded(here, pages)
        with _peer(here, statements) as port:
            for page in pages:
                _measure(here, page, port, len(statements[page.name]))


def _pages(here: Stand) -> list[_Page]:
    kiosk = here.open_kiosk()
    parcel = parcels.in_state(kiosk.db, kiosk.point_code, ParcelState.READY, 1)[0]
    kiosk.db.close()
    staff, resident = here.signed_in(), requests.Session()
    shown = send_form(resident, f"{here.url}/pickup/code", "tail", code=parcel.pickup_code, tail=parcel.phone_tail)
    return [
        _Page("attract", "/", ""),
        _Page("result", urlsplit(shown.url).path, cookies(resident)),
        _Page("shelves", "/shelves", cookies(staff)),
        _Page("shelf_layer", "/shelves/3/2", cookies(staff)),
        _Page("search", "/parcels?search=0457", cookies(staff)),
    ]


def _recorded(here: Stand, pages: list[_Page]) -> dict[str, list[str]]:
    """What each page asks the database, values filled in."""
    kiosk = here.open_kiosk()
    app = make_app(kiosk)
    statements: dict[str, list[str]] = {}
    for page in pages:
        client = app.test_client(use_cookies=page.name == "result")
        path = _own_result(kiosk, app, client) if page.name == "result" else page.path
        seen: list[str] = []
        kiosk.db.tools.conn.set_trace_callback(seen.append)
        answer = client.get(path, headers={} if page.name == "result" else {"Cookie": page.cookies})
        kiosk.db.tools.conn.set_trace_callback(None)
        if answer.status_code != 200:
            raise RuntimeError(f"{page.name}: {answer.status}")
        statements[page.name] = [sql for sql in seen if sql.startswith("SELECT")]
    kiosk.db.close()
    return statements


def _own_result(kiosk: Kiosk, app: Flask, client: FlaskClient) -> str:
    """Results live in the memory of one process: another one here, for another parcel."""
    parcel = parcels.in_state(kiosk.db, kiosk.point_code, ParcelState.READY, 1)[0]
    board: ScanBoard = app.extensions[EXTENSION]
    shown = board.keep(collect_by_code(kiosk, parcel.pickup_code, parcel.phone_tail))
    with client.session_transaction() as session:
        session[VISIT_KEY] = shown
    return f"/pickup/results/{shown}"


@contextmanager
def _peer(here: Stand, statements: dict[str, list[str]]) -> Iterator[int]:
    port, listed, data = free_port(), here.folder / "pages.json", Path(here.kiosk["LINQU_DATA"])
    listed.write_text(json.dumps(statements))
    arguments = str(port), str(here.folder), str(data / "kiosk.db"), str(data / "db.key"), str(listed)
    with running("tests.bench.peer", *arguments):
        wait_until_answers(f"http://127.0.0.1:{port}/")
        yield port


def _measure(here: Stand, page: _Page, peer: int, statements: int) -> None:
    ours = http.client.HTTPConnection("127.0.0.1", int(here.kiosk["LINQU_PORT"]))
    theirs = http.client.HTTPConnection("127.0.0.1", peer)

    def ask(connection: http.client.HTTPConnection, path: str) -> None:
        connection.request("GET", path, headers={"Cookie": page.cookies})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200 or not body:
            raise RuntimeError(f"{path}: {answer.status}")

    works = (lambda: ask(ours, page.path)), (lambda: ask(theirs, f"/pages/{page.name}"))
    each_in_turn(1, WARM_UP, *works)
    mine, bare = each_in_turn(ROUNDS, AT_A_TIME, *works)
    for name, of in (("p95", lambda times: percentile(times, SHARE)), ("median", statistics.median)):
        to = f"the {name} of a bare page with the same {statements} statements"
        line(f"page_{page.name}_{name}", of(mine) * 1000, "ms", of(mine) / of(bare), to)
    ours.close()
    theirs.close()
