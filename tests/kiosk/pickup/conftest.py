"""A kiosk for each test, its app and its residents' screen."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from shared.kernel.clock import ManualClock
from tests.kiosk.pickup.scene import START, Scene, settings


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def scene(tmp_path: Path, clock: ManualClock) -> Iterator[Scene]:
    made = Scene.open(settings(tmp_path / "kiosk"), clock)
    yield made
    made.kiosk.db.close()


@pytest.fixture
def screen(scene: Scene) -> FlaskClient:
    return scene.app().test_client()
