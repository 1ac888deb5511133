"""Time is passed in. Nothing else in Linqu asks the machine what time it is."""

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Two clocks: ``now`` for people to read, ``monotonic`` (seconds) for every decision about how long."""

    def now(self) -> datetime:
        """Current UTC time; may be wrong by years on a kiosk without a clock battery."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump, counted from an arbitrary start."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now(self) -> datetime:
        """Current UTC time of the machine."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """The machine's monotonic seconds."""
        return time.monotonic()


class ManualClock:
    """A clock that moves only when told, for tests and simulation."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._monotonic = 0.0

    def now(self) -> datetime:
        """The time it was set to."""
        return self._now

    def monotonic(self) -> float:
        """Seconds advanced since the start."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Move both clocks forward by ``seconds``."""
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds

    def set_wall(self, now: datetime) -> None:
        """Let the wall clock jump, as a Raspberry Pi does after a start without network."""
        self._now = now


def utc_text(moment: datetime) -> str:
    """UTC as sortable text with milliseconds, e.g. ``2026-11-22T03:05:59.123Z``."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def parse_utc(text: str) -> datetime:
    """The moment that :func:`utc_text` wrote. Raises ``ValueError`` for any other text."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"no time zone in {text!r}")
    return moment.astimezone(UTC)


LATEST_YEAR = 9000
_OURS = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")


def checked_utc(text: str) -> str:
    """``text``, if :func:`utc_text` may have written it and every time zone can show it. Raises ``ValueError``."""
    if not _OURS.fullmatch(text) or datetime.fromisoformat(text).year > LATEST_YEAR:
        raise ValueError(f"no time of ours: {text[:40]!r}")
    return text
