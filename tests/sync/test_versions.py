"""R20: kiosks and centres of different versions work together; nobody has to update on the same day.

Three versions of one room. The second adds a column, a field to a payload and a kind; the third a table and a kind. A
version states its protocol, and what it sends carries fields that older ones have never heard of.
"""

from dataclasses import dataclass
from itertools import product
from pathlib import Path

import msgspec
import pytest

from shared.db import Database, SqliteDatabase, Tx, open_sqlite
from shared.kernel.ids import IdMaker
from shared.sync import CentreJournal, Fact, FactKind, House, KioskJournal, Room, SyncedTable, accept, put, rows, store
from shared.sync.quarantine import retry_known, room_of
from shared.sync.rebuild import differences, migrate_house, rebuild
from shared.sync.receive import Enrolled, receive
from shared.sync.wire import SyncAnswer, SyncRequest, pack, unpack
from tests.sync.conftest import FEEDS, POINT, Centre, Kiosk, make_centre
from tests.sync.toy import BOXES, Filled, held
from tests.sync.toy import ROOM as FIRST

VERSIONS = (1, 2, 3)


class FilledInColour(msgspec.Struct, frozen=True, array_like=True):
    """The second version of the payload: one field more, at the end, with a default."""

    box: str
    amount: int
    note: str = ""
    colour: str = "plain"


class Painted(msgspec.Struct, frozen=True, array_like=True):
    """A box got a colour; new in the second version."""

    box: str
    colour: str


class Covered(msgspec.Struct, frozen=True, array_like=True):
    """A box got a lid; new in the third version."""

    box: str


COLOURED = SyncedTable("boxes", "point", ("id",), (*BOXES.columns, "colour"))
LIDS = SyncedTable("lids", "point", ("box",), ("point", "box"))


def _filled(tx: Tx, fact: Fact, it: FilledInColour) -> None:
    amount = held(tx, fact.point, it.box) + it.amount
    put(tx, COLOURED, {"point": fact.point, "id": it.box, "held": amount, "note": it.note, "colour": it.colour})


def _painted(tx: Tx, fact: Fact, it: Painted) -> None:
    row = rows.read(tx, COLOURED, (fact.point, it.box))
    if row is None:
        raise LookupError("no such box")
    put(tx, COLOURED, {**{name: row[name] for name in COLOURED.columns}, "colour": it.colour})


def _covered(tx: Tx, fact: Fact, it: Covered) -> None:
    put(tx, LIDS, {"point": fact.point, "box": it.box})


_SECOND_STEP = ("ALTER TABLE boxes ADD COLUMN colour TEXT NOT NULL DEFAULT ''",)
_THIRD_STEP = (
    (
        "CREATE TABLE lids (point TEXT NOT NULL, box TEXT NOT NULL, version BIGINT NOT NULL DEFAULT 0, "
        "deleted BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (point, box))"
    ),
)
_rest = tuple(kind for kind in FIRST.kinds if kind.payload is not Filled)
_second_kinds = (
    FactKind("toy.filled.v1", FilledInColour, _filled),
    FactKind("toy.painted.v1", Painted, _painted),
    *_rest,
)
ROOMS = {
    1: FIRST,
    2: Room("toy", _second_kinds, (COLOURED, *FIRST.synced[1:]), (*FIRST.migrations, _SECOND_STEP)),
    3: Room(
        "toy",
        (*_second_kinds, FactKind("toy.covered.v1", Covered, _covered)),
        (COLOURED, LIDS, *FIRST.synced[1:]),
        (*FIRST.migrations, _SECOND_STEP, _THIRD_STEP),
    ),
}


def house_of(version: int) -> House:
    return House([ROOMS[version], room_of([ROOMS[version]])])


def with_unknown_fields(message: msgspec.Struct) -> bytes:
    """As a later version would send it: with a field at its end that nobody here knows."""
    return msgspec.msgpack.encode([*unpack(pack(message), list), {"what comes later": [1, 2, 3]}])


