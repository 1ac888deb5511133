"""``kiosk run`` without systemd: its processes side by side, started again when one dies."""

import logging
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field

from kiosk.config import Config
from shared.kernel.clock import Clock

PROCESSES = ("web", "sync", "print", "scan")
ALL_PROCESSES = (*PROCESSES, "copy", "relay")
LOOK_SECONDS = 0.3
LONGEST_PAUSE_SECONDS = 30.0
HEALTHY_SECONDS = 30.0
STOP_SECONDS = 8.0

log = logging.getLogger(__name__)


def processes_of(config: Config) -> tuple[str, ...]:
    """The processes that this kiosk is set up for: a stick for copies and a relay for neighbours are extra."""
    extra = (("copy", config.copy is not None), ("relay", bool(config.relay)))
    return (*PROCESSES, *(name for name, wanted in extra if wanted))


@dataclass
class _Child:
    name: str
    process: subprocess.Popen[bytes]
    started: float
    pause: float = 0.5
    again_at: float | None = field(default=None)


class Supervisor:
    """Keeps ``python -m kiosk run NAME`` alive for each name. A process that dies young waits longer each time."""

    def __init__(self, names: tuple[str, ...], clock: Clock) -> None:
        self._clock = clock
        self._stop = threading.Event()
        self._children = [_Child(name, self._start(name), clock.monotonic()) for name in names]

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, "-m", "kiosk", "run", name])

    def run(self) -> None:
        """Until SIGTERM or SIGINT; then stop all children, gently first."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        while not self._stop.wait(LOOK_SECONDS):
            for child in self._children:
                self._look(child)
        for child in self._children:
            child.process.terminate()
        for child in self._children:
            try:
                child.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()

    def _look(self, child: _Child) -> None:
        now = self._clock.monotonic()
        if child.again_at is not None:
            if now >= child.again_at:
                child.process, child.started, child.again_at = self._start(child.name), now, None
            return
        if child.process.poll() is None:
            return
        young = now - child.started < HEALTHY_SECONDS
        child.pause = min(LONGEST_PAUSE_SECONDS, child.pause * 2) if young else 0.5
        child.again_at = now + child.pause
        log.error("process %s ended with %s; again in %.1f s", child.name, child.process.returncode, child.pause)
