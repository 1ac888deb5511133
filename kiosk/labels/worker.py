"""The print process: takes one waiting label after the other to the printer and writes down what became of it.

``queued → sending`` is committed before the first byte leaves. From there:

* ``NOT_SENT`` (certain that the print command has not left): back to ``queued``; the job waits for the printer.
* ``CONFIRMED``: the printer named the job after printing it. ``confirmed`` by echo.
* ``SENT``: all bytes were taken, and for two seconds afterwards the printer answered that nothing is wrong and that it
  is printing nothing. That is ``confirmed`` by idleness. It is not proof of the kind an echo is: a printer that lost
  the job and says so to nobody would fool it. A printer that never answers at all (``?answers=no``) gives not even
  that: its labels are ``unknown`` with trouble ``not_reported`` until somebody scans or sees them.
* ``BLOCKED``: the printer has the job and says why it stands still. It is not sent again; a late echo confirms it, and
  when the printer is well and idle again without one, it becomes ``unknown`` and a person looks.
* ``UNKNOWN``: anything else after the print command may have left.

A job found in ``sending`` when the process starts is ``unknown``: whoever was sending it is gone.
"""

import logging
import signal
import threading
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec

from hardware.labels.drawing import draw
from hardware.labels.fonts import LabelFont, find_font
from hardware.labels.layout import Label
from hardware.labels.parcel import ParcelLabel, parcel_label
from hardware.labels.receipt import Receipt, receipt_label
from hardware.printers.opening import open_printer
from hardware.printers.printer import Printer, PrintResult, PrintState
from hardware.printers.status import PrinterStatus, Trouble
from kiosk import workers
from kiosk.host import Kiosk
from kiosk.labels import store
from kiosk.labels.rules import (
    CANNOT_DRAW,
    NO_FONT,
    NOT_REPORTED,
    RESTARTED,
    JobEvent,
    JobKind,
    JobState,
    PrintJob,
    Proof,
)
from shared.db import Database, DiskFull
from shared.kernel.clock import Clock, utc_text
from shared.kernel.errors import Refused
from shared.kernel.limits import (
    PRINT_BLOCKED_IDLE_SECONDS,
    PRINT_FORGET_SECONDS,
    PRINT_JOBS_KEPT_DAYS,
    PRINT_TURN_SECONDS,
    PRINTER_LOOK_SECONDS,
)

NAME = "print"

log = logging.getLogger(__name__)


