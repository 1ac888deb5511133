"""Bytes to a printer and back, over a serial port, a USB printer-class file or TCP.

Writing is in chunks of at most 512 bytes, counted, each with a time limit. That a write returns means only that the
kernel took the bytes: what happened to them is asked elsewhere.
"""

import errno
import os
import select
import socket
import termios
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Protocol

import serial

from shared.kernel.limits import PRINTER_CHUNK_BYTES, PRINTER_WRITE_SECONDS

LOST_ERRORS = (OSError, termios.error, ValueError, TypeError)
"""What pyserial and the kernel raise when a cable is pulled: SerialException is an OSError, a bad descriptor is a
ValueError or TypeError inside pyserial, and termios has an error of its own."""


class Fault(StrEnum):
    """Why a transport stopped."""

    ABSENT = "absent"
    LOST = "lost"
    STALLED = "stalled"


class TransportError(Exception):
    """The bytes stopped. ``sent`` is the most of this write that can have left: whole chunks and the one in flight."""

    def __init__(self, fault: Fault, why: str, sent: int = 0) -> None:
        super().__init__(f"{fault}: {why}")
        self.fault = fault
        self.sent = sent


class Transport(Protocol):
    """A connection that is opened when needed and may be opened again after a failure."""

    name: str

    def open(self) -> bool:
        """Connect unless connected; True when this made a new connection. Raises :class:`TransportError`."""
        ...

    def line_s(self, length: int) -> float:
        """Seconds that ``length`` bytes need on the line after a write has returned; 0 where that cannot be told."""
        ...

    def write(self, data: bytes) -> int:
        """Send all of ``data``; the number of bytes taken. Raises :class:`TransportError` with the count so far."""
        ...

    def read(self, timeout_s: float) -> bytes:
        """What has come in, waiting at most ``timeout_s`` for the first byte. Raises :class:`TransportError`."""
        ...

    def close(self) -> None:
        """Disconnect. Never raises."""
        ...


def _chunks(data: bytes) -> list[bytes]:
    return [data[at : at + PRINTER_CHUNK_BYTES] for at in range(0, len(data), PRINTER_CHUNK_BYTES)]


def _write_chunks(data: bytes, write: Callable[[bytes], int]) -> int:
    sent = 0
    for chunk in _chunks(data):
        try:
            sent += write(chunk)
        except (serial.SerialTimeoutException, TimeoutError) as error:
            raise TransportError(Fault.STALLED, str(error), sent + len(chunk)) from error
        except LOST_ERRORS as error:
            raise TransportError(Fault.LOST, str(error), sent + len(chunk)) from error
    return sent


class SerialTransport:
    """A serial port by pyserial URL. Never XON/XOFF: 0x11 and 0x13 are valid status bytes."""

    def __init__(self, url: str, baud: int = 115_200, write_timeout_s: float = PRINTER_WRITE_SECONDS) -> None:
        self.name = url
        self._baud = baud
        self._write_timeout_s = write_timeout_s
        self._port: serial.Serial | None = None

    def open(self) -> bool:
        """Open the port for ourselves alone."""
        if self._port is not None:
            return False
        try:
            self._port = serial.serial_for_url(
                self.name,
                baudrate=self._baud,
                timeout=0,
                write_timeout=self._write_timeout_s,
                exclusive=True,
            )
        except LOST_ERRORS as error:
            raise TransportError(Fault.ABSENT, str(error)) from error
        return True

    def line_s(self, length: int) -> float:
        """Ten bits a byte: start, eight, stop."""
        return length * 10 / self._baud

    def write(self, data: bytes) -> int:
        """Send in chunks; a chunk that the port does not take within the limit means a stalled printer."""
        port = self._open_port()
        return _write_chunks(data, lambda chunk: int(port.write(chunk) or 0))

    def read(self, timeout_s: float) -> bytes:
        """Everything waiting."""
        port = self._open_port()
        try:
            port.timeout = timeout_s
            first = bytes(port.read(1))
            return first + bytes(port.read(port.in_waiting)) if first else b""
        except LOST_ERRORS as error:
            raise TransportError(Fault.LOST, str(error)) from error

    def close(self) -> None:
        """Drop what the kernel still holds and close: half a label must not arrive hours later."""
        port, self._port = self._port, None
        if port is None:
            return
        for step in (port.reset_output_buffer, port.close):
            try:
                step()
            except LOST_ERRORS:
                continue

    def _open_port(self) -> serial.Serial:
        if self._port is None:
            raise TransportError(Fault.LOST, "port is not open")
        return self._port


