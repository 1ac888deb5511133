"""A kiosk and a centre that are killed at any moment, over and over, and what is there when they come back."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.doctor import examine
from kiosk.host import Kiosk
from kiosk.labels import store as label_store
from kiosk.parcels import store as actions
from kiosk.sync.rounds import open_link, run_round
from kiosk.sync.rules import Trouble
from shared.db import SqliteDatabase
from shared.parcels import store as parcels
from shared.parcels.rules import ParcelState
from shared.sync import rows
from shared.sync import store as sync_store
from shared.sync.accept import feeds_of
from sync_server.app import make_app as make_centre_app
from sync_server.host import Centre
from tests.bench.processes import free_port, wait_until_answers
from tests.faults.disk.work import CONFIRMED, Day, confirm_into
from tests.faults.disk.world import POINT, World, serving

MOST_SAID, LONGEST_MOMENT_SECONDS = 15, 0.01
START_SECONDS = 60.0
COMPARED_EVERY = 20


def _live(folder: str, seed: int) -> None:
    """The killed process: a centre that answers and a kiosk at work, both on real files, until the end."""
    world = World(Path(folder))
    kiosk, centre = world.open_kiosk(), world.open_centre()
    screen = os.open(world.folder / CONFIRMED, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    served = ExitStack()
    day = Day(
        world,
        kiosk,
        centre,
        lambda: served.enter_context(serving(make_centre_app(centre))),
        random.Random(seed),
        confirm_into(screen),
    )
    confirm_into(screen)({"action": "begun"})
    while True:
        day.go_on(20)


@dataclass
class Lives:
    """What was found after all kills."""

    kills: int = 0
    confirmed: int = 0
    lost: list[str] = field(default_factory=list)
    opened_seconds: list[float] = field(default_factory=list)


class Nursery:
    """A process that has loaded everything and forks a life whenever it is asked to."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def bear(self, world: World, seed: int) -> int:
        """Begin a life; its process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{seed} {world.folder}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def kill(self, process: int) -> None:
        """SIGKILL, and wait until it is gone."""
        os.kill(process, signal.SIGKILL)
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            try:
                os.kill(process, 0)
            except ProcessLookupError:
                return
            time.sleep(0.001)
        raise TimeoutError("a killed process did not go")

    def close(self) -> None:
        """No more lives."""
        self._process.communicate("", START_SECONDS)


def main() -> None:
    """The nursery's own life: each line on standard input begins one."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        seed, _, folder = line.strip().partition(" ")
        process = os.fork()
        if process == 0:
            _live(folder, int(seed))
        print(process, flush=True)


def kill_often(world: World, kills: int, seed: int) -> Lives:
    """Start, let it work for a drawn while, kill, open, look; ``kills`` times."""
    nursery = Nursery()
    try:
        return _kill_often(world, nursery, kills, seed)
    finally:
        nursery.close()


def _kill_often(world: World, nursery: Nursery, kills: int, seed: int) -> Lives:
    chance, lives = random.Random(seed), Lives()
    screen = world.folder / CONFIRMED
    screen.touch()
    for number in range(kills):
        seen = screen.stat().st_size
        process = nursery.bear(world, chance.getrandbits(32))
        _wait_until_said(screen, seen, chance.randint(1, MOST_SAID))
        time.sleep(chance.uniform(0, LONGEST_MOMENT_SECONDS))
        nursery.kill(process)
        lives.kills += 1
        with screen.open("rb") as said:
            said.seek(seen)
            confirmed = [json.loads(line) for line in said.read().splitlines()[1:]]
        lives.confirmed += len(confirmed)
        _look(world, confirmed, lives, number % COMPARED_EVERY == COMPARED_EVERY - 1 or number == kills - 1)
    return lives


def _wait_until_said(screen: Path, size: int, lines: int) -> None:
    """Until the process has begun and confirmed so much: lives are as long on a busy machine as on an idle one."""
    until = time.monotonic() + START_SECONDS
    with screen.open("rb") as said:
        said.seek(size)
        while lines > 0:
            lines -= said.read().count(b"\n")
            if time.monotonic() > until:
                raise TimeoutError("the process that is to be killed did not work")
            time.sleep(0.001)


