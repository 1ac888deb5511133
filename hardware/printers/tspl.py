"""TSPL: a 1-bit bitmap to bytes, and the printer's answers back. Pure.

The language of TSC and of its many Chinese relatives (Gprinter, Xprinter, HPRT, Deli), whose firmware differs. We use
the few commands that all of them know, draw everything ourselves, and ask for an echo that some of them give.
"""

import re
from dataclasses import dataclass

from PIL import Image

from hardware.printers.status import PrinterStatus, Trouble
from shared.kernel.limits import PRINTER_BLOCK_BYTES

DOTS_PER_MM = 8
"""203 dpi is exactly eight dots a millimetre."""
GAP_MM = 2
STATUS_QUERY = b"\x1b!?"
RESYNC = b"\r\n" * (PRINTER_BLOCK_BYTES // 2 + 2) + b"CLS\r\n"
"""Line ends fill what is missing of a cut-off BITMAP (no block is longer), then the picture is cleared. A printer that
was not in the middle of one sees empty lines."""

_JOB_NAME = re.compile(r"[A-Za-z0-9._#/-]{1,64}")
_ECHO = re.compile(rb"\{([A-Za-z0-9._#/-]{1,64})\}\r?\n?")
_ECHO_BEGUN = re.compile(rb"\{[A-Za-z0-9._#/-]{0,64}\}?\r?\Z")
_STATUS_BITS = (
    (0x01, Trouble.COVER_OPEN),
    (0x02, Trouble.JAM),
    (0x04, Trouble.PAPER_OUT),
    (0x08, Trouble.RIBBON_OUT),
    (0x10, Trouble.PAUSED),
    (0x40, Trouble.COVER_OPEN),
    (0x80, Trouble.TOO_HOT),
)
_PRINTING = 0x20


@dataclass(frozen=True)
class Block:
    """A box with ink: ``x`` in dots (a multiple of 8), ``y`` in dots, ``width`` in bytes, rows top to bottom. In
    ``rows`` a 1 bit is ink, as Pillow's inverted ``1`` images have it."""

    x: int
    y: int
    width: int
    rows: tuple[bytes, ...]


@dataclass(frozen=True)
class Job:
    """Encoded bytes. Before the first ``safe`` bytes have all left, the printer cannot print anything."""

    data: bytes
    safe: int


def encode(bitmap: Image.Image, job: str, density: int = 8, gap_mm: float = GAP_MM) -> Job:
    """The label ``bitmap`` (mode ``1``, 0 is ink, 8 dots a millimetre) as a TSPL job that echoes the name ``job``.

    ``density`` is TSPL's darkness, 0 to 15. Raises ``ValueError`` for another mode or a name that TSPL cannot quote.
    """
    if bitmap.mode != "1" or not bitmap.width or not bitmap.height:
        raise ValueError("a label must be a 1-bit bitmap")
    if not _JOB_NAME.fullmatch(job):
        raise ValueError("a job name is 1 to 64 letters, digits or ._#/-")
    head = (
        f"SIZE {_mm(bitmap.width)} mm,{_mm(bitmap.height)} mm\r\nGAP {gap_mm:g} mm,0 mm\r\nDIRECTION 1\r\n"
        f"REFERENCE 0,0\r\nDENSITY {density}\r\nCLS\r\n"
    ).encode("ascii")
    body = b"".join(_bitmap_command(block) for block in blocks(bitmap))
    tail = f'PRINT 1,1\r\nEOJ\r\nOUT "{{{job}}}"\r\n'.encode("ascii")
    # "PRINT 1,1" is carried out at its line end at the latest; some firmware may do it at the first digit.
    return Job(head + body + tail, len(head) + len(body) + len(b"PRINT"))


def blocks(bitmap: Image.Image) -> list[Block]:
    """The bitmap's ink as tight boxes, none longer than ``PRINTER_BLOCK_BYTES``."""
    stride = (bitmap.width + 7) // 8
    # Pillow packs 1 as white; the complement is ink, and bits beyond the width must not become ink.
    white = bitmap.tobytes()
    spare = (1 << (stride * 8 - bitmap.width)) - 1
    rows = []
    for at in range(0, len(white), stride):
        row = bytearray(byte ^ 0xFF for byte in white[at : at + stride])
        row[-1] &= 0xFF ^ spare
        rows.append(bytes(row))
    return [piece for box in _cut(rows, 0, 0) for piece in _limited(box)]


def _mm(dots: int) -> str:
    return f"{dots / DOTS_PER_MM:g}"


def _bitmap_command(block: Block) -> bytes:
    header = f"BITMAP {block.x},{block.y},{block.width},{len(block.rows)},0,".encode("ascii")
    # In TSPL a 0 bit is a dot.
    return header + bytes(byte ^ 0xFF for row in block.rows for byte in row) + b"\r\n"


def _cut(rows: list[bytes], x: int, y: int) -> list[Block]:
    """Cut at empty rows, then at empty columns, until nothing more falls apart."""
    bands = _runs([any(row) for row in rows], gap=3)
    found = []
    for top, bottom in bands:
        band = rows[top:bottom]
        columns = _runs([any(row[at] for row in band) for at in range(len(band[0]))], gap=2)
        for left, right in columns:
            piece = [row[left:right] for row in band]
            whole = len(bands) == 1 and len(columns) == 1 and len(piece) == len(rows)
            if whole and right - left == len(rows[0]):
                found.append(Block(x * 8, y, right - left, tuple(piece)))
            else:
                found += _cut(piece, x + left, y + top)
    return found


def _runs(inked: list[bool], gap: int) -> list[tuple[int, int]]:
    """Stretches of True as ``(from, to)``; holes shorter than ``gap`` do not divide: a header costs 20 bytes too."""
    runs: list[tuple[int, int]] = []
    for at, ink in enumerate(inked):
        if not ink:
            continue
        if runs and at - runs[-1][1] < gap:
            runs[-1] = (runs[-1][0], at + 1)
        else:
            runs.append((at, at + 1))
    return runs


def _limited(block: Block) -> list[Block]:
    height = max(1, PRINTER_BLOCK_BYTES // block.width)
    return [
        Block(block.x, block.y + at, block.width, block.rows[at : at + height])
        for at in range(0, len(block.rows), height)
    ]


@dataclass(frozen=True)
class Answers:
    """What came back: names of jobs that the printer says it printed, other bytes, and an echo not yet complete."""

    printed: tuple[str, ...]
    other: bytes
    rest: bytes


def split_answers(data: bytes) -> Answers:
    """Tell echoes (``{job}``) from status bytes in what the printer sent."""
    printed = tuple(name.decode("ascii") for name in _ECHO.findall(data))
    other = _ECHO.sub(b"", data)
    begun = _ECHO_BEGUN.search(other)
    # A lone "{" is also a status byte (0x7B); it stays in ``rest`` until more comes or the caller gives up.
    cut = begun.start() if begun else len(other)
    return Answers(printed, other[:cut], other[cut:])


def parse_status(answer: bytes) -> PrinterStatus:
    """The answer to ``ESC!?``. Exactly one byte is a status; nothing is silence; anything else is unreadable.

    0xFF is what an idle or floating line gives and no printer is in all of these states: unreadable, never fine.
    """
    if not answer:
        return PrinterStatus(troubles=(Trouble.SILENT,))
    if len(answer) != 1 or answer == b"\xff":
        return PrinterStatus(troubles=(Trouble.UNREADABLE,))
    byte = answer[0]
    troubles = dict.fromkeys(trouble for bit, trouble in _STATUS_BITS if byte & bit)
    return PrinterStatus(troubles=tuple(troubles), printing=bool(byte & _PRINTING), known=True)
