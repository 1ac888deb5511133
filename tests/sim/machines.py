"""The machines of the simulated world: kiosks and the centre, which die, come back, and get old disks put in."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Flask

from kiosk.config import read_config as read_kiosk_config
from kiosk.host import Kiosk, open_kiosk
from kiosk.sync.rounds import open_link
from kiosk.sync.transport import CentreLink
from shared.db import SqliteDatabase, open_sqlite
from shared.kernel.clock import ManualClock
from sync_server.app import make_app
from sync_server.config import read_config as read_centre_config
from sync_server.host import Centre, open_centre
from tests.sim.crashes import Crash, Moment

if TYPE_CHECKING:
    from tests.sim.world import World

ADDRESS = "http://127.0.0.1"
T = TypeVar("T")


def put_back(db_file: Path, copy: Path) -> None:
    """Let ``copy`` take the place of a closed database file."""
    for path in db_file.parent.glob(f"{db_file.name}*"):
        path.unlink()
    shutil.copyfile(copy, db_file)


class Machine:
    """A machine with a data directory, clocks and a database that may die under it."""

    def __init__(self, world: "World", name: str, folder: Path, clock: ManualClock) -> None:
        self.world = world
        self.name = name
        self.folder = folder
        self.clock = clock
        self.backups: list[Path] = []

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

    def keep_backup(self, db: SqliteDatabase) -> None:
        """A copy of the database as it stands."""
        path = self.world.folder / f"{self.name}.backup{len(self.backups)}"
        db.backup_to(path)
        self.backups.append(path)


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
        self._link: CentreLink | None = None

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
            environ = {"LINQU_DATA": str(self.folder), "LINQU_SERVER": ADDRESS}
            self._kiosk = open_kiosk(read_kiosk_config(environ), self.clock)
        return self._kiosk

    @property
    def link(self) -> CentreLink:
        """The way to the centre."""
        if self._link is None:
            self._link = open_link(self.kiosk)
        return self._link

    @contextmanager
    def being(self) -> Iterator[Kiosk]:
        """Within: the product finds itself on this machine's hardware, and its sessions use this machine's line."""
        before, self.world.where = self.world.where, self
        kept = os.environ.get("LINQU_HARDWARE")
        os.environ["LINQU_HARDWARE"] = self.hardware
        try:
            yield self.kiosk
        finally:
            self.world.where = before
            if kept is None:
                os.environ.pop("LINQU_HARDWARE", None)
            else:
                os.environ["LINQU_HARDWARE"] = kept

    def die(self) -> None:
        if self._kiosk is not None:
            self._kiosk.db.close()
        self._kiosk = self._link = None

    def read(self) -> SqliteDatabase:
        """The database for the checker, whether the kiosk runs or not."""
        if self._kiosk is not None:
            return self._kiosk.db
        key = (self.folder / "db.key").read_text().strip()
        return open_sqlite(self.db_file, key=key, authoritative=False)

    def backup(self) -> None:
        """Keep a copy of the card's database."""
        with self.being() as kiosk:
            self.keep_backup(kiosk.db)

    def restore(self, copy: Path) -> None:
        """Put an older copy of the database onto the card; what lies beside it stays."""
        self.die()
        put_back(self.db_file, copy)


_apps: list[Flask] = []


def _app(centre: Centre) -> Flask:
    """The real app; making it takes longer than a whole step, so one serves every life of the centre."""
    if not _apps:
        _apps.append(make_app(centre))
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
            self._centre = open_centre(self.config, self.clock)
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

    def backup(self) -> None:
        """Keep a copy of the database."""
        db = self.centre.db
        assert isinstance(db, SqliteDatabase)
        self.keep_backup(db)

    def restore(self, copy: Path) -> None:
        """Put an older copy of the database back; what lies beside it stays."""
        self.die()
        put_back(self.db_file, copy)