def _look(world: World, confirmed: list[dict[str, object]], lives: Lives, thoroughly: bool) -> None:
    start = time.perf_counter()
    kiosk = world.open_kiosk()
    lives.opened_seconds.append(time.perf_counter() - start)
    centre = world.open_centre()
    for said in confirmed:
        lives.lost += [f"kill {lives.kills}: {said['action']}: {wrong}" for wrong in missing(kiosk, centre, said)]
    if thoroughly:
        lives.lost += [f"kill {lives.kills}: {wrong}" for wrong in _compare(kiosk, centre)]
    kiosk.db.close()
    centre.db.close()


def missing(kiosk: Kiosk, centre: Centre, said: dict[str, object]) -> Iterator[str]:
    """What of a confirmed action is not there, or not whole."""
    yield from _missing_here(kiosk, said)
    waybills = said.get("waybills", [])
    for waybill in waybills if isinstance(waybills, list) else []:
        if parcels.by_waybill(centre.db, POINT, waybill) is None:
            yield f"the centre has forgotten {waybill}"
    acked = said.get("acked", 0)
    if isinstance(acked, int) and acked > _held(kiosk, centre):
        yield f"the centre has forgotten fact {acked}, which it had acknowledged"


def _missing_here(kiosk: Kiosk, said: dict[str, object]) -> Iterator[str]:
    seq = said["seq"]
    assert isinstance(seq, int)
    if seq and sync_store.fact_hash(kiosk.db, seq).hex() != said["hash"]:
        yield f"fact {seq} is gone or another"
    if "nonce" in said:
        done = actions.by_nonce(kiosk.db, str(said["nonce"]))
        if done is None:
            yield "its line at the counter is gone"
        elif "labels" in said and not label_store.of_parcel(kiosk.db, POINT, done.parcels[0]):
            yield "its label is gone"
    if "job" in said and label_store.job(kiosk.db, str(said["job"])) is None:
        yield "the label is gone"
    if "undone" in said:
        number = said["undone"]
        undone = actions.action(kiosk.db, number) if isinstance(number, int) else None
        if undone is None or undone.undone_at is None:
            yield "it is not undone"
    handed = said.get("handed", [])
    for one in handed if isinstance(handed, list) else []:
        parcel = parcels.parcel(kiosk.db, POINT, one)
        if parcel is None or (parcel.state is not ParcelState.COLLECTED and not _came_back(kiosk, one)):
            yield f"parcel {one} is not handed out"


def _came_back(kiosk: Kiosk, parcel: str) -> bool:
    """Whether a hand-out was undone after it was confirmed."""
    undone = kiosk.db.query("SELECT payload FROM facts WHERE kind = 'parcels.hand_out_undone.v1'")
    return any(parcel.encode() in bytes(row["payload"]) for row in undone)


def _held(kiosk: Kiosk, centre: Centre) -> int:
    device = kiosk.enrolled_state().device
    row = centre.db.one("SELECT max(seq) AS seq FROM journal_heads WHERE point = ? AND device = ?", (POINT, device))
    return int(row["seq"] or 0) if row else 0


def _compare(kiosk: Kiosk, centre: Centre) -> Iterator[str]:
    """After one round both sides have the same rows, and both files are whole."""
    with serving(make_centre_app(centre)) as address:
        link = open_link(kiosk)
        link.server = address
        trouble = run_round(kiosk, link, lambda: None)
    if trouble is not Trouble.NONE:
        yield f"the round failed: {trouble}"
    for feed in feeds_of(kiosk.enrolled_state()):
        if rows.digest(kiosk.db, kiosk.house, feed) != rows.digest(centre.db, centre.house, feed):
            yield f"kiosk and centre differ in {feed}"
    yield from (one.text for one in examine(kiosk) if not one.good)
    assert isinstance(centre.db, SqliteDatabase)
    yield from centre.db.damage()


# --- the web process itself ----------------------------------------------------------------------------------------


@contextmanager
def web_process(world: World, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """``python -m kiosk run web``, killed at the end."""
    environ = os.environ | world.kiosk_environ() | {"LINQU_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-m", "kiosk", "run", "web"],
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def seconds_until_ready(world: World, kills: int) -> list[float]:
    """Kill the web process again and again; how long each start takes until the first page comes."""
    port, taken = free_port(), []
    for _ in range(kills):
        with web_process(world, port):
            taken.append(wait_until_answers(f"http://127.0.0.1:{port}/"))
    return taken


if __name__ == "__main__":
    main()
