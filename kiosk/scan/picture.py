"""The live picture for the devices page: written only while somebody looks, gone afterwards (it shows residents)."""

import logging
from collections.abc import Callable
from pathlib import Path

from hardware.cameras.camera import Frame
from hardware.pictures import PictureError, resized, write_jpeg
from kiosk.scan.rules import PICTURE, PICTURE_WISH
from shared.kernel.limits import CAMERA_PICTURE_PIXELS, CAMERA_PICTURE_SECONDS

PAUSE_SECONDS = 0.3
LOOK_SECONDS = 0.5
QUALITY = 70

log = logging.getLogger(__name__)


class LivePicture:
    """Writes small pictures into the data folder while the wish beside them keeps changing.

    The wish is a number that the devices page writes anew each time it asks: no clock is compared.
    """

    def __init__(self, folder: Path, monotonic: Callable[[], float]) -> None:
        self._picture, self._wish = folder / PICTURE, folder / PICTURE_WISH
        self._monotonic = monotonic
        self._seen = self._read_wish()
        self._wanted_until = self._written_at = self._looked_at = -1e9
        self._picture.unlink(missing_ok=True)

    def look(self, frame: Frame | None) -> None:
        """Take note of wishes; write the frame when one is fresh."""
        now = self._monotonic()
        if now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            self._take_wish(now)
        if frame is None or now > self._wanted_until or now - self._written_at < PAUSE_SECONDS:
            return
        self._written_at = now
        try:
            new = self._picture.with_suffix(".new.jpg")
            high = frame.gray.shape[0] * CAMERA_PICTURE_PIXELS // frame.gray.shape[1]
            write_jpeg(new, resized(frame.gray, CAMERA_PICTURE_PIXELS, high), QUALITY)
            new.replace(self._picture)
        except (OSError, PictureError) as error:
            log.warning("no picture for the devices page: %s", error)

    def _take_wish(self, now: float) -> None:
        wish = self._read_wish()
        if wish != self._seen:
            self._seen = wish
            self._wanted_until = now + CAMERA_PICTURE_SECONDS
        elif now > self._wanted_until > self._written_at - CAMERA_PICTURE_SECONDS:
            self._picture.unlink(missing_ok=True)

    def _read_wish(self) -> bytes:
        try:
            return self._wish.read_bytes()[:64]
        except OSError:
            return b""
