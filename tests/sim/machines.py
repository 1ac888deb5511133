"""The machines of the simulated world: kiosks and the centre, which die, come back, and get old disks put in."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Flask

from kiosk.config import Config
from kiosk.config import read_config as read_kiosk_config
from kiosk.copies import operations as copies
from kiosk.host import Kiosk, open_kiosk
from kiosk.sync.worker import SyncWorker
from shared.db import SqliteDatabase, open_sqlite
from shared.kernel.clock import ManualClock
from shared.kernel.limits import FACTS_KEPT_DAYS
from sync_server import backups, life
from sync_server.app import make_app
from sync_server.config import read_config as read_centre_config
from sync_server.host import Centre, open_centre
from tests.sim.crashes import Crash, Moment

if TYPE_CHECKING:
    from tests.sim.world import World

ADDRESS = "http://127.0.0.1"
# facts are kept at kiosks for a fortnight after a backup holds them: an older copy of the centre may miss some
BACKUP_DAYS = FACTS_KEPT_DAYS - 1
T = TypeVar("T")


def put_back(db_file: Path, copy: Path) -> None:
    """Let ``copy`` take the place of a closed database file."""
    for path in db_file.parent.glob(f"{db_file.name}*"):
        path.unlink()
    shutil.copyfile(copy, db_file)


@dataclass(frozen=True)
class Backup:
    """A copy of a database, and when it was made, in seconds of the world."""

    path: Path
    at: float


class Machine:
    """A machine with a data directory, clocks and a database that may die under it."""

    def __init__(self, world: "World", name: str, folder: Path, clock: ManualClock) -> None:
        self.world = world
        self.name = name
        self.folder = folder
        self.clock = clock
        self.backups: list[Backup] = []

    @property
    def db_file(self) -> Path:
        """Where the database lies."""
        raise NotImplementedError

    def light(self, transactions: int, moment: Moment) -> None:
        """Let the machine die at the transaction after so many others."""
        fuse = self.world.fuses.of(self.db_file)
        fuse.left, fuse.moment = transactions, moment

    def die(self) -> None:
        """Everything in memory is gone; the disk stays."""
        raise NotImplementedError

    def run(self, work: Callable[[], T]) -> T | None:
        """Do something that the machine may die over; None when it did."""
        try:
            return work()
        except Crash:
            self.die()
            self.world.note(f"{self.name} died")
            self.world.count("crash")
            return None

    def new_backup(self) -> Path:
        """A place for one more copy of the database; it counts once something lies there."""
        path = self.world.folder / f"{self.name}.backup{len(self.backups)}"
        path.unlink(missing_ok=True)
        self.backups.append(Backup(path, self.world.now))
        return path

    def usable_backups(self) -> list[Path]:
        """Copies that were finished and are no older than a centre may be put back to."""
        oldest = self.world.now - BACKUP_DAYS * 86400
        return [one.path for one in self.backups if one.path.exists() and one.at >= oldest]


class KioskMachine(Machine):
    """One kiosk. ``clone_of`` names the machine whose card was copied."""

    def __init__(
        self, world: "World", name: str, folder: Path, clock: ManualClock, *, hardware: str, clone_of: str = ""
    ) -> None:
        super().__init__(world, name, folder, clock)
        self.hardware = hardware
        self.clone_of = clone_of
        self.online = True
        self.gone = False
        self.failures = 0
        self.trouble = ""
        self._kiosk: Kiosk | None = None
        self._worker: SyncWorker | None = None

    @property
    def db_file(self) -> Path:
        return self.folder / "kiosk.db"

    @property
    def up(self) -> bool:
        """Whether its processes run."""
        return self._kiosk is not None

    @property
    def kiosk(self) -> Kiosk:
        """The running kiosk; starts it when it is down. Raises ``Crash`` when it dies over that."""
        if self._kiosk is None:
            self._kiosk = open_kiosk(self.config, self.clock)
        return self._kiosk

    @property
    def config(self) -> Config:
        """The kiosk's settings."""
        environ = {"LINQU_DATA": str(self.folder), "LINQU_SERVER": ADDRESS, "LINQU_HARDWARE": self.hardware}
        return read_kiosk_config(environ)

    @property
    def worker(self) -> SyncWorker:
        """The sync process."""
        if self._worker is None:
            self._worker = SyncWorker(self.kiosk, Event(), self.world.rng.random)
        return self._worker

    @contextmanager
    def being(self) -> Iterator[Kiosk]:
        """Within: sessions that the product opens use this machine's line."""
        before, self.world.where = self.world.where, self
        try:
            yield self.kiosk
        finally:
            self.world.where = before

    def die(self) -> None:
        if self._kiosk is not None:
            self._kiosk.db.close()
        self._kiosk = self._worker = None

    def read(self) -> SqliteDatabase:
        """The database for the checker, whether the kiosk runs or not."""
        if self._kiosk is not None:
            return self._kiosk.db
        key = (self.folder / "db.key").read_text().strip()
        return open_sqlite(self.db_file, key=key, authoritative=False)

    def backup(self) -> None:
        """Keep a copy of the card's database."""
        with self.being() as kiosk:
            copies.back_up(kiosk, self.new_backup())

    def restore(self, copy: Path, *, by_command: bool) -> None:
        """Put an older copy of the database onto the card; what lies beside it stays."""
        self.die()
        if by_command:
            copies.restore(self.config, copy, self.clock, older=True)
        else:
            put_back(self.db_file, copy)


