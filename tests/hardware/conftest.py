"""What the hardware tests share: passes, the label font, a virtual printer."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hardware.labels.fonts import LabelFont, find_font
from hardware.virtual.printer import VirtualPrinter

Digits = Callable[[int], str]
FAST_BAUD = 921_600


@pytest.fixture(scope="session")
def digits() -> Digits:
    """Payloads like those of passes: 49 decimal digits, by seed."""
    return lambda seed: "".join(random.Random(seed).choices("0123456789", k=49))


@pytest.fixture(scope="session")
def font() -> LabelFont:
    """The font that the kiosk would use."""
    return find_font()


@pytest.fixture
def virtual_printer(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    """A running printer: its folder, and the address to print to."""
    folder, link = tmp_path / "printer", tmp_path / "lp"
    with VirtualPrinter(folder, link, baud=FAST_BAUD, label_seconds=0.05):
        yield folder, f"virtual:{link}?baud={FAST_BAUD}"