class DescriptorTransport:
    """A USB printer-class device, ``/dev/usb/lp0``."""

    def __init__(self, path: str, write_timeout_s: float = PRINTER_WRITE_SECONDS) -> None:
        self.name = path
        self._write_timeout_s = write_timeout_s
        self._descriptor: int | None = None

    def open(self) -> bool:
        """Open for reading too where the driver allows it."""
        if self._descriptor is not None:
            return False
        try:
            self._descriptor = os.open(self.name, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        except OSError as error:
            raise TransportError(Fault.ABSENT, str(error)) from error
        return True

    def line_s(self, length: int) -> float:
        """Not known, and short."""
        return 0.0

    def write(self, data: bytes) -> int:
        """Send in chunks."""
        return _write_chunks(data, self._write_chunk)

    def read(self, timeout_s: float) -> bytes:
        """Everything waiting; nothing from a one-way printer."""
        descriptor = self._open_descriptor()
        try:
            ready, _, _ = select.select([descriptor], [], [], timeout_s)
            return os.read(descriptor, 4096) if ready else b""
        except BlockingIOError:
            return b""
        except OSError as error:
            raise TransportError(Fault.LOST, str(error)) from error

    def close(self) -> None:
        """Close the file."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def _open_descriptor(self) -> int:
        if self._descriptor is None:
            raise TransportError(Fault.LOST, "device is not open")
        return self._descriptor

    def _write_chunk(self, chunk: bytes) -> int:
        descriptor, left = self._open_descriptor(), chunk
        until = time.monotonic() + self._write_timeout_s
        while left:
            _, ready, _ = select.select([], [descriptor], [], max(0.0, until - time.monotonic()))
            if not ready:
                raise TimeoutError(errno.ETIMEDOUT, "printer takes no data")
            try:
                left = left[os.write(descriptor, left) :]
            except BlockingIOError:
                time.sleep(0.01)
        return len(chunk)


class TcpTransport:
    """A network printer's raw port, 9100 by custom."""

    def __init__(self, host: str, port: int = 9100, write_timeout_s: float = PRINTER_WRITE_SECONDS) -> None:
        self.name = f"{host}:{port}"
        self._address = (host, port)
        self._write_timeout_s = write_timeout_s
        self._socket: socket.socket | None = None

    def open(self) -> bool:
        """Connect within the write time limit."""
        if self._socket is not None:
            return False
        try:
            self._socket = socket.create_connection(self._address, self._write_timeout_s)
        except OSError as error:
            raise TransportError(Fault.ABSENT, str(error)) from error
        return True

    def line_s(self, length: int) -> float:
        """Not known, and short."""
        return 0.0

    def write(self, data: bytes) -> int:
        """Send in chunks."""
        connection = self._connected()
        connection.settimeout(self._write_timeout_s)

        def send(chunk: bytes) -> int:
            connection.sendall(chunk)
            return len(chunk)

        return _write_chunks(data, send)

    def read(self, timeout_s: float) -> bytes:
        """Everything waiting."""
        connection = self._connected()
        try:
            connection.settimeout(max(timeout_s, 0.001))
            data = connection.recv(4096)
        except TimeoutError:
            return b""
        except OSError as error:
            raise TransportError(Fault.LOST, str(error)) from error
        if not data:
            raise TransportError(Fault.LOST, "printer closed the connection")
        return data

    def close(self) -> None:
        """Close the connection."""
        connection, self._socket = self._socket, None
        if connection is not None:
            connection.close()

    def _connected(self) -> socket.socket:
        if self._socket is None:
            raise TransportError(Fault.LOST, "not connected")
        return self._socket