_apps: list[Flask] = []


def _app(centre: Centre) -> Flask:
    """The real app; making it takes longer than a whole step, so one serves every life of the centre."""
    if not _apps:
        app = make_app(centre)
        # a fault of the product ends the seed, instead of a page that says so
        app.config["PROPAGATE_EXCEPTIONS"] = True
        _apps.append(app)
    extensions: dict[str, Any] = _apps[0].extensions
    extensions["linqu_centre"] = centre
    return _apps[0]


class CentreMachine(Machine):
    """The centre."""

    def __init__(self, world: "World", folder: Path, clock: ManualClock) -> None:
        super().__init__(world, "centre", folder, clock)
        self._centre: Centre | None = None

    @property
    def db_file(self) -> Path:
        return self.folder / "centre.db"

    @property
    def config(self) -> Any:
        """The centre's settings."""
        return read_centre_config({"LINQU_DATA": str(self.folder)})

    @property
    def centre(self) -> Centre:
        """The running centre; starts it when it is down. Raises ``Crash`` when it dies over that."""
        if self._centre is None:
            centre = open_centre(self.config, self.clock)
            self._centre = centre
            life.note_start(centre.db, self.folder)
        return self._centre

    @property
    def running(self) -> bool:
        """Whether its process runs."""
        return self._centre is not None

    def wsgi(self) -> Any:
        """The app that answers kiosks; None when the centre died at its start."""
        centre = self.run(lambda: self.centre)
        return None if centre is None else _app(centre)

    def die(self) -> None:
        if self._centre is not None:
            self._centre.db.close()
        self._centre = None

    def read(self) -> SqliteDatabase:
        """The database for the checker."""
        if self._centre is not None:
            db = self._centre.db
            assert isinstance(db, SqliteDatabase)
            return db
        key = (self.folder / "db.key").read_text().strip()
        return open_sqlite(self.db_file, key=key, authoritative=True)

    def backup(self, *, by_command: bool) -> None:
        """Make a backup as operators do, or copy the file behind the centre's back."""
        place = self.new_backup()
        if by_command:
            backups.back_up(self.centre, place)
        else:
            db = self.centre.db
            assert isinstance(db, SqliteDatabase)
            db.backup_to(place)

    def restore(self, copy: Path, *, by_command: bool) -> None:
        """Put an older copy of the database back; what lies beside it stays."""
        self.die()
        if by_command:
            backups.restore(self.config, copy, self.clock)
        else:
            put_back(self.db_file, copy)
