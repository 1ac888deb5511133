"""Fixtures for tests of the centre's pages and imports."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shared.kernel.clock import ManualClock
from sync_server.host import Centre
from tests.sync_server.opening import Desk, begin_centre, open_desk


@pytest.fixture
def open_centre_on(
    tmp_path: Path, clock: ManualClock, request: pytest.FixtureRequest
) -> Iterator[Callable[[str], Centre]]:
    """Opens a centre on the named database, ``sqlite`` or ``postgres``."""
    made: list[Centre] = []

    def make(kind: str) -> Centre:
        url = request.getfixturevalue("postgres_server").fresh() if kind == "postgres" else ""
        made.append(begin_centre(tmp_path / f"centre{len(made)}", clock, url))
        return made[-1]

    yield make
    for centre in made:
        centre.db.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def server(request: pytest.FixtureRequest, open_centre_on: Callable[[str], Centre]) -> Centre:
    """A centre on each database in turn."""
    return open_centre_on(request.param)


@pytest.fixture
def desk(open_centre_on: Callable[[str], Centre]) -> Desk:
    """A browser that has not signed in, at a centre on SQLite."""
    return open_desk(open_centre_on("sqlite"))


@pytest.fixture
def signed_in(desk: Desk) -> Desk:
    """A browser whose operator has signed in."""
    assert desk.sign_in().status_code == 303
    return desk
