"""A label printer as the print worker sees it: one label, one answer about what became of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from PIL import Image

from hardware.printers import tspl
from hardware.printers.status import WORDS, PrinterStatus, Trouble
from hardware.printers.transport import Fault, Transport, TransportError
from shared.kernel.errors import N_
from shared.kernel.limits import PRINTER_ANSWER_SECONDS, PRINTER_CONFIRM_SECONDS, PRINTER_ECHO_SECONDS

QUIET_SECONDS = 0.05
POLL_SECONDS = 0.4
_FAULTS = {Fault.ABSENT: Trouble.MISSING, Fault.LOST: Trouble.LOST, Fault.STALLED: Trouble.STALLED}


class PrintState(StrEnum):
    """Every way a print can end."""

    CONFIRMED = "confirmed"
    SENT = "sent"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"
    NOT_SENT = "not_sent"


_STATE_WORDS = {
    PrintState.CONFIRMED: (N_("标签已打印。"), ""),
    PrintState.SENT: (N_("标签已发送，打印机没有回报结果。"), N_("请看标签是否已经打出。")),
    PrintState.UNKNOWN: (N_("不确定标签是否已打印。"), N_("请看打印机出口；没有打出时请补打。")),
}


@dataclass(frozen=True)
class PrintResult:
    """What became of one label.

    ``CONFIRMED``: the printer echoed the job's name after printing. ``SENT``: all bytes left and the printer reports
    no trouble, but it gives no proof. ``BLOCKED``: it holds the job and says why it does not print (it may print it
    later by itself). ``UNKNOWN``: the print command may have arrived. ``NOT_SENT``: it certainly has not.
    """

    state: PrintState
    trouble: Trouble | None = None
    sent_bytes: int = 0

    @property
    def may_resend(self) -> bool:
        """True only where a second attempt cannot give a second label."""
        return self.state is PrintState.NOT_SENT

    @property
    def message(self) -> str:
        """What happened (message id)."""
        return self._words()[0]

    @property
    def next_step(self) -> str:
        """What to do (message id)."""
        return self._words()[1]

    def _words(self) -> tuple[str, str]:
        if self.trouble is not None and self.state in {PrintState.BLOCKED, PrintState.NOT_SENT}:
            return WORDS[self.trouble]
        return _STATE_WORDS.get(self.state, WORDS[Trouble.UNREADABLE])


class Printer(Protocol):
    """What the print worker holds."""

    name: str

    def print(self, bitmap: Image.Image, job: str) -> PrintResult:
        """Print one label; blocks until its fate is known or the time for it is over (about 15 s)."""
        ...

    def status(self) -> PrinterStatus:
        """How the printer is now; never raises."""
        ...

    def take_printed(self) -> tuple[str, ...]:
        """Names of earlier jobs that the printer has since echoed (it printed what it held when paper came back)."""
        ...

    def close(self) -> None:
        """Let go of the device."""
        ...


class TsplPrinter:
    """A TSPL printer on any transport. ``answers`` is False for one that never answers (many USB clones): then it is
    not asked, and the best that a print can come to is SENT."""

    def __init__(
        self,
        transport: Transport,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        answers: bool = True,
        confirm_s: float = PRINTER_CONFIRM_SECONDS,
    ) -> None:
        self.name = transport.name
        self._transport = transport
        self._monotonic = monotonic
        self._answers = answers
        self._confirm_s = confirm_s
        self._in_step = False
        self._arrived_at = 0.0
        self._pending = b""
        self._late: list[str] = []

    def status(self) -> PrinterStatus:
        """Ask; a printer that cannot be asked is reported as not known."""
        try:
            self._get_in_step()
            return self._ask() if self._answers else PrinterStatus()
        except TransportError as error:
            self._drop()
            return PrinterStatus(troubles=(_FAULTS[error.fault],))

    def print(self, bitmap: Image.Image, job: str) -> PrintResult:
        """Print one label. Raises ``ValueError`` only for a bitmap or job name that cannot be encoded."""
        encoded = tspl.encode(bitmap, job)
        before = self._prepare()
        if before is not None:
            return before
        try:
            sent = self._write(encoded.data)
        except TransportError as error:
            self._drop()
            state = PrintState.NOT_SENT if error.sent < encoded.safe else PrintState.UNKNOWN
            return PrintResult(state, _FAULTS[error.fault], error.sent)
        return self._follow(job, sent) if self._answers else PrintResult(PrintState.SENT, None, sent)

    def take_printed(self) -> tuple[str, ...]:
        """Echoes that came after their print had been given up; each is returned once."""
        late, self._late = tuple(self._late), []
        return late

    def close(self) -> None:
        """Close the connection."""
        self._drop()

    def _prepare(self) -> PrintResult | None:
        """Connect, get in step and see that the printer can print; a result when it cannot."""
        try:
            self._get_in_step()
            status = self._ask() if self._answers else PrinterStatus(known=True)
        except TransportError as error:
            self._drop()
            return PrintResult(PrintState.NOT_SENT, _FAULTS[error.fault])
        if status.ready:
            return None
        # A silent printer may be swallowing our questions as the rest of a picture that was cut off.
        self._in_step = status.known
        return PrintResult(PrintState.NOT_SENT, status.trouble)

    def _get_in_step(self) -> None:
        """After a new connection or an unclear end nobody knows what the printer is in the middle of."""
        self._transport.open()
        if not self._in_step:
            self._write(tspl.RESYNC)
            self._in_step = True

    def _write(self, data: bytes) -> int:
        sent = self._transport.write(data)
        self._arrived_at = max(self._arrived_at, self._monotonic()) + self._transport.line_s(sent)
        return sent

    def _drop(self) -> None:
        self._transport.close()
        self._in_step = False
        self._arrived_at = 0.0
        self._pending = b""

    def _ask(self) -> PrinterStatus:
        """One status query; echoes of earlier jobs that come with the answer are not status."""
        stale = tspl.split_answers(self._pending + self._transport.read(0))
        self._pending = b""
        self._write(tspl.STATUS_QUERY)
        printed, other = self._answer()
        self._late += [*stale.printed, *printed]
        return tspl.parse_status(other)

    def _answer(self) -> tuple[tuple[str, ...], bytes]:
        """Names echoed and other bytes received, up to a short quiet after the first."""
        line_s = max(0.0, self._arrived_at - self._monotonic())
        received, wait = self._pending, line_s + PRINTER_ANSWER_SECONDS
        while more := self._transport.read(wait):
            received, wait = received + more, QUIET_SECONDS
            if len(received) > 4096:
                break
        answers = tspl.split_answers(received)
        # A lone "{" is a status; a longer beginning waits for its end.
        complete = len(answers.rest) <= 1
        self._pending = b"" if complete else answers.rest
        return answers.printed, answers.other + answers.rest if complete else answers.other

    def _follow(self, job: str, sent: int) -> PrintResult:
        """Ask until the printer echoes the job, reports trouble, or has been idle too long to still be at it."""
        until = max(self._arrived_at, self._monotonic()) + self._confirm_s
        idle_since: float | None = None
        status = PrinterStatus(troubles=(Trouble.SILENT,))
        try:
            while self._monotonic() < until:
                self._write(tspl.STATUS_QUERY)
                printed, other = self._answer()
                self._late += [name for name in printed if name != job]
                if job in printed:
                    return PrintResult(PrintState.CONFIRMED, None, sent)
                status = tspl.parse_status(other)
                now = self._monotonic()
                idle_since = (idle_since or now) if status.ready and not status.printing else None
                if idle_since is not None and now - idle_since > PRINTER_ECHO_SECONDS:
                    return PrintResult(PrintState.SENT, None, sent)
                if _blocking(status):
                    break
                time.sleep(POLL_SECONDS / 4)
        except TransportError as error:
            self._drop()
            return PrintResult(PrintState.UNKNOWN, _FAULTS[error.fault], sent)
        return self._unconfirmed(status, sent)

    def _unconfirmed(self, status: PrinterStatus, sent: int) -> PrintResult:
        if _blocking(status):
            return PrintResult(PrintState.BLOCKED, status.trouble, sent)
        self._in_step = False
        return PrintResult(PrintState.UNKNOWN, status.trouble, sent)


def _blocking(status: PrinterStatus) -> bool:
    return status.known and bool(status.troubles)
