"""What a camera is to the scan worker, and how its health is judged."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from shared.kernel.limits import CAMERA_SILENT_SECONDS

Gray = NDArray[np.uint8]
Monotonic = Callable[[], float]

DARK_MEAN = 14.0
DARK_SPREAD = 6.0


class Health(StrEnum):
    """How a camera is, as the devices page and the heartbeat show it."""

    STARTING = "starting"
    OK = "ok"
    MISSING = "missing"
    FROZEN = "frozen"
    COVERED = "covered"
    ENDED = "ended"


@dataclass(frozen=True)
class Frame:
    """One picture: 8-bit gray, its running number and the monotonic second at which it was taken."""

    gray: Gray
    number: int
    at: float


class SourceLost(Exception):
    """The source cannot give frames now. ``ended`` says that it never will again (a played file that is over)."""

    def __init__(self, why: str, ended: bool = False) -> None:
        super().__init__(why)
        self.ended = ended


class FrameSource(Protocol):
    """One way to get frames. Used by a single grabbing thread, never shared."""

    live: bool
    """True where a picture that never changes means a hung sensor (a still image file does not)."""

    def open(self) -> None:
        """Get ready. Raises :class:`SourceLost` when the device or file is not there."""
        ...

    def read(self) -> Gray:
        """The next frame, blocking for at most about two seconds. Raises :class:`SourceLost`."""
        ...

    def close(self) -> None:
        """Let go of the device. Never raises."""
        ...


class Camera(Protocol):
    """What the scan worker holds."""

    name: str

    def open(self) -> None:
        """Start grabbing. Returns at once; a camera that is not there yet is tried again until ``close``."""
        ...

    def newest(self, timeout_s: float) -> Frame | None:
        """The newest frame not yet returned, waiting at most ``timeout_s`` for it; ``None`` when there is none."""
        ...

    def health(self) -> Health:
        """How the camera is now."""
        ...

    def close(self) -> None:
        """Stop grabbing and let go of the device."""
        ...


@dataclass(frozen=True)
class Signs:
    """What the grabbing thread saw: monotonic seconds, ``None`` where it has not happened."""

    connected: bool = False
    ended: bool = False
    opened_at: float | None = None
    frame_at: float | None = None
    changed_at: float | None = None
    dark_since: float | None = None
    failures: int = 0


def judge(signs: Signs, now: float, live: bool) -> Health:
    """The health that follows from the signs (QUALITY R18: noticed within 3 s)."""
    if signs.ended:
        return Health.ENDED
    if not signs.connected:
        return Health.MISSING if signs.failures else Health.STARTING
    silent_since = signs.frame_at if signs.frame_at is not None else signs.opened_at
    if silent_since is not None and now - silent_since > CAMERA_SILENT_SECONDS:
        return Health.FROZEN
    if signs.frame_at is None:
        return Health.STARTING
    if live and signs.changed_at is not None and now - signs.changed_at > CAMERA_SILENT_SECONDS:
        return Health.FROZEN
    if signs.dark_since is not None and now - signs.dark_since > CAMERA_SILENT_SECONDS:
        return Health.COVERED
    return Health.OK


def is_dark(gray: Gray) -> bool:
    """True for a frame as a hand or tape over the lens gives it: almost black and almost even."""
    sample = gray[::16, ::16]
    return float(sample.mean()) < DARK_MEAN and float(sample.std()) < DARK_SPREAD
