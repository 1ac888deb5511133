"""A centre and a kiosk in one process, joined by function calls; the bytes are packed and unpacked as on the wire."""

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.db import Database, open_sqlite
from shared.db.postgres import open_postgres
from shared.kernel.clock import ManualClock
from shared.kernel.ids import IdMaker
from shared.sync import CentreJournal, House, KioskJournal, accept, rows, signing, snapshot, store
from shared.sync.rebuild import migrate_house
from shared.sync.receive import Enrolled, receive
from shared.sync.wire import SyncAnswer, SyncRequest, pack, unpack
from tests.sync.toy import ROOM

POINT, REGION = "JN-HL01", "jinan"
FEEDS = [f"region:{REGION}", f"point:{POINT}"]


@dataclass
class Centre:
    """The centre: answers one request."""

    db: Database
    house: House
    clock: ManualClock
    journal: CentreJournal
    key: Ed25519PrivateKey

    def answer(self, request: SyncRequest, enrolled: Enrolled | None = None) -> SyncAnswer:
        """By default the device that asks is the one that was enrolled."""
        asked = unpack(pack(request), SyncRequest)
        enrolled = enrolled or Enrolled(asked.epoch, asked.hardware)
        answer = receive(self.db, self.house, self.clock, point=POINT, feeds=FEEDS,
                         enrolled=enrolled, request=asked, next_s=30)  # fmt: skip
        return unpack(pack(answer), SyncAnswer)


@dataclass
class Kiosk:
    """The kiosk: asks and takes."""

    db: Database
    house: House
    clock: ManualClock
    journal: KioskJournal
    centre: Centre

    def state(self) -> store.SyncState:
        state = store.sync_state(self.db)
        assert state is not None
        return state

    def bootstrap(self) -> None:
        for feed in FEEDS:
            nonce = secrets.token_hex(8)
            with self.centre.db.writing() as tx:
                state = self.state()
                stream = list(
                    snapshot.send(tx, self.centre.house, self.centre.key, feed=feed, nonce=nonce, point=POINT,
                                  device=state.device, epoch=state.epoch)
                )  # fmt: skip
            key = signing.public_bytes(self.centre.key)
            snapshot.load(self.db, self.house, self.clock, stream, feed=feed, nonce=nonce, server_key=key)

    def round(self, lose_answer: bool = False, between: Callable[[], None] | None = None) -> list[SyncAnswer]:
        state = self.state()
        request = accept.first_request(self.db, self.house, state, secrets.token_hex(8), {})
        answers = [self.centre.answer(request)]
        accept.check_answer(request, answers[0])
        if between:
            between()
        while answers[-1].more:
            request = accept.next_request(self.db, state, secrets.token_hex(8), answers[-1])
            answers.append(self.centre.answer(request))
            accept.check_answer(request, answers[-1])
        if not lose_answer:
            accept.accept(self.db, self.house, self.clock, state, answers)
        return answers

    def same_as_centre(self) -> bool:
        return all(
            rows.digest(self.db, self.house, feed) == rows.digest(self.centre.db, self.house, feed) for feed in FEEDS
        )


def make_centre(db: Database) -> Centre:
    house, clock = House([ROOM]), ManualClock(datetime(2026, 11, 22, 8, tzinfo=UTC))
    migrate_house(db, house)
    with db.writing() as tx:
        store.start_server_life(tx, 1, "E0")
    return Centre(
        db, house, clock, CentreJournal(db, clock, IdMaker.at_start("0"), house), Ed25519PrivateKey.generate()
    )


def make_kiosk(db: Database, centre: Centre, device: str = "K1") -> Kiosk:
    migrate_house(db, centre.house)
    epoch = f"E{device}"
    with db.writing() as tx:
        store.enrol_state(tx, device=device, hardware="hw", epoch=epoch, point=POINT, region=REGION, generation=1)
    journal = KioskJournal(db, centre.clock, IdMaker.at_start(device), centre.house)
    return Kiosk(db, centre.house, centre.clock, journal, centre)


@pytest.fixture(params=["sqlite", "postgres"])
def centre(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Centre]:
    db: Database
    if request.param == "sqlite":
        db = open_sqlite(tmp_path / "centre.db", key=None, authoritative=True)
    else:
        db = open_postgres(request.getfixturevalue("postgres_server").fresh())
    yield make_centre(db)
    db.close()


@pytest.fixture
def kiosk(tmp_path: Path, centre: Centre) -> Iterator[Kiosk]:
    db = open_sqlite(tmp_path / "kiosk.db", key=secrets.token_hex(32), authoritative=False)
    yield make_kiosk(db, centre)
    db.close()
