"""One world for all tests of disks; each test hurts a copy."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.disk.world import World, folder_in_memory, make_world

PARCELS = 12


@pytest.fixture(scope="session")
def first_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A centre and its kiosk in the morning; not to be touched."""
    return make_world(tmp_path_factory.mktemp("world") / "first", PARCELS)


@pytest.fixture
def world(first_world: World, tmp_path: Path) -> World:
    """A copy to hurt."""
    return first_world.copy_to(tmp_path / "world")


@pytest.fixture
def quick_world(first_world: World) -> Iterator[World]:
    """A copy to hurt where a sync costs nothing."""
    with folder_in_memory() as folder:
        yield first_world.copy_to(folder / "world")
