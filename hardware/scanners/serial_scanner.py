"""A scanner on a USB-CDC or RS-232 port: lines end with CR or LF."""

import termios
import time
from collections.abc import Callable

import serial

from hardware.scanners.scanner import Scan, ScannerHealth, ScanOutcome, scan_of
from shared.kernel.limits import SCAN_TEXT_BYTES

READ_BYTES = 256
POLL_SECONDS = 0.05
RETRY_SECONDS = 1.0
LINE_QUIET_SECONDS = 0.3
"""A scanner set up without an ending character still ends its scan: with silence."""


class SerialScanner:
    """Reads ``url`` (a port, or anything pyserial's ``serial_for_url`` takes: hwgrep://, socket://, loop://)."""

    def __init__(self, url: str, baud: int = 9600, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.name = url
        self._baud = baud
        self._monotonic = monotonic
        self._port: serial.Serial | None = None
        self._tried_at: float | None = None
        self._buffer = bytearray()
        self._overlong = False
        self._byte_at = 0.0

    def read(self, timeout_s: float) -> Scan | None:
        """The next scan, or ``None`` after ``timeout_s``."""
        until = self._monotonic() + timeout_s
        while True:
            scan = self._take_line()
            if scan is not None:
                return scan
            if self._monotonic() >= until:
                return None
            self._receive()

    def health(self) -> ScannerHealth:
        """MISSING while the port cannot be opened."""
        if self._port is None:
            self._connect()
        return ScannerHealth.OK if self._port is not None else ScannerHealth.MISSING

    def close(self) -> None:
        """Close the port."""
        if self._port is not None:
            try:
                self._port.close()
            except (OSError, termios.error):
                # An unplugged port may refuse even to be closed; it is gone either way.
                self._port = None
        self._port = None

    def _connect(self) -> None:
        now = self._monotonic()
        if self._tried_at is not None and now - self._tried_at < RETRY_SECONDS:
            return
        self._tried_at = now
        try:
            self._port = serial.serial_for_url(self.name, baudrate=self._baud, timeout=POLL_SECONDS, exclusive=True)
        except (OSError, ValueError, termios.error):
            self._port = None

    def _receive(self) -> None:
        if self._port is None:
            self._connect()
        if self._port is None:
            time.sleep(POLL_SECONDS)
            return
        try:
            data = self._port.read(max(1, min(READ_BYTES, self._port.in_waiting)))
        except (OSError, termios.error, TypeError):
            # TypeError: pyserial reads from a descriptor that another thread's close has set to None.
            self.close()
            self._buffer.clear()
            return
        if data:
            self._byte_at = self._monotonic()
            self._buffer += data

    def _take_line(self) -> Scan | None:
        now = self._monotonic()
        ends = [place for place in (self._buffer.find(b"\r"), self._buffer.find(b"\n")) if place >= 0]
        if ends:
            line = bytes(self._buffer[: min(ends)])
            del self._buffer[: min(ends) + 1]
        elif self._buffer and now - self._byte_at > LINE_QUIET_SECONDS:
            line = bytes(self._buffer)
            self._buffer.clear()
        else:
            if len(self._buffer) > SCAN_TEXT_BYTES:
                self._overlong = True
                self._buffer.clear()
            return None
        if self._overlong:
            self._overlong = False
            return Scan(ScanOutcome.TOO_LONG, "", now)
        return scan_of(line, now)
