"""The few image operations we take from OpenCV, in one place: its stubs know neither sizes nor types of an array.

Nothing else calls OpenCV's image functions. Importing this module costs 240 ms and 57 MB: only the processes that see
frames may do it. Every function raises :class:`PictureError` where OpenCV raises its own.
"""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import cv2
import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]
P = ParamSpec("P")

# One thread: the kiosk has other processes to feed, and frames are small.
_THREADS = 1


class PictureError(Exception):
    """OpenCV refused an image."""


def _guarded(operation: Callable[P, object]) -> Callable[P, Gray]:
    @wraps(operation)
    def run(*args: P.args, **kwargs: P.kwargs) -> Gray:
        try:
            return np.asarray(operation(*args, **kwargs), dtype=np.uint8)
        except cv2.error as error:
            raise PictureError(str(error)) from error

    return run


def single_thread() -> None:
    """Keep OpenCV on one core; called once by each process that looks at frames."""
    cv2.setNumThreads(_THREADS)


@_guarded
def half(gray: Gray) -> object:
    """Half the size, averaged."""
    return cv2.resize(gray, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


@_guarded
def scaled(gray: Gray, factor: float) -> object:
    """``factor`` times the size, smooth when growing, averaged when shrinking."""
    way = cv2.INTER_CUBIC if factor > 1 else cv2.INTER_AREA
    return cv2.resize(gray, None, fx=factor, fy=factor, interpolation=way)


@_guarded
def resized(gray: Gray, width: int, height: int) -> object:
    """Exactly ``width`` by ``height`` pixels."""
    return cv2.resize(gray, (width, height), interpolation=cv2.INTER_AREA)


@_guarded
def smoothed(gray: Gray, sigma: float) -> object:
    """Gaussian blur; quiets sensor noise."""
    return cv2.GaussianBlur(gray, (0, 0), sigma)


@_guarded
def sharpened(gray: Gray, amount: float, sigma: float) -> object:
    """Unsharp mask; undoes some defocus."""
    return cv2.addWeighted(gray, 1 + amount, cv2.GaussianBlur(gray, (0, 0), sigma), -amount, 0)


@_guarded
def evened(gray: Gray) -> object:
    """Local contrast equalised; undoes glare and shadow."""
    return cv2.createCLAHE(3.0, (8, 8)).apply(gray)


@_guarded
def black_and_white(gray: Gray) -> object:
    """Otsu's threshold."""
    return cv2.threshold(gray, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[1]


@_guarded
def rectified(gray: Gray, corners: list[tuple[float, float]], side: int, margin: int) -> object:
    """The quadrilateral ``corners`` (clockwise from top left) as a square of ``side`` pixels, ``margin`` around it."""
    inner, outer = float(margin), float(side - margin)
    target = np.array([(inner, inner), (outer, inner), (outer, outer), (inner, outer)], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(np.array(corners, dtype=np.float32), target)
    return cv2.warpPerspective(gray, matrix, (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


@_guarded
def projected(picture: Gray, scene: Gray, corners: list[tuple[float, float]], overscan: float = 1.0) -> object:
    """``scene`` with ``picture`` laid into the quadrilateral ``corners`` (clockwise from top left)."""
    tall, wide = picture.shape
    source = np.array([(0, 0), (wide, 0), (wide, tall), (0, tall)], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(source, np.array(corners, dtype=np.float32))
    height, width = scene.shape
    # Averaging before shrinking, or thin modules turn into moire that no real lens would give.
    shrink = (wide * overscan) / max(1.0, abs(corners[1][0] - corners[0][0]) + abs(corners[1][1] - corners[0][1]))
    soft = cv2.GaussianBlur(picture, (0, 0), 0.45 * shrink) if shrink > 1.2 else picture
    laid = cv2.warpPerspective(soft, matrix, (width, height), flags=cv2.INTER_LINEAR)
    mask = cv2.warpPerspective(np.full_like(picture, 255), matrix, (width, height), flags=cv2.INTER_NEAREST)
    return np.where(mask > 127, laid, scene)


@_guarded
def streaked(gray: Gray, length: int, angle_deg: float) -> object:
    """Motion blur over ``length`` pixels."""
    kernel = np.zeros((length, length), dtype=np.float32)
    kernel[length // 2, :] = 1.0 / length
    centre = ((length - 1) / 2, (length - 1) / 2)
    turned = cv2.warpAffine(kernel, cv2.getRotationMatrix2D(centre, angle_deg, 1.0), (length, length))
    total = max(float(np.sum(turned)), 1e-6)
    return cv2.filter2D(gray, -1, np.asarray(turned, dtype=np.float32) / total)


def read_gray(path: Path) -> Gray | None:
    """The picture in the file as gray, or ``None`` when it is not one."""
    try:
        data = np.frombuffer(path.read_bytes(), dtype=np.uint8)
        picture = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    except (OSError, cv2.error):
        return None
    return None if picture is None else np.asarray(picture, dtype=np.uint8)


def decode_jpeg(data: Gray) -> Gray | None:
    """Compressed bytes straight to gray (4 ms where colour first costs 10), or ``None`` when they are damaged."""
    try:
        picture = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)
    except cv2.error:
        return None
    return None if picture is None else np.asarray(picture, dtype=np.uint8)


def to_gray(picture: NDArray[np.uint8]) -> Gray:
    """A decoded frame (gray or BGR) as gray. Raises :class:`PictureError` for anything else."""
    if picture.ndim == 2:
        return picture
    try:
        return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    except cv2.error as error:
        raise PictureError(str(error)) from error


def write_jpeg(path: Path, gray: Gray, quality: int) -> None:
    """Save as JPEG. Raises :class:`PictureError` where it cannot be encoded."""
    ok, data = cv2.imencode(".jpg", gray, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise PictureError(f"cannot encode {path.name}")
    path.write_bytes(np.asarray(data, dtype=np.uint8).tobytes())
