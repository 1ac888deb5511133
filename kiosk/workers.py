"""How the processes beside the web process tell how they are: one row each, written every few seconds."""

import os

from kiosk import store
from shared.db import Database
from shared.db.database import Reads
from shared.kernel.clock import Clock, utc_text

BEAT_SECONDS = 2.0
SILENT_SECONDS = 8.0


def beat(db: Database, clock: Clock, name: str, state: str, detail: str = "") -> None:
    """Say that process ``name`` is alive and how it is: ``ok``, or a word of its own, with details for staff."""
    now = utc_text(clock.now())
    with db.writing() as tx:
        store.set_worker_state(tx, store.WorkerState(name, state, detail, now, clock.monotonic(), os.getpid(), now))


def states(db: Reads, clock: Clock) -> dict[str, store.WorkerState]:
    """The last word of every process; one that has been silent for 8 s is said to be ``silent``.

    The monotonic clock starts anew with the machine: a beat that lies ahead of it is from before, so silent too.
    """
    now = clock.monotonic()
    found = store.worker_states(db)
    return {
        name: state
        if 0 <= now - state.beat_monotonic < SILENT_SECONDS
        else store.WorkerState(
            name, "silent", state.detail, state.beat_at, state.beat_monotonic, state.pid, state.beat_at
        )
        for name, state in found.items()
    }
