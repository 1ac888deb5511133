"""A label printer without hardware: a pty that prints to PNG files and can be told to misbehave.

    python -m hardware.virtual.printer run --folder FOLDER --link PATH     then print to virtual:PATH
    python -m hardware.virtual.printer tell FOLDER paper_out               and the other words of PRINTER_WORDS

It paces itself by its baud rate (a pty does not), holds what it cannot print while paper is out, answers ``ESC!?``,
echoes ``OUT``, and keeps ``FOLDER/label-00001.png`` … and ``FOLDER/state.json``.
"""

import argparse
import contextlib
import os
import random
import select
import signal
import sys
import threading
import time
import tty
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from PIL import Image

from hardware.virtual.interpreter import Echo, Fault, Printed, StatusAsked, TsplInterpreter
from hardware.virtual.mailbox import Mailbox, publish
from hardware.virtual.remote import PRINTER_WORDS, carried_out, labels, tell_printer

TICK_SECONDS = 0.01
COVER_OPEN, PAPER_OUT, PRINTING = 0x01, 0x04, 0x20
FAULTS_KEPT = 20
MEMORY_LABELS = 16


@dataclass
class _Condition:
    paper: bool = True
    covered: bool = True
    stalled: bool = False
    present: bool = False
    garbage: bool = False

    @property
    def blocked(self) -> bool:
        return not self.paper or not self.covered


@dataclass
class _Pty:
    master: int
    slave: int

    @classmethod
    def create(cls, link: Path) -> "_Pty":
        master, slave = os.openpty()
        # Raw from the start, or the line discipline would echo the first job back and turn CR into LF.
        tty.setraw(slave)
        os.set_blocking(master, False)
        link.parent.mkdir(parents=True, exist_ok=True)
        made = link.with_name(f".{link.name}.{os.getpid()}")
        made.unlink(missing_ok=True)
        made.symlink_to(os.ttyname(slave))
        made.replace(link)
        return cls(master, slave)

    def close(self, link: Path) -> None:
        link.unlink(missing_ok=True)
        os.close(self.master)
        os.close(self.slave)

    def read(self, most: int) -> bytes:
        ready, _, _ = select.select([self.master], [], [], 0)
        if not ready or most < 1:
            return b""
        try:
            return os.read(self.master, most)
        except OSError:
            return b""

    def write(self, data: bytes) -> None:
        # Nobody reads: a real printer's line would drop the bytes too.
        with contextlib.suppress(BlockingIOError):
            os.write(self.master, data)


@dataclass
class _Mechanism:
    """What happens after the bytes are understood: paper moves, one thing after the other."""

    queue: deque[Printed | Echo] = field(default_factory=deque)
    busy_until: float = 0.0
    moving: Image.Image | None = None


