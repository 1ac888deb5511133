"""The order of attempts that measured best (HARDWARE.md): cheap on the whole frame, dear only where a symbol is."""

from collections.abc import Callable, Iterator

from hardware.decoding import zbar, zxing
from hardware.decoding.reading import QR, Corners, Outcome, Reading, reading
from hardware.decoding.zxing import Sight
from hardware.pictures import (
    Gray,
    PictureError,
    black_and_white,
    evened,
    half,
    rectified,
    scaled,
    sharpened,
    single_thread,
    smoothed,
)
from shared.kernel.limits import SCAN_RESCUE_SECONDS

Operation = Callable[[Gray], Gray]

RECTIFIED_SIDE, RECTIFIED_MARGIN = 420, 48
"""Pixels: 9 to 13 a module for the passes we issue, with a quiet zone of four modules."""

RESTORATIONS: tuple[tuple[str, Operation], ...] = (
    ("rectified", lambda gray: gray),
    ("rectified sharp", lambda gray: sharpened(gray, 2.0, 4.0)),
    ("rectified smooth", lambda gray: smoothed(gray, 2.5)),
    ("rectified even", evened),
    ("rectified two-tone", lambda gray: black_and_white(smoothed(gray, 1.5))),
)
ALTERNATIVES: tuple[tuple[str, Operation], ...] = (
    ("larger", lambda gray: scaled(gray, 1.5)),
    ("sharp", lambda gray: sharpened(gray, 1.5, 2.0)),
    ("smooth", lambda gray: smoothed(gray, 1.2)),
    ("even", evened),
)


class Decoder:
    """Decodes frames of one camera. Keeps only which whole-frame alternative comes next."""

    def __init__(self, monotonic: Callable[[], float], budget_s: float = SCAN_RESCUE_SECONDS) -> None:
        single_thread()
        self._monotonic = monotonic
        self._budget_s = budget_s
        self._turn = 0

    def decode(self, gray: Gray) -> list[Reading]:
        """Everything found in the frame, each text once; an empty list for a frame without symbols. Never raises
        for what a frame shows. ``gray``: two-dimensional, 8 bit."""
        if gray.ndim != 2 or min(gray.shape) < 32:
            return []
        deadline = self._monotonic() + self._budget_s
        try:
            return _once_each(self._attempts(gray, deadline))
        except PictureError:
            return []

    def _attempts(self, gray: Gray, deadline: float) -> list[Reading]:
        first = zxing.quick(half(gray), "half")
        if first.read:
            # A second pass in the frame may be legible only at full size, and two passes must be refused.
            return [*(_doubled(found) for found in first.read), *zxing.quick(gray, "full").read]
        full = zxing.thorough(gray, "full")
        lost = [corners for corners in full.located if not any(_same_place(corners, one) for one in full.read)]
        rescued = [self._rescue(gray, corners, deadline) for corners in lost]
        if full.read or any(found.outcome is Outcome.READ for found in rescued):
            return [*full.read, *rescued]
        if self._monotonic() < deadline:
            other = self._alternative(gray)
            if other.read:
                return list(other.read)
        return rescued

    def _rescue(self, gray: Gray, corners: Corners, deadline: float) -> Reading:
        """Straighten a located symbol and try to restore it while there is time."""
        for name, square in self._restored(gray, corners, deadline):
            sight = zxing.thorough(square, name)
            if sight.read:
                found = sight.read[0]
                return Reading(found.outcome, found.symbology, corners, found.text, name)
            if name == RESTORATIONS[-1][0]:
                text = zbar.qr_text(square)
                if text is not None:
                    return reading(text, QR, corners, "zbar")
        return Reading(Outcome.UNREADABLE, QR, corners)

    def _restored(self, gray: Gray, corners: Corners, deadline: float) -> Iterator[tuple[str, Gray]]:
        if len(set(corners)) < 4:
            return
        places = [(float(x), float(y)) for x, y in corners]
        square = rectified(gray, places, RECTIFIED_SIDE, RECTIFIED_MARGIN)
        for name, operation in RESTORATIONS:
            if self._monotonic() > deadline:
                return
            yield name, operation(square)

    def _alternative(self, gray: Gray) -> Sight:
        name, operation = ALTERNATIVES[self._turn % len(ALTERNATIVES)]
        self._turn += 1
        sight = zxing.thorough(operation(gray), name)
        if name != "larger":
            return sight
        return Sight(tuple(_scaled(found, 1 / 1.5) for found in sight.read))


def _doubled(found: Reading) -> Reading:
    return _scaled(found, 2.0)


def _scaled(found: Reading, factor: float) -> Reading:
    corners = tuple((round(x * factor), round(y * factor)) for x, y in found.corners)
    return Reading(found.outcome, found.symbology, corners, found.text, found.by)


def _same_place(corners: Corners, found: Reading) -> bool:
    """True where a located symbol is one that was read already: zxing-cpp reports both at times."""
    x, y = _middle(corners)
    other_x, other_y = _middle(found.corners)
    return abs(x - other_x) + abs(y - other_y) < found.side / 2


def _middle(corners: Corners) -> tuple[float, float]:
    count = max(1, len(corners))
    return sum(x for x, _ in corners) / count, sum(y for _, y in corners) / count


def _once_each(found: list[Reading]) -> list[Reading]:
    """Each text once, whatever looks found it; too long ones have no text to tell them apart, so one of them."""
    seen: dict[tuple[object, ...], Reading] = {}
    for one in found:
        place = one.corners if one.outcome is Outcome.UNREADABLE else ()
        seen.setdefault((one.outcome, one.symbology, one.text, place), one)
    return list(seen.values())
