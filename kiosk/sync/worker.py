"""The sync process: rounds by itself, at once after a fact, patient while the centre is away."""

import logging
import random
import signal
import threading
from collections.abc import Callable

from kiosk import workers
from kiosk.carry.neighbours import FAR_TROUBLES, round_through_neighbours
from kiosk.devices.health import read_health
from kiosk.host import Kiosk
from kiosk.sync.listener import Listener
from kiosk.sync.rounds import open_link, run_round
from kiosk.sync.rules import DEBOUNCE_SECONDS, THROUGH_NEIGHBOUR, WHOLE, Trouble, next_wait
from kiosk.sync.transport import CentreLink
from kiosk.sync.upkeep import Upkeep
from shared.kernel.errors import Refused
from shared.sync import store

LOOK_SECONDS = 0.25
UNENROLLED_SECONDS = 2.0

log = logging.getLogger(__name__)


class SyncWorker:
    """Runs rounds until told to stop. ``chance`` gives numbers in 0…1 for the jitter."""

    def __init__(self, kiosk: Kiosk, stop: threading.Event, chance: Callable[[], float] = random.random) -> None:
        self._kiosk = kiosk
        self._stop = stop
        self._chance = chance
        self._failures = 0
        self._pace = WHOLE
        self._link: CentreLink | None = None
        self._listener = Listener(kiosk, stop)
        self._upkeep = Upkeep(kiosk)
        self._through = ""

    def run(self) -> None:
        """Until ``stop`` is set."""
        self._listener.start()
        while not self._stop.is_set():
            if self._kiosk.state() is None:
                self._beat("not_enrolled")
                self._stop.wait(UNENROLLED_SECONDS)
                continue
            trouble = self.round()
            if trouble is Trouble.NONE and not self._through:
                self._listener.listen()
            else:
                self._listener.pause()
            self._wait(trouble)
        if self._link:
            self._link.close()

    def round(self) -> Trouble:
        """One round now."""
        if self._link is not None and self._link.device != self._kiosk.enrolled_state().device:
            # enrolled anew in the middle of a round, which then failed in some other way
            self._link.close()
            self._link = None
        self._link = self._link or open_link(self._kiosk)
        began = self._kiosk.clock.monotonic()
        trouble = run_round(self._kiosk, self._link, lambda: read_health(self._kiosk), self._pace)
        self._through = ""
        if trouble in FAR_TROUBLES and self._kiosk.config.relays:
            trouble = round_through_neighbours(self._kiosk, lambda: read_health(self._kiosk), self._pace, trouble)
            self._through = THROUGH_NEIGHBOUR if trouble is Trouble.NONE else ""
        self._pace = self._pace.after(trouble, self._kiosk.clock.monotonic() - began)
        if trouble is Trouble.NONE:
            self._failures = 0
            self._look_after()
        else:
            self._failures += 1
            log.warning("sync round failed: %s (%d in a row)", trouble.value, self._failures)
        if trouble in (Trouble.CLONE, Trouble.NOT_KNOWN):
            # the next round may be another device's: enrolled anew from the screen
            self._link.close()
            self._link = None
        self._beat("ok" if trouble is Trouble.NONE else trouble.value)
        return trouble

    def _look_after(self) -> None:
        try:
            self._upkeep.after_round()
        except (Refused, OSError):
            # what waits must go out all the same; the next good round tries again
            log.exception("upkeep after a round failed")

    def _wait(self, trouble: Trouble) -> None:
        state = self._kiosk.enrolled_state()
        wait = next_wait(trouble, self._failures, state.next_s, self._chance())
        until = self._kiosk.clock.monotonic() + wait.seconds
        last_beat = self._kiosk.clock.monotonic()
        while not self._stop.is_set() and self._kiosk.clock.monotonic() < until:
            now = store.sync_state(self._kiosk.db)
            if now is None or (now.wanted, now.device) != (state.wanted, state.device):
                return
            if wait.cut_short and self._listener.news.is_set():
                return
            if wait.cut_short and store.outbox(self._kiosk.db)[0]:
                self._stop.wait(DEBOUNCE_SECONDS)
                return
            if self._kiosk.clock.monotonic() - last_beat > workers.BEAT_SECONDS:
                self._beat("ok" if trouble is Trouble.NONE else trouble.value)
                last_beat = self._kiosk.clock.monotonic()
            self._stop.wait(LOOK_SECONDS)

    def _beat(self, state: str) -> None:
        self._kiosk.ballast.lay_down()
        workers.beat(self._kiosk.db, self._kiosk.clock, "sync", state, self._through)


def run(kiosk: Kiosk) -> None:
    """The process's whole life."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    SyncWorker(kiosk, stop).run()
