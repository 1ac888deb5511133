"""What a run gave, one line a mode."""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.handout import DISK
from tests.load.database import Under
from tests.load.drive import MODES, Driven, drive, for_seconds
from tests.load.stand import Servers, begin, enrol, servers, settings

WARM_SECONDS = 2.0


@dataclass(frozen=True)
class Figure:
    """One mode of one run. CPU in milliseconds a round: of the servers, of PostgreSQL, of the kiosks' own process."""

    database: str
    servers: int
    mode: str
    per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    app_ms: float
    database_ms: float
    kiosk_ms: float
    bytes_up: float
    bytes_down: float
    disk_bytes: float
    log_bytes: float
    memory_mb: float
    refused: int

    @staticmethod
    def header() -> str:
        """The head of a table of figures."""
        return (
            "| Database | Servers | Rounds | a second | p50 | p95 | p99 | CPU a round: servers | database | kiosks | "
            "Bytes up + down | Kept a round: data | log | Memory | Refused |\n"
            "|---|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|"
        )

    def row(self) -> str:
        """A line of that table."""
        return (
            f"| {self.database} | {self.servers} | {self.mode} | {self.per_second:.0f} | {self.p50_ms:.0f} ms | "
            f"{self.p95_ms:.0f} ms | {self.p99_ms:.0f} ms | {self.app_ms:.2f} ms | {self.database_ms:.2f} ms | "
            f"{self.kiosk_ms:.2f} ms | {self.bytes_up:.0f} + {self.bytes_down:.0f} | {self.disk_bytes:.0f} | "
            f"{self.log_bytes:.0f} | {self.memory_mb:.0f} MB | {self.refused} |"
        )


def measure(
    under: Callable[[], AbstractContextManager[Under]],
    count: int,
    *,
    kiosks: int,
    at_a_time: int,
    seconds: float,
    modes: Sequence[str] = tuple(MODES),
    after: Callable[[Under], None] | None = None,
) -> Iterator[Figure]:
    """A new centre on a new database, ``count`` servers, one kiosk a point, each mode in turn."""
    DISK.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=DISK) as name, under() as database:
        folder = Path(name)
        environ = settings(folder, database.address)
        centre = begin(environ)
        fleet = enrol(centre, [f"L{number:05d}" for number in range(kiosks)])
        centre.db.close()
        with servers(environ, count, log=folder / "log") as running:
            for mode in ("push", "idle"):
                drive(fleet, running.ports, mode=mode, at_a_time=at_a_time, until=for_seconds(WARM_SECONDS / 2))
            for mode in modes:
                meter = _Meter(database, running, folder)
                driven = drive(fleet, running.ports, mode=mode, at_a_time=at_a_time, until=for_seconds(seconds))
                yield meter.read(driven, mode)
            if after is not None:
                after(database)


class _Meter:
    """CPU time and bytes from here on."""

    def __init__(self, database: Under, running: Servers, folder: Path) -> None:
        self._database, self._running, self._folder = database, running, folder
        self._start = self._now()

    def _now(self) -> tuple[float, ...]:
        app, base, own = self._running.cpu_seconds(), self._database.cpu_seconds(), time.process_time()
        return app, base, own, *self._database.disk_bytes(self._folder)

    def read(self, driven: Driven, mode: str) -> Figure:
        """What the rounds cost since."""
        rounds = max(1, driven.rounds)
        app, base, own, data, log = (end - start for start, end in zip(self._start, self._now(), strict=True))
        return Figure(
            database=self._database.name,
            servers=len(self._running.ports),
            mode=mode,
            per_second=driven.per_second,
            p50_ms=driven.at(0.5),
            p95_ms=driven.at(0.95),
            p99_ms=driven.at(0.99),
            app_ms=app * 1000 / rounds,
            database_ms=base * 1000 / rounds,
            kiosk_ms=own * 1000 / rounds,
            bytes_up=driven.sent / rounds,
            bytes_down=driven.received / rounds,
            disk_bytes=data / rounds,
            log_bytes=log / rounds,
            memory_mb=self._running.memory_mb(),
            refused=driven.refused.total(),
        )
