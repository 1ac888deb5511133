"""What the scan worker makes of a frame, and what it says of itself."""

from dataclasses import dataclass

import msgspec

from hardware.decoding.debounce import Seen, Verdict
from hardware.decoding.reading import Hint, Reading

PICTURE, PICTURE_WISH = "camera.jpg", "camera.wish"

HINT_FRAMES = 4
"""So many frames in a row must show a code that cannot be read, before anybody is told what to do about it."""


class Detail(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the worker tells beside its state, as JSON. Rates per second, times in milliseconds."""

    fps: float = 0.0
    decode_ms: float = 0.0
    scans: int = 0
    scanner: str = ""
    posting: str = ""


def read_detail(text: str) -> Detail:
    """What the worker said; nothing for a text of another process or version."""
    try:
        return msgspec.json.decode(text, type=Detail)
    except msgspec.DecodeError:
        return Detail()


@dataclass(frozen=True, slots=True)
class Message:
    """What the web process is told of one scan."""

    kind: str
    text: str = ""
    symbology: str = ""
    hint: str = ""


def message_of(seen: Seen) -> Message | None:
    """The message for one debounced frame; None where there is nothing to tell."""
    match seen.verdict:
        case Verdict.FRESH if seen.reading is not None:
            return Message("read", seen.reading.text, seen.reading.symbology)
        case Verdict.TOO_LONG:
            return Message("too_long", symbology=seen.reading.symbology if seen.reading else "")
        case Verdict.CONFLICT:
            return Message("conflict")
        case _:
            return None


class Hinting:
    """Turns a row of unreadable frames into one hint, then keeps quiet until a row begins anew."""

    def __init__(self) -> None:
        self._row = 0

    def see(self, readings: list[Reading]) -> Message | None:
        """The hint to give on this frame, if any."""
        hints = [one.hint for one in readings if one.hint is not Hint.NONE]
        self._row = self._row + 1 if hints and len(hints) == len(readings) else 0
        return Message("unreadable", hint=hints[0].value) if self._row == HINT_FRAMES else None
