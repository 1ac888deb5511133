"""A centre with goods on sale and one point that sells them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kiosk.sales.stall import Shop


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """Four products on sale; the kiosk has its rights."""
    made = Shop(tmp_path, goods=4)
    yield made
    made.close()
