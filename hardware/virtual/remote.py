"""What other processes say to the virtual devices: hold up a pass, take the paper out. Loads no image library."""

import json
from pathlib import Path
from typing import Any

from hardware.virtual.mailbox import Mailbox, carried_out

CAMERA_MODES = ("normal", "covered", "unplugged", "frozen")
PRINTER_WORDS = (
    "paper_out",
    "paper_in",
    "cover_open",
    "cover_close",
    "stall",
    "go_on",
    "vanish",
    "return",
    "garbage",
    "sane",
)
SHOW_SECONDS = 1.5

__all__ = [
    "CAMERA_MODES",
    "PRINTER_WORDS",
    "SHOW_SECONDS",
    "carried_out",
    "hold_up",
    "labels",
    "printer_state",
    "tell_camera",
    "tell_printer",
]


def hold_up(folder: Path, text: str, seconds: float = SHOW_SECONDS, hardness: float = 0.3, seed: int = 0) -> Path:
    """Hold the code for ``text`` up to the camera ``virtual:folder`` for ``seconds``, as a hand does it.

    Returns at once; the path that is returned exists until the showing is over (wait with :func:`carried_out`).
    Showings queue up. ``hardness`` 0 to 1; ``seed`` 0 takes one from the text.
    """
    return Mailbox(folder).put({"show": text, "seconds": seconds, "hardness": hardness, "seed": seed})


def tell_camera(folder: Path, mode: str) -> Path:
    """Make the camera ``covered``, ``unplugged``, ``frozen`` or ``normal``. Raises ``ValueError`` for another word."""
    if mode not in CAMERA_MODES:
        raise ValueError(f"not one of {', '.join(CAMERA_MODES)}: {mode}")
    return Mailbox(folder).put({"mode": mode})


def tell_printer(folder: Path, word: str) -> Path:
    """Tell the printer of ``folder`` one of ``PRINTER_WORDS``; the returned path is gone once it has obeyed.

    Raises ``ValueError`` for another word.
    """
    if word not in PRINTER_WORDS:
        raise ValueError(f"not one of {', '.join(PRINTER_WORDS)}: {word}")
    return Mailbox(folder).put({"tell": word})


def labels(folder: Path) -> list[Path]:
    """The labels that the printer of ``folder`` has printed, as PNG files, oldest first."""
    return sorted(folder.glob("label-*.png"))


def printer_state(folder: Path) -> dict[str, Any]:
    """What the printer last published: paper, covered, stalled, present, garbage, labels, held, received_bytes,
    faults. Empty before its first start."""
    try:
        state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}