@dataclass
class PrintWorker:
    """One printer and the queue before it. ``turn`` is called again and again."""

    db: Database
    clock: Clock
    printer: Printer
    _font: LabelFont | None = field(default=None, repr=False)
    _note: tuple[str, str] = ("", "")
    _look_at: float = 0.0
    _well: bool = False
    _well_since: float | None = None
    _beat_at: float = 0.0
    _forget_at: float = 0.0

    def recover(self) -> int:
        """Jobs that the process before this one left in ``sending`` become ``unknown``; how many."""
        with self.db.writing() as tx:
            left = store.in_states(tx, (JobState.SENDING,))
            for job in left:
                store.happened(tx, job.id, JobEvent.LOST_SIGHT, self._now(), trouble=RESTARTED)
        return len(left)

    def turn(self) -> bool:
        """One look at printer and queue; True when a label was sent, so that the next turn may follow at once."""
        self._look_after_itself()
        waiting = store.counts(self.db)
        if waiting.get(JobState.SENDING):
            # The result of the last label could not be written (disk full): nobody knows it any more.
            self.recover()
        if self.clock.monotonic() >= self._look_at or (self._well and waiting.get(JobState.QUEUED)):
            status = self.printer.status()
            self._well = _may_print(status)
            self._look_at = self.clock.monotonic() + PRINTER_LOOK_SECONDS
            self._late_echoes()
            self._write_note(status)
            if waiting.get(JobState.BLOCKED):
                self._look_at_blocked(status)
            if waiting.get(JobState.QUEUED) and self._well and self._font_ready():
                return self._print_next()
        return False

    def _print_next(self) -> bool:
        with self.db.writing() as tx:
            job = store.take_next(tx, self._now())
        if job is None:
            return False
        assert self._font is not None  # noqa: S101 - turn() has just made sure
        try:
            bitmap = draw(_layout(job), self._font)
        except (Refused, msgspec.DecodeError) as error:
            log.warning("label %s cannot be drawn: %s", job.id, error)
            self._happened(job, JobEvent.HELD, trouble=CANNOT_DRAW, detail=str(error))
            return True
        self._note_result(job, self.printer.print(bitmap, job.id))
        return True

    def _note_result(self, job: PrintJob, result: PrintResult) -> None:
        trouble = result.trouble.value if result.trouble else ""
        match result.state:
            case PrintState.CONFIRMED:
                self._happened(job, JobEvent.PRINTED, proof=Proof.ECHO)
            case PrintState.SENT if self._last_known():
                self._happened(job, JobEvent.PRINTED, proof=Proof.IDLE)
            case PrintState.SENT:
                self._happened(job, JobEvent.LOST_SIGHT, trouble=NOT_REPORTED)
            case PrintState.BLOCKED:
                self._happened(job, JobEvent.HELD, trouble=trouble)
            case PrintState.NOT_SENT:
                self._happened(job, JobEvent.NOT_SENT, trouble=trouble)
                # Whatever it was, it is still there a moment later: no hurry to be told so again.
                self._well = False
            case PrintState.UNKNOWN:
                self._happened(job, JobEvent.LOST_SIGHT, trouble=trouble)
        log.info("label %s: %s %s", job.id, result.state.value, trouble)

    def _last_known(self) -> bool:
        """Whether this printer answers at all; one that never does reports neither trouble nor health."""
        status = self.printer.status()
        return status.known or bool(status.troubles)

    def _happened(
        self, job: PrintJob, event: JobEvent, *, proof: Proof = Proof.NONE, trouble: str = "", detail: str = ""
    ) -> None:
        with self.db.writing() as tx:
            store.happened(tx, job.id, event, self._now(), proof=proof, trouble=trouble, detail=detail)

    def _late_echoes(self) -> None:
        names = self.printer.take_printed()
        if not names:
            return
        with self.db.writing() as tx:
            for name in names:
                store.happened(tx, name, JobEvent.PRINTED, self._now(), proof=Proof.ECHO)

    def _look_at_blocked(self, status: PrinterStatus) -> None:
        """The printer is well and idle for some seconds and has not named the job: only a person can tell."""
        now = self.clock.monotonic()
        if not status.ready or status.printing:
            self._well_since = None
            return
        self._well_since = self._well_since if self._well_since is not None else now
        if now - self._well_since < PRINT_BLOCKED_IDLE_SECONDS:
            return
        self._well_since = None
        with self.db.writing() as tx:
            for job in store.in_states(tx, (JobState.BLOCKED,)):
                if job.trouble != CANNOT_DRAW:
                    store.happened(tx, job.id, JobEvent.LOST_SIGHT, self._now(), trouble=job.trouble)

    def _font_ready(self) -> bool:
        if self._font is None:
            try:
                self._font = find_font()
            except Refused as refused:
                log.warning("%s", refused)
                self._set_note("trouble", NO_FONT)
                return False
        return True

    def _write_note(self, status: PrinterStatus) -> None:
        trouble = status.trouble
        if trouble is None:
            self._set_note("ok", "")
        else:
            self._set_note("absent" if trouble is Trouble.MISSING else "trouble", trouble.value)

    def _set_note(self, state: str, trouble: str) -> None:
        if (state, trouble) == self._note:
            return
        with self.db.writing() as tx:
            store.set_printer_note(tx, store.PrinterNote(state, trouble, self.printer.name, self._now()))
        self._note = (state, trouble)
        self._beat_at = 0.0

    def _look_after_itself(self) -> None:
        now = self.clock.monotonic()
        if now >= self._beat_at and self._note[0]:
            workers.beat(self.db, self.clock, NAME, *self._note)
            self._beat_at = now + workers.BEAT_SECONDS
        if now >= self._forget_at:
            with self.db.writing() as tx:
                store.forget_ended(tx, utc_text(self.clock.now() - timedelta(days=PRINT_JOBS_KEPT_DAYS)))
            self._forget_at = now + PRINT_FORGET_SECONDS

    def _now(self) -> str:
        return utc_text(self.clock.now())


def _layout(job: PrintJob) -> Label:
    """What the job prints. Raises ``msgspec.DecodeError`` for a content that does not fit its kind."""
    if job.kind is JobKind.RECEIPT:
        return receipt_label(msgspec.json.decode(job.content, type=Receipt))
    return parcel_label(msgspec.json.decode(job.content, type=ParcelLabel))


def _may_print(status: PrinterStatus) -> bool:
    """The printer says it is well, or it is one that never says anything."""
    return status.ready or (not status.known and not status.troubles)


def run(kiosk: Kiosk) -> None:
    """Until SIGTERM or SIGINT. A full disk is waited out: nothing is sent that could not be written down first."""
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    printer = open_printer(kiosk.config.printer)
    work(PrintWorker(kiosk.db, kiosk.clock, printer), over)
    printer.close()


def work(worker: PrintWorker, over: threading.Event) -> None:
    """Turn until told to end."""
    left = worker.recover()
    if left:
        log.warning("%s labels were being sent when the process ended; nobody knows whether they were printed", left)
    while not over.is_set():
        try:
            pause = 0.0 if worker.turn() else PRINT_TURN_SECONDS
        except DiskFull as full:
            log.error("%s", full)
            pause = PRINTER_LOOK_SECONDS
        over.wait(pause)
