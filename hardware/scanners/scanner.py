"""What a hand-held scanner is to the scan worker."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from shared.kernel.limits import SCAN_TEXT_BYTES


class ScannerHealth(StrEnum):
    """How a scanner is."""

    OK = "ok"
    MISSING = "missing"


class ScanOutcome(StrEnum):
    """Every way a scan can come in."""

    READ = "read"
    TOO_LONG = "too_long"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Scan:
    """One pull of the trigger. ``text`` is empty unless the outcome is READ; ``at`` is the monotonic second."""

    outcome: ScanOutcome
    text: str
    at: float


class Scanner(Protocol):
    """A scanner that is read line by line."""

    name: str

    def read(self, timeout_s: float) -> Scan | None:
        """The next scan, or ``None`` after ``timeout_s``. Never raises for a scanner that is unplugged."""
        ...

    def health(self) -> ScannerHealth:
        """How it is now."""
        ...

    def close(self) -> None:
        """Let go of the device."""
        ...


def scan_of(line: bytes, at: float) -> Scan | None:
    """What a received line means; ``None`` for an empty one. Text is UTF-8, as 2D scanners send it by default."""
    stripped = line.strip(b"\r\n\x00 \t")
    if not stripped:
        return None
    if len(stripped) > SCAN_TEXT_BYTES:
        return Scan(ScanOutcome.TOO_LONG, "", at)
    try:
        return Scan(ScanOutcome.READ, stripped.decode("utf-8"), at)
    except UnicodeDecodeError:
        return Scan(ScanOutcome.UNREADABLE, "", at)
