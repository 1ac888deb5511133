"""Whether a kiosk finds after a power cut all that it had confirmed, and nothing that never was.

A database that has recovered and checkpointed is one file, and equal actions leave equal bytes in it (a page keeps the
ciphertext it was written with). So the process's own moments are read once, row by row and with SQLite's check; a cut
is then judged by which of these moments its bytes are. Other bytes are read row by row, too.
"""

import hashlib
import os
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from shared.db import DatabaseUnreadable, SqliteDatabase, open_sqlite
from tests.faults.disk.crash import CrashState, cut_anyhow, cut_everywhere
from tests.faults.disk.recording import Recording
from tests.faults.disk.world import folder_in_memory

DATABASE = "kiosk.db"
PROCESSES = 2
EXAMPLES = 5


def row_digest(db: SqliteDatabase) -> str:
    """A hash over every row of every table."""
    hasher = hashlib.blake2b(digest_size=16)
    for table in db.query("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"):
        hasher.update(repr([tuple(dict(row).values()) for row in db.query(f"SELECT * FROM {table['name']}")]).encode())
    return hasher.hexdigest()


@dataclass
class Moments:
    """The moments a process went through, in order: the bytes of its database after each, and a hash of all rows."""

    files: list[bytes] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    _places: dict[int, list[int]] = field(default_factory=dict)

    def add(self, data: bytes, rows: str) -> int:
        """A moment, unless it is known; its number."""
        known = self.of_bytes(data)
        if known is None and rows not in self.rows:
            self.rows.append(rows)
            self.files.append(data)
            known = len(self.files) - 1
            self._places.setdefault(zlib.adler32(data), []).append(known)
        return self.rows.index(rows) if known is None else known

    def of_bytes(self, data: bytes) -> int | None:
        """Which moment these bytes are; None for other bytes."""
        return next((n for n in self._places.get(zlib.adler32(data), ()) if self.files[n] == data), None)

    def of_rows(self, rows: str) -> int | None:
        """Which moment has these rows; None when there was none."""
        return self.rows.index(rows) if rows in self.rows else None


class Broken(Exception):
    """The database recovered to something that its own checks refuse."""


@dataclass
class Bench:
    """A folder into which files are put, for the kiosk's own database layer to recover and read."""

    folder: Path
    key: str

    def recovered(self, files: dict[str, bytes]) -> bytes:
        """The database file after opening, reading and closing. Raises what the layer raises."""
        for name in (DATABASE, f"{DATABASE}-wal"):
            if name in files:
                (self.folder / name).write_bytes(files[name])
            else:
                (self.folder / name).unlink(missing_ok=True)
        (self.folder / f"{DATABASE}-shm").unlink(missing_ok=True)
        db = self._open()
        try:
            db.query("SELECT seq FROM facts ORDER BY seq DESC LIMIT 1")
        finally:
            db.close()
        return (self.folder / DATABASE).read_bytes()

    def _open(self) -> SqliteDatabase:
        return open_sqlite(self.folder / DATABASE, key=self.key, authoritative=False)

    def rows(self) -> str:
        """The hash of all rows of the file just recovered. Raises :class:`Broken` when a check refuses it."""
        db = self._open()
        try:
            if wrong := db.damage():
                raise Broken(wrong[0])
            return row_digest(db)
        finally:
            db.close()


@contextmanager
def bench(key: str) -> Iterator[Bench]:
    """A bench in memory where the machine has room for it."""
    with folder_in_memory() as folder:
        yield Bench(folder, key)