@dataclass
class Pair:
    """A kiosk and a centre, each of a version that can be raised."""

    centre: Centre
    kiosk: Kiosk
    folder: Path

    def update_centre(self, version: int) -> None:
        house = house_of(version)
        migrate_house(self.centre.db, house)
        self.centre.house = house
        self.centre.journal = CentreJournal(self.centre.db, self.centre.clock, IdMaker.at_start("0"), house)
        retry_known(self.centre.journal)

    def update_kiosk(self, version: int) -> None:
        house = house_of(version)
        if migrate_house(self.kiosk.db, house):
            with self.kiosk.db.writing() as tx:
                store.forget_cursors(tx)
        self.kiosk.house = house
        self.kiosk.journal = KioskJournal(self.kiosk.db, self.kiosk.clock, IdMaker.at_start("K1"), house)

    def record(self, payload: msgspec.Struct) -> None:
        with self.kiosk.journal.writing(POINT) as tx:
            self.kiosk.journal.record(tx, payload, point=POINT, actor="店员")

    def record_at_centre(self, payload: msgspec.Struct) -> None:
        with self.centre.journal.writing(POINT) as tx:
            self.centre.journal.record(tx, payload, point=POINT, actor="运营")

    def round(self, kiosk_version: int) -> None:
        if not store.cursors(self.kiosk.db):
            self.kiosk.bootstrap()
        state = self.kiosk.state()
        request = accept.first_request(self.kiosk.db, self.kiosk.house, state, "nonce", {})
        stated = msgspec.structs.replace(request, protocol=kiosk_version)
        asked = unpack(with_unknown_fields(stated), SyncRequest)
        answer = receive(self.centre.db, self.centre.house, self.centre.clock, point=POINT, feeds=FEEDS,
                         enrolled=Enrolled(asked.epoch, asked.hardware),
                         request=asked, next_s=30)  # fmt: skip
        taken = unpack(with_unknown_fields(answer), SyncAnswer)
        accept.check_answer(stated, taken)
        accept.accept(self.kiosk.db, self.kiosk.house, self.kiosk.clock, state, [taken])


def filled(version: int, box: str, amount: int) -> msgspec.Struct:
    return Filled(box, amount) if version == 1 else FilledInColour(box, amount, colour="red")


def new_facts(version: int) -> list[msgspec.Struct]:
    return [Painted("a", "green"), Covered("a")][: version - 1]


def make_pair(tmp_path: Path, kiosk_version: int, centre_version: int) -> Pair:
    centre_db: Database = open_sqlite(tmp_path / "centre.db", key=None, authoritative=True)
    centre = make_centre(centre_db)
    kiosk_db = open_sqlite(tmp_path / "kiosk.db", key=None, authoritative=False)
    migrate_house(kiosk_db, house_of(1))
    with kiosk_db.writing() as tx:
        store.enrol_state(tx, device="K1", hardware="hw", epoch="EK1", point=POINT, region="jinan", generation=1)
    journal = KioskJournal(kiosk_db, centre.clock, IdMaker.at_start("K1"), house_of(1))
    pair = Pair(centre, Kiosk(kiosk_db, house_of(1), centre.clock, journal, centre), tmp_path)
    pair.update_centre(centre_version)
    pair.update_kiosk(kiosk_version)
    return pair


@pytest.mark.parametrize(("kiosk_version", "centre_version"), list(product(VERSIONS, VERSIONS)))
def test_every_version_of_a_kiosk_works_with_every_version_of_the_centre(
    tmp_path: Path, kiosk_version: int, centre_version: int
) -> None:
    """What both know is applied on both sides; what one does not know waits, and holds up nothing."""
    pair = make_pair(tmp_path, kiosk_version, centre_version)
    centre_db, kiosk_db = pair.centre.db, pair.kiosk.db
    pair.record_at_centre(filled(centre_version, "a", 1))
    pair.round(kiosk_version)
    pair.record(filled(kiosk_version, "a", 10))
    for fact in new_facts(kiosk_version):
        pair.record(fact)
    pair.record(filled(kiosk_version, "b", 100))
    for fact in new_facts(centre_version):
        pair.record_at_centre(fact)
    for _ in range(2):
        pair.round(kiosk_version)
    assert held(kiosk_db, POINT, "a") == held(centre_db, POINT, "a") == 11
    assert held(kiosk_db, POINT, "b") == held(centre_db, POINT, "b") == 100
    assert store.outbox(kiosk_db)[0] == 0
    unknown = max(0, kiosk_version - centre_version)
    assert [row["reason"] for row in store.open_quarantine(centre_db)] == ["UNKNOWN_KIND"] * unknown

    # server first, then kiosks: in the end both are new, and equal without anybody's help
    pair.update_centre(3)
    assert store.count_quarantine(centre_db) == 0
    pair.round(kiosk_version)
    pair.update_kiosk(3)
    pair.round(3)
    assert all(
        rows.digest(kiosk_db, pair.kiosk.house, feed) == rows.digest(centre_db, pair.centre.house, feed)
        for feed in FEEDS
    )
    assert store.count_quarantine(kiosk_db) == 0


def test_a_replay_by_the_new_version_arrives_at_what_the_retried_facts_made(tmp_path: Path) -> None:
    """Facts that were applied late are applied late in a replay too."""
    pair = make_pair(tmp_path, 3, 2)
    pair.round(3)
    pair.record(FilledInColour("a", 10))
    pair.record(Covered("a"))
    pair.round(3)
    pair.update_centre(3)
    empty = open_sqlite(tmp_path / "rebuilt.db", key=None, authoritative=True)
    rebuild(pair.centre.db, pair.centre.house, empty)
    assert differences(pair.centre.db, empty, pair.centre.house) == []
    empty.close()
    assert isinstance(pair.kiosk.db, SqliteDatabase)
