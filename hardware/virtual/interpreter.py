"""Understands the TSPL that we send, as strictly as a printer does: what it cannot carry out it refuses. Pure.

Written from the language's manual and not from our encoder, so that a mistake in one shows in the other.
"""

import re
from dataclasses import dataclass

from PIL import Image

DOTS_PER_MM = 8
MAX_SIDE_MM = 120.0
LINE_BYTES = 256
STATUS_QUERY = b"\x1b!?"
SETTINGS = frozenset({"GAP", "DIRECTION", "REFERENCE", "DENSITY", "SPEED", "SET", "OFFSET", "CODEPAGE"})

_SIZE = re.compile(r"SIZE (\d+(?:\.\d+)?) mm,\s*(\d+(?:\.\d+)?) mm")
_BITMAP = re.compile(rb"BITMAP (\d+),(\d+),(\d+),(\d+),([012]),")
_PRINT = re.compile(r"PRINT (\d+)(?:,(\d+))?")
_OUT = re.compile(r'OUT "([^"]*)"')


@dataclass(frozen=True)
class Printed:
    """A label to put on paper."""

    image: Image.Image


@dataclass(frozen=True)
class Echo:
    """Text to send back once everything before it is done."""

    text: str


@dataclass(frozen=True)
class StatusAsked:
    """``ESC!?`` came in; it is answered at once, whatever else is going on."""


@dataclass(frozen=True)
class Fault:
    """Something that the printer refused, and why."""

    why: str


Event = Printed | Echo | StatusAsked | Fault


class TsplInterpreter:
    """Takes bytes as they arrive and gives what they cause."""

    def __init__(self) -> None:
        self._buffer = b""
        self._picture: Image.Image | None = None
        self._bitmap: tuple[int, int, int, int] | None = None
        self._skipping = False

    @property
    def in_bitmap(self) -> bool:
        """True while the bytes of a picture are awaited."""
        return self._bitmap is not None

    def feed(self, data: bytes) -> list[Event]:
        """Everything that ``data`` completes, in order."""
        self._buffer += data
        events: list[Event] = []
        while True:
            before = len(self._buffer), self._bitmap
            event = self._picture_bytes() if self._bitmap is not None else self._command()
            if event is not None:
                events.append(event)
            elif (len(self._buffer), self._bitmap) == before:
                return events

    def _command(self) -> Event | None:
        if self._buffer.startswith(STATUS_QUERY):
            self._buffer = self._buffer[len(STATUS_QUERY) :]
            return StatusAsked()
        if STATUS_QUERY.startswith(self._buffer[:3]):
            return None
        if self._buffer.startswith(b"BITMAP ") and not self._skipping:
            header = _BITMAP.match(self._buffer)
            if header is not None:
                return self._begin_bitmap(header)
            if b"\n" not in self._buffer and len(self._buffer) < LINE_BYTES:
                return None
        return self._line()

    def _line(self) -> Event | None:
        end = self._buffer.find(b"\n")
        if end < 0:
            if len(self._buffer) <= LINE_BYTES:
                return None
            self._buffer, skipped = b"", self._skipping
            self._skipping = True
            return None if skipped else Fault("line too long")
        line, self._buffer = self._buffer[:end].strip(b"\r"), self._buffer[end + 1 :]
        if self._skipping:
            self._skipping = False
            return None
        if end > LINE_BYTES:
            return Fault("line too long")
        try:
            return self._carry_out(line.decode("ascii"))
        except UnicodeDecodeError:
            return Fault(f"unreadable line of {len(line)} bytes")

    def _carry_out(self, line: str) -> Event | None:
        word = line.partition(" ")[0]
        match word:
            case "" | "EOJ":
                return None
            case "SIZE":
                return self._size(line)
            case "CLS":
                return self._clear()
            case "PRINT":
                return self._print(line)
            case "OUT":
                text = _OUT.fullmatch(line)
                return Echo(text.group(1)) if text else Fault(f"bad OUT: {line}")
            case _ if word in SETTINGS:
                return None
            case _:
                return Fault(f"unknown command: {line[:40]}")

    def _size(self, line: str) -> Fault | None:
        sides = _SIZE.fullmatch(line)
        width, height = (float(side) for side in sides.groups()) if sides else (0.0, 0.0)
        if not (0 < width <= MAX_SIDE_MM and 0 < height <= MAX_SIDE_MM):
            self._picture = None
            return Fault(f"bad SIZE: {line[:40]}")
        self._picture = Image.new("1", (round(width * DOTS_PER_MM), round(height * DOTS_PER_MM)), 1)
        return None

    def _clear(self) -> Fault | None:
        if self._picture is not None:
            self._picture = Image.new("1", self._picture.size, 1)
        return None

    def _print(self, line: str) -> Printed | Fault:
        copies = _PRINT.fullmatch(line)
        if copies is None or copies.group(1) != "1" or (copies.group(2) or "1") != "1":
            return Fault(f"bad PRINT: {line[:40]}")
        if self._picture is None:
            return Fault("PRINT without SIZE")
        return Printed(self._picture.copy())

    def _begin_bitmap(self, header: re.Match[bytes]) -> Fault | None:
        x, y, width, height = (int(number) for number in header.groups()[:4])
        self._buffer = self._buffer[header.end() :]
        self._bitmap = (x, y, width, height)
        if self._picture is None:
            return Fault("BITMAP without SIZE")
        if not width or not height or x + width * 8 > self._picture.width + 7 or y + height > self._picture.height:
            # The bytes come all the same and have to be swallowed: keep their number, draw nothing.
            self._bitmap = (-1, 0, width, height)
            return Fault(f"BITMAP out of range: {x},{y},{width},{height}")
        return None

    def _picture_bytes(self) -> Event | None:
        if self._bitmap is None:
            return None
        x, y, width, height = self._bitmap
        length = width * height
        if len(self._buffer) < length:
            return None
        data, self._buffer = self._buffer[:length], self._buffer[length:]
        self._bitmap = None
        if x >= 0 and self._picture is not None:
            # TSPL: a 0 bit is a dot; Pillow's mode 1: 0 is black. The same polarity.
            self._picture.paste(Image.frombytes("1", (width * 8, height), data), (x, y))
        return None
