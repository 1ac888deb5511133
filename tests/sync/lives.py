"""Centres and kiosks whose databases can be copied and put back, for tests of what happens then."""

import dataclasses
import secrets
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from shared.db import SqliteDatabase, open_sqlite
from shared.kernel.clock import ManualClock, utc_text
from shared.kernel.ids import IdMaker
from shared.sync import CentreJournal, KioskJournal, accept, rows, store
from shared.sync.rebuild import differences, rebuild
from shared.sync.receive import Enrolled, SyncProblem
from shared.sync.rejoin import rejoin
from tests.sync.conftest import POINT, Centre, Kiosk
from tests.sync.toy import Filled, held


@dataclasses.dataclass
class World:
    """One centre and its kiosks, whose databases can be copied and put back."""

    folder: Path
    centre: Centre
    numbers: Iterator[int] = dataclasses.field(default_factory=lambda: count(1))
    hardware: dict[int, str] = dataclasses.field(default_factory=dict)

    def copy(self, db: SqliteDatabase) -> Path:
        path = self.folder / f"copy{next(self.numbers)}.db"
        db.backup_to(path)
        return path

    def kiosk_from(self, path: Path, hardware: str = "hw") -> Kiosk:
        db = open_sqlite(path, key=None, authoritative=False)
        clock = self.centre.clock
        kiosk = Kiosk(db, self.centre.house, clock, KioskJournal(db, clock, IdMaker.at_start("K1"), self.centre.house),
                      self.centre)  # fmt: skip
        self.hardware[id(kiosk)] = hardware
        return kiosk

    def restore_centre(self, path: Path) -> None:
        """Put an older copy in the centre's place; it begins a new life."""
        self.centre.db.close()
        db = open_sqlite(path, key=None, authoritative=True)
        with db.writing() as tx:
            life = store.server_life(tx)
            assert life is not None
            store.start_server_life(tx, life.generation + 1, secrets.token_hex(3))
        self.centre.db = db
        self.centre.journal = CentreJournal(db, self.centre.clock, IdMaker.at_start("0"), self.centre.house)

    def round(self, kiosk: Kiosk) -> None:
        """A round as the kiosk makes it: compare histories where the centre asks for it."""
        try:
            self._exchange(kiosk)
        except SyncProblem:
            self._rejoin(kiosk)
            self._exchange(kiosk)

    def _exchange(self, kiosk: Kiosk) -> None:
        if not store.cursors(kiosk.db):
            kiosk.bootstrap()
        device_epoch = self.epochs["K1"]
        if kiosk.state().epoch != device_epoch and not self._parked(kiosk):
            raise SyncProblem("EPOCH", "", -1)
        kiosk.round()

    def _parked(self, kiosk: Kiosk) -> bool:
        lane = store.lanes(self.centre.db, POINT, "K1").get(kiosk.state().epoch)
        return lane is not None and bool(lane.parked)

    epochs: dict[str, str] = dataclasses.field(default_factory=lambda: {"K1": "EK1"})

    def _rejoin(self, kiosk: Kiosk) -> None:
        request = accept.rejoin_request(kiosk.db, kiosk.state(), secrets.token_hex(8))
        own = self.hardware[id(kiosk)] == "hw"
        with self.centre.db.writing() as tx:
            answer = rejoin(tx, point=POINT, current_epoch=self.epochs["K1"], own_hardware=own, request=request,
                            draw_epoch=lambda: f"N{next(self.numbers)}", now=utc_text(kiosk.clock.now()))  # fmt: skip
        if own:
            self.epochs["K1"] = answer.epoch
        accept.take_rejoin(kiosk.db, request, answer, accept.newest_told(request))

    def deliver(self, clone: Kiosk) -> None:
        """What a card in another machine hands over once it has its parked lane."""
        state = dataclasses.replace(clone.state(), hardware=self.hardware[id(clone)])
        request = accept.first_request(clone.db, clone.house, state, "n", {})
        answer = self.centre.answer(request, Enrolled(self.epochs["K1"], "hw"))
        assert answer.rows == []

    def same_after_replay(self) -> bool:
        empty = open_sqlite(self.folder / f"rebuilt{next(self.numbers)}.db", key=None, authoritative=True)
        rebuild(self.centre.db, self.centre.house, empty)
        try:
            return differences(self.centre.db, empty, self.centre.house) == []
        finally:
            empty.close()


def fill(kiosk: Kiosk, box: str, amount: int = 1, note: str = "") -> None:
    assert isinstance(kiosk.clock, ManualClock)
    kiosk.clock.advance(1)
    with kiosk.journal.writing(POINT) as tx:
        kiosk.journal.record(tx, Filled(box, amount, note), point=POINT, actor="店员")


def in_box(world: World, box: str) -> int:
    return held(world.centre.db, POINT, box)


def same(world: World, kiosk: Kiosk) -> bool:
    feed = f"point:{POINT}"
    return rows.digest(kiosk.db, world.centre.house, feed) == rows.digest(world.centre.db, world.centre.house, feed)


def sqlite(kiosk: Kiosk) -> SqliteDatabase:
    assert isinstance(kiosk.db, SqliteDatabase)
    return kiosk.db


def centre_sqlite(world: World) -> SqliteDatabase:
    assert isinstance(world.centre.db, SqliteDatabase)
    return world.centre.db
