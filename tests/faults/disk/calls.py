"""One system call of one action fails: the action says so, or is done; it never says "done" for what is not there."""

import ctypes
import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from kiosk.sync.rounds import open_link, run_round
from kiosk.sync.rules import Trouble
from shared.db import SqliteDatabase
from shared.kernel.errors import Refused
from sync_server.app import make_app as make_centre_app
from tests.faults.disk.judge import row_digest
from tests.faults.disk.kills import missing
from tests.faults.disk.work import Day, NotHandedOut, RoundFailed
from tests.faults.disk.world import World, announce, folder_in_memory, new_waybill, serving

ACTIONS = ("inbound", "hand_out", "shelve", "label", "undo", "sync", "pickup")
CALLS = ("pwrite64", "fsync", "fdatasync", "ftruncate", "unlink")
ERRORS = ("EIO", "ENOSPC")
RESULT = "result.json"
SET_PTRACER, ANYBODY = 0x59616D61, -1
SECONDS = 60


@dataclass(frozen=True)
class Case:
    """The ``index``-th ``call`` of an action fails with ``error``."""

    action: str
    call: str
    index: int
    error: str

    @property
    def injection(self) -> str:
        """In strace's words."""
        return f"inject={self.call}:error={self.error}:when={self.index}"


@dataclass(frozen=True)
class Outcome:
    """``hit``: the call was made and failed. ``said``: confirmed, refused, or how it ended; ``wrong``: empty if not."""

    hit: bool
    said: str
    wrong: str


def can_trace() -> bool:
    """Whether strace is there and may look into a process of ours."""
    if shutil.which("strace") is None:
        return False
    done = subprocess.run(["strace", "-o", os.devnull, "true"], check=False, capture_output=True)
    return done.returncode == 0


def prepare(world: World) -> None:
    """Bring a world to where each action can be done once, and close it so that nothing is left in a log."""
    kiosk, centre = world.open_kiosk(), world.open_centre()
    day = Day(world, kiosk, centre, lambda: "", random.Random(3), lambda said: None)
    for name in ("inbound", "inbound", "inbound", "inbound", "label", "hand_out"):
        assert day.act(name), name
    announce(world, centre, [new_waybill()])
    kiosk.db.close()
    centre.db.close()


class Stage:
    """Forks the process of each case from one that has loaded everything."""

    def __init__(self, prepared: World) -> None:
        self._prepared = prepared
        self._expected = {action: _expected(prepared, action) for action in ACTIONS}
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def close(self) -> None:
        """No more cases."""
        self._process.communicate("", SECONDS)

    def play(self, case: Case) -> Outcome:
        """Let the action run with the failing call, then look at what is there."""
        with folder_in_memory() as folder:
            world = self._prepared.copy_to(folder / "world")
            self._run(world, case)
            trace = (world.folder / "trace").read_text()
            result = json.loads((world.folder / RESULT).read_text() or '{"said": "ended without a word"}')
            expected = self._expected[case.action]
            return Outcome("(INJECTED)" in trace, result["said"], _wrong(world, result, expected))

    def _run(self, world: World, case: Case) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{case.action} {world.folder}\n")
        self._process.stdin.flush()
        actor = int(self._process.stdout.readline())
        trace = ["strace", "-o", str(world.folder / "trace"), "-e", f"trace={case.call}", "-e", case.injection]
        with subprocess.Popen([*trace, "-p", str(actor)], stderr=subprocess.PIPE, text=True) as strace:
            assert strace.stderr is not None
            attached = strace.stderr.readline()
            os.kill(actor, signal.SIGUSR1)
            if "attached" not in attached:
                raise RuntimeError(attached)
            strace.communicate(timeout=SECONDS)


@dataclass(frozen=True)
class Expected:
    """All rows before an action, and how many rows each table has after it."""

    rows_before: str
    counts_after: dict[str, int]


