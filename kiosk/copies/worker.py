"""The copy process: a second copy of the database on a stick, while the kiosk runs.

A process of its own, because a dying stick can hang in the kernel for minutes, and nothing else may wait for it.
"""

import logging
import os
import signal
import threading

from kiosk import workers
from kiosk.copies import operations, store
from kiosk.copies.rules import StickState, is_due
from kiosk.host import Kiosk
from shared.db import DiskFull
from shared.db.copies import CopyDamaged
from shared.sync import store as sync_store

LOOK_SECONDS = 2.0
FAILED_SECONDS = 60.0
NICENESS = 10

log = logging.getLogger(__name__)


class CopyWorker:
    """Makes copies when they are due, until told to stop."""

    def __init__(self, kiosk: Kiosk, stop: threading.Event) -> None:
        self._kiosk = kiosk
        self._stop = stop
        self._again = 0.0

    def run(self) -> None:
        """Until ``stop`` is set."""
        while not self._stop.is_set():
            self.turn()
            self._stop.wait(LOOK_SECONDS)

    def turn(self) -> StickState:
        """Look once, copy if it is due; how the copies are."""
        kiosk = self._kiosk
        if kiosk.state() is None:
            self._say(StickState.OFF, "")
            return StickState.OFF
        state = operations.stick_state(kiosk, kiosk.clock.now())
        if state in (StickState.OK, StickState.OLD, StickState.NONE_YET):
            state = self._copy_if_due(state)
        last = store.stick_copy(kiosk.db)
        self._say(state, f"{last.at:%Y-%m-%d %H:%M} UTC" if last else "")
        return state

    def _copy_if_due(self, state: StickState) -> StickState:
        kiosk, now = self._kiosk, self._kiosk.clock.monotonic()
        if now < self._again:
            return StickState.FAILED
        last = store.stick_copy(kiosk.db)
        head = sync_store.kiosk_head(kiosk.db)
        due = is_due(last, kiosk.clock.now(), head.seq, operations.stick_plan(kiosk.config))
        if not due and state is not StickState.NONE_YET and not operations.names_the_erased(kiosk):
            return state
        try:
            if not operations.copy_without_the_erased(kiosk):
                operations.copy_to_stick(kiosk)
        except (OSError, CopyDamaged, DiskFull) as error:
            log.warning("no copy on the stick: %s", error)
            self._again = now + FAILED_SECONDS
            return StickState.FAILED
        return StickState.OK

    def _say(self, state: StickState, detail: str) -> None:
        workers.beat(self._kiosk.db, self._kiosk.clock, "copy", state.value, detail)


def run(kiosk: Kiosk) -> None:
    """The process's whole life."""
    os.nice(NICENESS)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    CopyWorker(kiosk, stop).run()
