"""A kiosk with labels to print and a virtual printer on a real pty beside it."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import zxingcpp
from PIL import Image

from hardware.printers.opening import open_printer
from hardware.virtual import remote
from hardware.virtual.printer import VirtualPrinter
from kiosk.host import Kiosk
from kiosk.labels import store
from kiosk.labels.rules import JobState, PrintJob, read_label_text
from kiosk.labels.worker import PrintWorker
from kiosk.parcels import operations as counter
from shared.kernel.clock import Clock, SystemClock
from shared.pickup_points import store as pickup_points
from tests.kiosk.parcels.point import make_point, waybill


class QuickClock(SystemClock):
    """The machine's clock, twenty times as fast where it measures how long."""

    def monotonic(self) -> float:
        return time.monotonic() * 20


@dataclass
class Bench:
    """What stands on the bench."""

    kiosk: Kiosk
    folder: Path
    link: Path
    worker: PrintWorker

    def receive(self, *numbers: int) -> list[PrintJob]:
        """Receive announced parcels; their labels are queued."""
        staff = pickup_points.staff_member(self.kiosk.db, self.kiosk.point_code, "S1")
        assert staff is not None
        for n in numbers:
            done = counter.receive(counter.Press(self.kiosk, staff, f"nonce-{n:04d}"), waybill(n))
            assert done.succeeded
        return self.jobs()

    def jobs(self) -> list[PrintJob]:
        """Every job, oldest first."""
        return list(reversed(store.newest(self.kiosk.db, 500)))

    def tell(self, word: str) -> None:
        """Make the printer do something."""
        assert remote.carried_out(remote.tell_printer(self.folder, word), 5.0)

    def turn_until(self, done: Callable[[], bool], seconds: float = 20.0) -> None:
        """Let the worker work until something holds."""
        until = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < until, [(job.id, job.state.value, job.trouble) for job in self.jobs()]
            if not self.worker.turn():
                time.sleep(0.01)

    def ended(self) -> bool:
        """No label is waiting or on its way."""
        return not any(job.state in {JobState.QUEUED, JobState.SENDING} for job in self.jobs())

    def labels(self) -> list[Path]:
        """Pictures of the labels that came out."""
        return remote.labels(self.folder)

    def printed(self) -> Counter[str]:
        """How many labels came out for each job, by what stands in their QR codes."""
        return Counter(job_on(path) for path in self.labels())


def job_on(path: Path) -> str:
    """The job that a printed label names; every label must be readable."""
    with Image.open(path) as image:
        found = zxingcpp.read_barcodes(image.convert("L"))
    assert len(found) == 1, f"{path.name} cannot be read"
    mark = read_label_text(found[0].text)
    assert mark is not None
    return mark.job


@contextmanager
def bench(
    tmp_path: Path, *, echoes: bool = True, options: str = "", clock: Clock | None = None, parcels: int = 40
) -> Iterator[Bench]:
    """Set it up, and take it down."""
    folder, link = tmp_path / "labels", tmp_path / "printer"
    with VirtualPrinter(folder, link, echoes=echoes):
        kiosk = make_point(tmp_path / "data", printer=f"virtual:{link}{options}", parcels=parcels)
        used = clock or SystemClock()
        worker = PrintWorker(kiosk.db, used, open_printer(kiosk.config.printer, used.monotonic))
        yield Bench(kiosk, folder, link, worker)
        worker.printer.close()
        kiosk.db.close()