@dataclass
class Oracle:
    """What was: all moments, the newest one after each call, and the one at each confirmation."""

    moments: Moments
    after_call: list[int]
    at_confirmed: list[int]

    def verdict(self, here: Bench, state: CrashState) -> str:
        """Empty when what is found is a moment between the last confirmation and the cut, else what is wrong."""
        try:
            data = here.recovered(state.files)
            found = self.moments.of_bytes(data)
            found = self.moments.of_rows(here.rows()) if found is None else found
        except (Broken, DatabaseUnreadable) as error:
            return f"broken: {error}"
        except Exception as error:
            # the driver's own errors: the database layer lets through what it has no word for
            if type(error).__module__.partition(".")[0] != "sqlcipher3":
                raise
            return f"broken: {error}"
        if found is None:
            return "part of an action"
        if found < self.at_confirmed[state.confirmed]:
            return "a confirmed action is gone"
        return "" if found <= self.after_call[state.at] else "more than was done"


def ask(recording: Recording, pool: Executor) -> Oracle:
    """Walk through the recorded process once, with everything arriving, as when it is killed."""
    moments, after_call, at_confirmed = Moments(), list[int](), list[int]()
    size = -(-(len(recording.calls) + 1) // PROCESSES)
    parts = [pool.submit(_walk, recording, start, start + size) for start in range(0, len(recording.calls) + 1, size)]
    for part in parts:
        known, seen = part.result()
        numbers = [moments.add(data, rows) for data, rows in zip(known.files, known.rows, strict=True)]
        for found, confirmed in seen:
            after_call.append(numbers[found])
            if len(at_confirmed) <= confirmed:
                at_confirmed.append(numbers[found])
    if after_call != sorted(after_call):
        raise Broken("a process that is killed later finds less")
    return Oracle(moments, after_call, at_confirmed)


def _walk(recording: Recording, start: int, stop: int) -> tuple[Moments, list[tuple[int, int]]]:
    moments, seen = Moments(), list[tuple[int, int]]()
    with bench(recording.key) as here:
        for state in cut_everywhere(recording, losing=False):
            if start <= state.at < stop:
                data = here.recovered(state.files)
                number = moments.of_bytes(data)
                seen.append((moments.add(data, here.rows()) if number is None else number, state.confirmed))
    return moments, seen


@dataclass
class Tally:
    """How many cuts were judged, and what was wrong after how many of them; how many moments the process knew."""

    states: int = 0
    moments: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    @property
    def bad(self) -> int:
        """Cuts after which something was wrong."""
        return self.wrong.total()

    def note(self, state: CrashState, wrong: str) -> None:
        """One more state."""
        self.states += 1
        if wrong:
            self.wrong[wrong.partition(":")[0]] += 1
            self.examples = [*self.examples, f"call {state.at}, {state.how}: {wrong}"][:EXAMPLES]

    def add(self, other: "Tally") -> None:
        """Count another process's work in."""
        self.states += other.states
        self.wrong += other.wrong
        self.examples = (self.examples + other.examples)[:EXAMPLES]


def _part(recording: Recording, oracle: Oracle, count: int, seed: int, part: int) -> Tally:
    tally = Tally()
    with bench(recording.key) as here:
        for number, state in enumerate(cut_everywhere(recording, arriving=False)):
            if number % PROCESSES == part:
                tally.note(state, oracle.verdict(here, state))
        for state in cut_anyhow(recording, count, seed, part, PROCESSES):
            tally.note(state, oracle.verdict(here, state))
    return tally


def quiet() -> None:
    """SQLCipher writes a line to standard error for each page it refuses; here that is what is looked for."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def cut_power(recording: Recording, count: int, seed: int) -> Tally:
    """``count`` cuts in all, judged by two processes: one after each call, with and without what was not synced, and
    others with drawn losses."""
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("forkserver"), initializer=quiet) as pool:
        oracle = ask(recording, pool)
        whole = Tally(len(oracle.after_call), oracle.at_confirmed[-1] + 1)
        lost = sum(1 for _ in cut_everywhere(recording, arriving=False))
        drawn = max(0, count - whole.states - lost)
        parts = [pool.submit(_part, recording, oracle, drawn, seed, part) for part in range(PROCESSES)]
        for one in parts:
            whole.add(one.result())
    return whole
