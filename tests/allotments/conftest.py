"""A town on SQLite, or on each database in turn."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.allotments.stand import Town


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def town(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Town]:
    """A town whose centre is on SQLite, then on PostgreSQL."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres_server").fresh()
    made = Town(tmp_path, url)
    yield made
    made.close()


@pytest.fixture
def small_town(tmp_path: Path) -> Iterator[Town]:
    """A town whose centre is on SQLite, where copies can be put back."""
    made = Town(tmp_path)
    yield made
    made.close()
