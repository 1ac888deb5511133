"""Frames from a V4L2 camera, a video file or a folder of pictures."""

import os
import re
import threading
from pathlib import Path

import cv2
import numpy as np

from hardware.cameras.camera import Gray, SourceLost
from hardware.pictures import PictureError, decode_jpeg, read_gray, to_gray

PICTURES = {".png", ".jpg", ".jpeg", ".bmp", ".pgm", ".webp"}
# OpenCV waits ten seconds for a stalled camera unless told otherwise; seconds, read when a camera is opened.
SELECT_TIMEOUT = ("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "2")
AUTO_EXPOSURE_ON, AUTO_EXPOSURE_OFF = 3, 1


def as_device(text: str) -> str | int:
    """``"0"`` is camera 0; a path (best: /dev/v4l/by-id/…, which survives re-plugging) stays one."""
    match = re.fullmatch(r"(?:/dev/video)?(\d+)", text)
    return int(match.group(1)) if match else text


class _Capture:
    """``cv2.VideoCapture`` with every failure as :class:`SourceLost`."""

    def __init__(self, what: str | int, backend: int) -> None:
        try:
            self._capture = cv2.VideoCapture(what, backend)
        except cv2.error as error:
            raise SourceLost(f"cannot open {what}: {error}") from error
        if not self._capture.isOpened():
            raise SourceLost(f"cannot open {what}")

    def set(self, name: int, value: float) -> bool:
        """True where the device took the setting; many say yes and do nothing, so read it back too."""
        try:
            return bool(self._capture.set(name, value)) and abs(self._capture.get(name) - value) < 1e-3
        except cv2.error:
            return False

    def read(self) -> Gray:
        try:
            ok, picture = self._capture.read()
        except cv2.error as error:
            raise SourceLost(str(error)) from error
        if not ok or picture is None:
            raise SourceLost("no frame")
        return np.asarray(picture, dtype=np.uint8)

    def close(self) -> None:
        self._capture.release()


class V4l2Source:
    """A USB camera: MJPG at 1280x720, JPEG straight to gray, exposure fixed where the camera lets us."""

    live = True

    def __init__(self, device: str, width: int = 1280, height: int = 720, exposure: int | None = None) -> None:
        self._device = as_device(device)
        self._size = (width, height)
        self._exposure = exposure
        self._capture: _Capture | None = None
        self._compressed = False
        self.not_taken: tuple[str, ...] = ()
        """Names of the settings that the camera did not take, for the devices page."""

    def open(self) -> None:
        """Open and set up. Raises :class:`SourceLost` when there is no such camera."""
        os.environ.setdefault(*SELECT_TIMEOUT)
        self._capture = capture = _Capture(self._device, cv2.CAP_V4L2)
        width, height = self._size
        wishes: list[tuple[str, int, float]] = [
            ("MJPG", cv2.CAP_PROP_FOURCC, float(cv2.VideoWriter.fourcc(*"MJPG"))),
            ("width", cv2.CAP_PROP_FRAME_WIDTH, width),
            ("height", cv2.CAP_PROP_FRAME_HEIGHT, height),
            ("buffer", cv2.CAP_PROP_BUFFERSIZE, 1),
        ]
        if self._exposure is not None:
            # Motion blur and bloom defeat every decoder: a short fixed exposure is worth more than a better one.
            wishes += [
                ("auto exposure", cv2.CAP_PROP_AUTO_EXPOSURE, AUTO_EXPOSURE_ON),
                ("manual exposure", cv2.CAP_PROP_AUTO_EXPOSURE, AUTO_EXPOSURE_OFF),
                ("exposure", cv2.CAP_PROP_EXPOSURE, self._exposure),
            ]
        taken = {name: capture.set(prop, value) for name, prop, value in wishes}
        self._compressed = taken["MJPG"] and capture.set(cv2.CAP_PROP_CONVERT_RGB, 0)
        self.not_taken = tuple(name for name, ok in taken.items() if not ok)

    def read(self) -> Gray:
        """The next frame. Raises :class:`SourceLost` when the cable is out or the camera stalls for two seconds."""
        if self._capture is None:
            raise SourceLost("camera is not open")
        picture = self._capture.read()
        gray = decode_jpeg(picture.reshape(-1)) if self._compressed else _gray_or_lost(picture)
        if gray is None:
            raise SourceLost("damaged frame")
        return gray

    def close(self) -> None:
        """Let go of the camera."""
        if self._capture is not None:
            self._capture.close()
        self._capture = None


class VideoSource:
    """A video file at its own pace, for demonstrations and tests."""

    live = False

    def __init__(self, path: Path, frames_per_s: float = 15.0, loop: bool = False) -> None:
        self._path = path
        self._pace = _Pace(frames_per_s)
        self._loop = loop
        self._capture: _Capture | None = None

    def open(self) -> None:
        """Open the file from its start."""
        if not self._path.is_file():
            raise SourceLost(f"no video at {self._path}")
        self._capture = _Capture(str(self._path), cv2.CAP_ANY)

    def read(self) -> Gray:
        """The next frame; :class:`SourceLost` with ``ended`` after the last."""
        if self._capture is None:
            raise SourceLost("video is not open")
        self._pace.wait()
        try:
            return _gray_or_lost(self._capture.read())
        except SourceLost:
            if not self._loop:
                raise SourceLost("video is over", ended=True) from None
            self.close()
            self.open()
            return _gray_or_lost(self._capture.read())

    def close(self) -> None:
        """Close the file."""
        if self._capture is not None:
            self._capture.close()
        self._capture = None


class FolderSource:
    """The pictures of a folder in the order of their names; files that are no pictures are passed over."""

    live = False

    def __init__(self, folder: Path, frames_per_s: float = 15.0, loop: bool = False) -> None:
        self._folder = folder
        self._pace = _Pace(frames_per_s)
        self._loop = loop
        self._left: list[Path] = []

    def open(self) -> None:
        """List the pictures. Raises :class:`SourceLost` when the folder is absent or holds none."""
        found = self._folder.iterdir() if self._folder.is_dir() else ()
        self._left = sorted(path for path in found if path.suffix.lower() in PICTURES)
        if not self._left:
            raise SourceLost(f"no pictures in {self._folder}")

    def read(self) -> Gray:
        """The next picture; :class:`SourceLost` with ``ended`` after the last."""
        self._pace.wait()
        while self._left:
            gray = read_gray(self._left.pop(0))
            if gray is not None:
                return gray
        if not self._loop:
            raise SourceLost("no pictures left", ended=True)
        raise SourceLost("start again")

    def close(self) -> None:
        """Nothing to let go of."""
        self._left = []


class _Pace:
    """Waits so that frames come at their rate."""

    def __init__(self, frames_per_s: float) -> None:
        self._wait_s = 1.0 / frames_per_s
        self._never = threading.Event()

    def wait(self) -> None:
        self._never.wait(self._wait_s)


def _gray_or_lost(picture: Gray) -> Gray:
    try:
        return to_gray(picture)
    except PictureError as error:
        raise SourceLost(str(error)) from error
