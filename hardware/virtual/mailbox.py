"""Commands to a virtual device through a folder: written whole, taken in order, gone when carried out.

A folder needs no port, no right and no running reader: what is put in while the device is away waits for it.
"""

import itertools
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

_COUNTER = itertools.count(1)
_SUFFIX = ".command"
POLL_SECONDS = 0.02


class Mailbox:
    """The commands of one device in ``folder``; each is a JSON object."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, command: dict[str, str | float | int]) -> Path:
        """Leave a command; the path exists until it has been carried out."""
        self._folder.mkdir(parents=True, exist_ok=True)
        # The time only orders commands of different processes; a process's own are ordered by the counter.
        name = f"{time.time_ns():020d}-{os.getpid()}-{next(_COUNTER):06d}"
        written = self._folder / f".{name}"
        written.write_text(json.dumps(command), encoding="utf-8")
        path = self._folder / f"{name}{_SUFFIX}"
        written.replace(path)
        return path

    def waiting(self) -> Iterator[tuple[Path, dict[str, object]]]:
        """Commands not yet carried out, oldest first; what is not a command is thrown away."""
        found = sorted(self._folder.glob(f"*{_SUFFIX}")) if self._folder.is_dir() else []
        for path in found:
            try:
                command = json.loads(path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                command = None
            if isinstance(command, dict):
                yield path, command
            else:
                path.unlink(missing_ok=True)


def carried_out(command: Path, timeout_s: float) -> bool:
    """Wait until the device has carried the command out; False when it has not within ``timeout_s``."""
    until = time.monotonic() + timeout_s
    pause = threading.Event()
    while command.exists():
        if time.monotonic() > until:
            return False
        pause.wait(POLL_SECONDS)
    return True


def publish(path: Path, state: dict[str, object]) -> None:
    """Write the device's state for others to read, never half."""
    written = path.with_name(f".{path.name}.{os.getpid()}")
    written.write_text(json.dumps(state, ensure_ascii=False), encoding="utf-8")
    written.replace(path)
