"""zxing-cpp behind a guard: the fastest of the decoders and the only one that hostile codes never upset."""

from dataclasses import dataclass

import zxingcpp

from hardware.decoding.reading import Corners, Reading, reading
from hardware.pictures import Gray

FORMATS = zxingcpp.barcode_formats_from_str("QRCode|Code128|EAN13|EAN8|UPCA")
"""What a kiosk meets: passes and labels (QR), couriers' slips (Code 128), goods (EAN and UPC)."""


@dataclass(frozen=True)
class Sight:
    """What one look found: symbols read, and QR symbols whose place is known but not their text."""

    read: tuple[Reading, ...] = ()
    located: tuple[Corners, ...] = ()


def quick(gray: Gray, by: str) -> Sight:
    """One look without any of the costly switches."""
    return _look(gray, by, thorough=False)


def thorough(gray: Gray, by: str) -> Sight:
    """Every switch on; also tells where unreadable symbols are."""
    return _look(gray, by, thorough=True)


def _look(gray: Gray, by: str, thorough: bool) -> Sight:
    try:
        found = zxingcpp.read_barcodes(
            gray,
            formats=FORMATS,
            try_rotate=thorough,
            try_downscale=thorough,
            try_invert=thorough,
            text_mode=zxingcpp.TextMode.Plain,
            return_errors=thorough,
        )
        return _sorted(found, by)
    except (RuntimeError, ValueError, TypeError, UnicodeError):
        # A frame that a library cannot stomach is an unreadable frame; the next one comes in 66 ms.
        return Sight()


def _sorted(found: list[zxingcpp.Barcode], by: str) -> Sight:
    read = tuple(reading(code.text, _name(code), _corners(code), by) for code in found if code.valid)
    located = tuple(_corners(code) for code in found if not code.valid and _name(code) == "QRCode")
    return Sight(read, located)


def _name(code: zxingcpp.Barcode) -> str:
    return code.format.name


def _corners(code: zxingcpp.Barcode) -> Corners:
    place = code.position
    points = (place.top_left, place.top_right, place.bottom_right, place.bottom_left)
    return tuple((point.x, point.y) for point in points)
