"""What decoding a frame gives."""

from dataclasses import dataclass
from enum import StrEnum

from shared.kernel.limits import SCAN_TEXT_BYTES

Corners = tuple[tuple[int, int], ...]

QR = "QRCode"
READABLE_SIDE_PIXELS = 130
"""Below this a 29-module pass has fewer than 4.5 pixels a module, and the read rate falls (bench/RESULTS.md)."""


class Outcome(StrEnum):
    """Every way a symbol in a frame can come out."""

    READ = "read"
    TOO_LONG = "too_long"
    UNREADABLE = "unreadable"


class Hint(StrEnum):
    """What the person at the camera should do about an unreadable symbol."""

    NONE = "none"
    CLOSER = "closer"
    HOLD_STILL = "hold_still"


@dataclass(frozen=True)
class Reading:
    """One symbol. ``text`` is empty unless ``outcome`` is READ; ``corners`` are frame pixels, clockwise from its
    own top left; ``by`` names the step that read it."""

    outcome: Outcome
    symbology: str
    corners: Corners
    text: str = ""
    by: str = ""

    @property
    def side(self) -> float:
        """Side of the square with the symbol's area, in pixels: one misplaced corner changes it little."""
        points = self.corners
        pairs = zip(points, points[1:] + points[:1], strict=True)
        return float(abs(sum(a[0] * b[1] - a[1] * b[0] for a, b in pairs) / 2) ** 0.5)

    @property
    def hint(self) -> Hint:
        """What to tell the person holding it."""
        if self.outcome is not Outcome.UNREADABLE:
            return Hint.NONE
        return Hint.CLOSER if self.side < READABLE_SIDE_PIXELS else Hint.HOLD_STILL


def reading(text: str, symbology: str, corners: Corners, by: str) -> Reading:
    """A decoded symbol; a payload longer than anything we issue is refused here, before anybody looks at it (R23)."""
    if len(text.encode("utf-8", "surrogatepass")) > SCAN_TEXT_BYTES:
        return Reading(Outcome.TOO_LONG, symbology, corners, by=by)
    return Reading(Outcome.READ, symbology, corners, text, by)