def _wrong(world: World, result: dict[str, object], expected: Expected) -> str:
    """What is not as it was said."""
    try:
        kiosk = world.open_kiosk()
    except Refused as refused:
        return f"does not open: {refused}"
    centre = world.open_centre()
    try:
        if damage := kiosk.db.damage():
            return damage[0]
        if result["said"] == "confirmed":
            proof = result["proof"]
            assert isinstance(proof, dict)
            return "; ".join(missing(kiosk, centre, proof))
        if row_digest(kiosk.db) == expected.rows_before or _counts(kiosk.db) == expected.counts_after:
            return ""
        # a round may end at any answer; what it took is whole, and the next round goes on from there
        return "" if result["said"] == "round failed" else "half of it is there"
    finally:
        kiosk.db.close()
        centre.db.close()


def _counts(db: SqliteDatabase) -> dict[str, int]:
    names = [row["name"] for row in db.query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return {name: int(db.query(f"SELECT count(*) AS n FROM {name}")[0]["n"]) for name in names}


def every_case(stage: Stage, step: int = 1, first: int = 0) -> Iterator[tuple[Case, Outcome]]:
    """Index after index of each call of each action, until an index is never reached; every ``step``-th of them."""
    number = first
    for action in ACTIONS:
        for call in CALLS:
            index = 1 + number % step
            while True:
                number += 1
                error = ERRORS[number // step % len(ERRORS)]
                outcome = stage.play(Case(action, call, index, error))
                if not outcome.hit:
                    break
                yield Case(action, call, index, error), outcome
                if step == 1:
                    other = Case(action, call, index, ERRORS[(number // step + 1) % len(ERRORS)])
                    yield other, stage.play(other)
                index += step


# --- the process whose calls fail ----------------------------------------------------------------------------------


def _act(action: str, folder: str) -> None:
    """Get ready, wait until somebody watches, do it, say how it went."""
    world = World(Path(folder))
    result = os.open(world.folder / RESULT, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    kiosk, centre = world.open_kiosk(), world.open_centre()
    kiosk.db.tools.execute("PRAGMA wal_autocheckpoint = 1").fetchall()
    proofs: list[dict[str, object]] = []
    served = ExitStack()
    address = served.enter_context(serving(make_centre_app(centre))) if action == "sync" else ""
    day = Day(world, kiosk, centre, lambda: address, random.Random(5), proofs.append)
    ctypes.CDLL(None).prctl(SET_PTRACER, ANYBODY)
    print(os.getpid(), flush=True)
    signal.sigwait({signal.SIGUSR1})
    try:
        if action == "sync":
            _round(day)
            proofs.append({"seq": 0, "hash": "", "acked": kiosk.enrolled_state().acked_seq})
        else:
            assert day.act(action), action
        said = "confirmed"
    except Refused as refused:
        said = refused.code
    except NotHandedOut as not_done:
        said = not_done.code
    except RoundFailed:
        said = "round failed"
    kiosk.db.close()
    os.write(result, json.dumps({"said": said, "proof": proofs[-1] if proofs else {}}).encode())
    os._exit(0)


def _round(day: Day) -> None:
    link = open_link(day.kiosk)
    link.server = day.address()
    trouble = run_round(day.kiosk, link, lambda: None)
    if trouble is not Trouble.NONE:
        raise RoundFailed(trouble)


def _expected(prepared: World, action: str) -> Expected:
    with folder_in_memory() as folder:
        twin = prepared.copy_to(folder / "world")
        kiosk, centre = twin.open_kiosk(), twin.open_centre()
        rows = row_digest(kiosk.db)
        if action != "sync":
            Day(twin, kiosk, centre, lambda: "", random.Random(5), lambda said: None).act(action)
        counts = _counts(kiosk.db)
        kiosk.db.close()
        centre.db.close()
        return Expected(rows, counts)


def main() -> None:
    """Each line on standard input is an action and a world."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    for line in sys.stdin:
        action, _, folder = line.strip().partition(" ")
        if os.fork() == 0:
            _act(action, folder)


if __name__ == "__main__":
    main()