class VirtualPrinter:
    """One printer in a thread of its own. Use as a context manager, or ``start`` and ``stop``."""

    def __init__(
        self,
        folder: Path,
        link: Path,
        *,
        baud: int = 115_200,
        label_seconds: float = 0.15,
        echoes: bool = True,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder, self._link = folder, link
        self._bytes_per_s = baud / 10
        self._label_seconds = label_seconds
        self._echoes = echoes
        self._monotonic = monotonic
        self._mailbox = Mailbox(folder)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._pty: _Pty | None = None
        self._condition = _Condition()
        self._interpreter = TsplInterpreter()
        self._mechanism = _Mechanism()
        self._faults: deque[str] = deque(maxlen=FAULTS_KEPT)
        self._received = 0
        self._budget = 0.0
        self._noise = random.Random(1)  # noqa: S311 - line noise, no secret
        self._published: dict[str, object] = {}
        folder.mkdir(parents=True, exist_ok=True)
        self._count = max((int(path.stem.rpartition("-")[2]) for path in labels(folder)), default=0)

    def start(self) -> "VirtualPrinter":
        """Plug in; the link exists when this returns."""
        self._appear()
        self._thread = threading.Thread(target=self._run, name="virtual printer", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Switch off and remove the link."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._disappear()

    def __enter__(self) -> "VirtualPrinter":
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _run(self) -> None:
        last = self._monotonic()
        while not self._stop.wait(TICK_SECONDS):
            now = self._monotonic()
            self._obey()
            if self._pty is not None and not self._condition.stalled:
                self._receive(self._pty, now - last)
                self._move(self._pty, now)
            last = now
            self._publish()

    def _obey(self) -> None:
        for path, command in self._mailbox.waiting():
            match command.get("tell"):
                case "paper_out" | "paper_in" as word:
                    self._condition.paper = word == "paper_in"
                case "cover_open" | "cover_close" as word:
                    self._condition.covered = word == "cover_close"
                case "stall" | "go_on" as word:
                    self._condition.stalled = word == "stall"
                case "garbage" | "sane" as word:
                    self._condition.garbage = word == "garbage"
                case "vanish":
                    self._disappear()
                case "return":
                    self._appear()
                case other:
                    self._faults.append(f"unknown word: {other}")
            self._publish()
            path.unlink(missing_ok=True)

    def _appear(self) -> None:
        if self._pty is None:
            self._pty = _Pty.create(self._link)
            self._condition.present = True
            self._publish()

    def _disappear(self) -> None:
        """The cable is pulled and with it the power: whatever was held is gone."""
        if self._pty is not None:
            self._pty.close(self._link)
            self._pty = None
        self._condition.present = False
        self._interpreter = TsplInterpreter()
        self._mechanism = _Mechanism()
        self._publish()

    def _receive(self, pty: _Pty, seconds: float) -> None:
        """Take what the line could have carried in ``seconds``; full memory stops the line, as flow control would."""
        if sum(isinstance(one, Printed) for one in self._mechanism.queue) >= MEMORY_LABELS:
            return
        self._budget = min(self._budget + seconds * self._bytes_per_s, self._bytes_per_s / 4)
        data = pty.read(int(self._budget))
        self._budget -= len(data)
        self._received += len(data)
        for event in self._interpreter.feed(data):
            match event:
                case StatusAsked():
                    pty.write(self._status())
                case Fault(why):
                    self._faults.append(why)
                case Printed() | Echo():
                    self._mechanism.queue.append(event)

    def _move(self, pty: _Pty, now: float) -> None:
        mechanism = self._mechanism
        if mechanism.moving is not None:
            if now < mechanism.busy_until:
                return
            self._save(mechanism.moving)
            mechanism.moving = None
        while mechanism.queue and not self._condition.blocked:
            event = mechanism.queue.popleft()
            if isinstance(event, Printed):
                mechanism.moving, mechanism.busy_until = event.image, now + self._label_seconds
                return
            if self._echoes:
                pty.write(event.text.encode("ascii") + b"\r\n")

    def _save(self, image: Image.Image) -> None:
        self._count += 1
        path = self._folder / f"label-{self._count:05d}.png"
        written = path.with_name(f".{path.name}")
        image.save(written, format="PNG")
        written.replace(path)

    def _status(self) -> bytes:
        if self._condition.garbage:
            return self._noise.randbytes(self._noise.randint(2, 6))
        busy = self._mechanism.moving is not None or (bool(self._mechanism.queue) and not self._condition.blocked)
        return bytes(
            [
                (0 if self._condition.covered else COVER_OPEN)
                | (0 if self._condition.paper else PAPER_OUT)
                | (PRINTING if busy else 0)
            ]
        )

    def _publish(self) -> None:
        held = sum(isinstance(event, Printed) for event in self._mechanism.queue)
        state: dict[str, object] = {
            "paper": self._condition.paper,
            "covered": self._condition.covered,
            "stalled": self._condition.stalled,
            "present": self._condition.present,
            "garbage": self._condition.garbage,
            "labels": self._count,
            "held": held,
            "received_bytes": self._received,
            "faults": list(self._faults),
        }
        if state != self._published:
            publish(self._folder / "state.json", state)
            self._published = state


def main(arguments: list[str]) -> int:
    """The command line; runs until told to end."""
    parser = argparse.ArgumentParser(prog="python -m hardware.virtual.printer", description="virtual label printer")
    actions = parser.add_subparsers(dest="action", required=True)
    run = actions.add_parser("run", help="be a printer until SIGINT or SIGTERM")
    run.add_argument("--folder", type=Path, required=True, help="where labels, state and commands lie")
    run.add_argument("--link", type=Path, required=True, help="path at which the printer appears")
    run.add_argument("--baud", type=int, default=115_200)
    run.add_argument("--label-seconds", type=float, default=0.15, help="time to move one label")
    run.add_argument("--no-echo", action="store_true", help="be a firmware that does not know OUT")
    told = actions.add_parser("tell", help="make a running printer do something")
    told.add_argument("folder", type=Path)
    told.add_argument("word", choices=PRINTER_WORDS)
    given = parser.parse_args(arguments)
    if given.action == "tell":
        if carried_out(tell_printer(given.folder, given.word), 5.0):
            return 0
        sys.stderr.write("no printer obeyed within 5 s\n")
        return 1
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    printer = VirtualPrinter(
        given.folder,
        given.link,
        baud=given.baud,
        label_seconds=given.label_seconds,
        echoes=not given.no_echo,
    )
    with printer:
        sys.stdout.write(f"ready {given.link}\n")
        sys.stdout.flush()
        over.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
