"""The parts of a label, in millimetres from its top left corner. Pure data."""

from dataclasses import dataclass
from enum import StrEnum


class Align(StrEnum):
    """Where a text stands in its box, from side to side."""

    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


@dataclass(frozen=True)
class TextBlock:
    """Text in a box. ``size_mm`` is the height of the type at its largest; it shrinks down to ``smallest_mm`` and
    wraps over at most ``lines`` lines to fit. ``exact`` text is refused when a character cannot be drawn or it does
    not fit; other text gets 〓 for such a character and a visible … where it ends early. ``inverted``: white on a
    black box."""

    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float
    text: str
    size_mm: float
    smallest_mm: float = 2.2
    lines: int = 1
    align: Align = Align.LEFT
    bold: bool = False
    exact: bool = False
    inverted: bool = False


@dataclass(frozen=True)
class QrBlock:
    """A QR code (level M) in a square of ``side_mm``, its quiet zone of four modules included."""

    x_mm: float
    y_mm: float
    side_mm: float
    text: str


@dataclass(frozen=True)
class RuleBlock:
    """A black line or bar."""

    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float


Block = TextBlock | QrBlock | RuleBlock


@dataclass(frozen=True)
class Label:
    """A label of a size, with its blocks in drawing order."""

    width_mm: float
    height_mm: float
    blocks: tuple[Block, ...]
