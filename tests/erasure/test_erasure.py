"""A resident erased at the centre is gone from every kiosk's file, log, feed and copies within two rounds."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import kiosk.host as kiosk_host
from kiosk.config import read_config
from kiosk.copies.worker import CopyWorker
from kiosk.doctor import examine as examine_kiosk
from kiosk.erasure import store as forgetting
from kiosk.host import Kiosk, open_kiosk
from kiosk.sync.enrol import enrol
from kiosk.sync.rules import Trouble
from kiosk.sync.worker import SyncWorker
from shared.db import open_sqlite
from shared.kernel.clock import SystemClock
from shared.kernel.errors import Refused
from shared.parcels import operations as parcels
from shared.parcels import store as parcel_store
from shared.parcels.rules import ParcelState, Recipient, Way
from shared.pickup_points.operations import set_shelf_layer
from shared.pickup_points.rules import ShelfLayer
from shared.residents import store as residents
from shared.residents.operations import register
from shared.residents.rules import Resident
from shared.sync import store as sync_store
from shared.sync.erase import JournalDamaged, blank_batch, blank_payload
from shared.sync.redaction import is_redacted, wrapped
from shared.sync.wire import unpack_batch
from sync_server import backups, erasure, life
from sync_server.doctor import examine, examine_rebuild
from sync_server.ledger import Erased
from tests.kiosk.sync.conftest import POINT, RunningCentre, claim_code
from tests.kiosk.sync.test_rounds_over_http import same_rows

NAME, PHONE = "欧阳翡翠", "13800009753"
MASKED, TAIL = "欧**翠", "9753"


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kiosks without encryption, so that a test can read what lies in their files."""

    def unlocked(path: Path, *, key: str | None, authoritative: bool) -> object:
        return open_sqlite(path, key=None, authoritative=authoritative)

    monkeypatch.setattr(kiosk_host, "open_sqlite", unlocked)


@pytest.fixture
def two(plain: None, new_kiosk: Callable[[str], Kiosk], running_centre: RunningCentre) -> list[Kiosk]:
    centre = running_centre.centre
    with centre.journal.writing(POINT) as tx:
        set_shelf_layer(centre.journal, tx, POINT, ShelfLayer(3, 2, "货架 3", 900, False), "test")
    made = [new_kiosk(running_centre.url) for _ in range(2)]
    for kiosk in made:
        enrol(kiosk, running_centre.url, claim_code(centre))
        assert work(kiosk) is Trouble.NONE
    return made


def work(kiosk: Kiosk) -> Trouble:
    """A round as the sync process makes it, with what it does afterwards."""
    return SyncWorker(kiosk, threading.Event()).round()


def join(running: RunningCentre, name: str = NAME, phone: str = PHONE) -> Resident:
    centre = running.centre
    with centre.journal.writing(POINT) as tx:
        return register(centre.journal, tx, POINT, name, phone, "test")


def receive(kiosk: Kiosk, waybill: str, who: Resident | None) -> str:
    recipient = Recipient(who.id, who.name_masked, who.phone_tail) if who else Recipient("", MASKED, TAIL)
    got = parcels.receive_parcel(kiosk.journal(), POINT, waybill, "S1", recipient=recipient).parcel
    assert got is not None
    return got.id


def hand_over(kiosk: Kiosk, *parcel_ids: str) -> None:
    parcels.hand_over(kiosk.journal(), POINT, list(parcel_ids), "S1", way=Way.STAFF)


def traces(folder: Path) -> list[str]:
    """Files below a folder in which the masked name or the phone's digits can be read."""
    names = (MASKED.encode(), NAME.encode(), TAIL.encode())
    files = (file for file in folder.rglob("*") if file.is_file())
    return sorted(file.name for file in files if any(name in file.read_bytes() for name in names))


def facts_at(running: RunningCentre) -> list[tuple[str, bytes]]:
    rows = sync_store.journal_rows(running.centre.db, POINT, 0, 10_000)
    return [(line.kind, line.payload) for row in rows for line in unpack_batch(row.body)[1]]


def test_within_two_rounds_nothing_is_left_at_any_kiosk(
    two: list[Kiosk], running_centre: RunningCentre, tmp_path: Path
) -> None:
    first, second = two
    who, other = join(running_centre), join(running_centre, "李小龙", "13900001111")
    work(first)
    boxes = [receive(first, f"SF000000000000{n}", who) for n in range(5)]
    nameless = receive(first, "SF0000000000008", None)
    kept = receive(first, "SF0000000000009", other)
    work(first)
    work(second)
    hand_over(first, *boxes, nameless)
    hand_over(first, receive(first, "SF0000000000010", who))
    before = len(facts_at(running_centre))
    assert traces(first.config.data)
    assert traces(second.config.data)
    with pytest.raises(Refused, match="RESIDENT_WAITING"):
        erasure.erase(running_centre.centre, who.id, "本人申请", "op")
    work(first)
    # not sent yet when the person is erased
    late = receive(first, "SF0000000000011", who)
    hand_over(first, late)
    done = erasure.erase(running_centre.centre, who.id, "本人申请", "op")
    assert done.facts == 8
    for _ in range(2):
        assert work(first) is Trouble.NONE
        assert work(second) is Trouble.NONE
    assert traces(first.config.data) == []
    assert traces(second.config.data) == []
    assert forgetting.unfinished(first.db) == []
    # what happened is still countable, and the other person is untouched
    assert len(facts_at(running_centre)) == before + 3 + 2 + 2
    parcel = parcel_store.parcel(first.db, POINT, boxes[0])
    assert parcel is not None
    assert (parcel.state, parcel.name_masked, parcel.phone_tail) == (ParcelState.COLLECTED, "", "")
    came_late = parcel_store.parcel(running_centre.centre.db, POINT, late)
    assert came_late is not None
    assert (came_late.state, came_late.name_masked) == (ParcelState.COLLECTED, "")
    untouched = parcel_store.parcel(second.db, POINT, kept)
    assert untouched is not None
    assert untouched.name_masked == other.name_masked
    assert residents.resident(first.db, POINT, who.id) is None
    assert residents.detail(running_centre.centre.db, who.id) is None
    assert same_rows(first, running_centre)
    assert same_rows(second, running_centre)


def test_chains_hold_and_the_journal_still_gives_the_same_rows(
    two: list[Kiosk], running_centre: RunningCentre, tmp_path: Path
) -> None:
    kiosk, _ = two
    who = join(running_centre)
    work(kiosk)
    hand_over(kiosk, receive(kiosk, "SF0000000000001", who), receive(kiosk, "SF0000000000002", None))
    work(kiosk)
    erasure.erase(running_centre.centre, who.id, "本人申请", "op")
    work(kiosk)
    work(kiosk)
    assert [finding.text for finding in examine_kiosk(kiosk) if not finding.good] == []
    assert [finding.text for finding in examine(running_centre.centre) if not finding.good] == []
    rebuilt = examine_rebuild(running_centre.centre, tmp_path)
    assert rebuilt.good, rebuilt.text
    assert sum(is_redacted(payload) for _, payload in facts_at(running_centre)) == 3
    assert sum(is_redacted(bytes(row["payload"])) for row in sync_store.facts_after(kiosk.db, 0)) == 2
    assert not [payload for _, payload in facts_at(running_centre) if MASKED.encode() in payload]
    # a centre that has lost the redacted facts takes them back, redacted, and the chain goes on
    receive(kiosk, "SF0000000000003", None)
    life.begin(running_centre.centre.db, running_centre.centre.config.data)
    with running_centre.centre.db.writing() as tx:
        tx.execute("DELETE FROM journal WHERE device = 'K1'")
        tx.execute("DELETE FROM journal_heads WHERE device = 'K1'")
    assert work(kiosk) is Trouble.NONE
    assert sync_store.outbox(kiosk.db)[0] == 0
    assert len([1 for kind, _ in facts_at(running_centre) if kind == "parcels.inbound.v1"]) == 3
    assert [finding.text for finding in examine(running_centre.centre) if not finding.good] == []


def test_a_backup_from_before_does_not_bring_the_person_back(
    running_centre: RunningCentre, two: list[Kiosk], tmp_path: Path
) -> None:
    centre = running_centre.centre
    if centre.config.database_url:
        return
    kiosk, _ = two
    who = join(running_centre)
    work(kiosk)
    hand_over(kiosk, receive(kiosk, "SF0000000000001", who))
    work(kiosk)
    backups.back_up(centre, tmp_path / "before")
    erasure.erase(centre, who.id, "本人申请", "op")
    config = centre.config
    centre.db.close()
    assert backups.restore(config, tmp_path / "before", SystemClock()).generation == 2
    from sync_server.host import open_centre

    reopened = open_centre(config)
    try:
        assert residents.detail(reopened.db, who.id) is None
        assert residents.resident(reopened.db, POINT, who.id) is None
        rows = sync_store.journal_rows(reopened.db, POINT, 0, 1000)
        lines = [line for row in rows for line in unpack_batch(row.body)[1]]
        assert lines
        assert not [line for line in lines if MASKED.encode() in line.payload]
        assert [line for line in reopened.ledger.read().lines if isinstance(line, Erased)]
    finally:
        reopened.db.close()


def test_copies_on_the_stick_are_made_anew_without_the_person(
    plain: None, two: list[Kiosk], running_centre: RunningCentre, tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    stick.mkdir()
    two[0].db.close()
    settings = {"LINQU_DATA": str(two[0].config.data), "LINQU_COPY": str(stick), "LINQU_COPY_SAME_DISK": "1"}
    kiosk = open_kiosk(read_config({**settings, "LINQU_COPY_FACTS": "1"}))
    try:
        who = join(running_centre)
        work(kiosk)
        copier = CopyWorker(kiosk, threading.Event())
        for waybill in ("SF0000000000001", "SF0000000000002"):
            hand_over(kiosk, receive(kiosk, waybill, who))
            with kiosk.db.writing() as tx:
                tx.execute("UPDATE stick_copies SET at = '2020-01-01T00:00:00.000Z'")
            copier.turn()
        assert traces(stick) == ["linqu-K1-1.copy", "linqu-K1-2.copy"]
        work(kiosk)
        erasure.erase(running_centre.centre, who.id, "本人申请", "op")
        work(kiosk)
        work(kiosk)
        copier.turn()
        assert list(stick.iterdir())
        assert traces(stick) == []
    finally:
        kiosk.db.close()


def test_erasing_needs_a_reason_a_person_and_nothing_waiting(running_centre: RunningCentre, two: list[Kiosk]) -> None:
    centre = running_centre.centre
    who = join(running_centre)
    with pytest.raises(Refused, match="REASON_MISSING"):
        erasure.erase(centre, who.id, "  ", "op")
    with pytest.raises(Refused, match="RESIDENT_UNKNOWN"):
        erasure.erase(centre, "0.NOBODY.1", "本人申请", "op")
    assert residents.detail(centre.db, who.id) is not None
    erasure.erase(centre, who.id, "本人申请", "op")
    # the same number registered again is a new person
    again = join(running_centre)
    assert again.id != who.id
    assert work(two[0]) is Trouble.NONE
    assert residents.resident(two[0].db, POINT, again.id) is not None
    # said twice does no harm
    erasure.erase(centre, who.id, "再次确认", "op")
    assert residents.detail(centre.db, again.id) is not None
    log = centre.db.query("SELECT subject FROM operator_log WHERE action = 'resident_erased' ORDER BY id")
    assert len(log) == 2
    assert not [row for row in log if NAME in row["subject"] or PHONE in row["subject"]]


def test_a_damaged_row_is_not_rewritten_and_stops_no_round(running_centre: RunningCentre, two: list[Kiosk]) -> None:
    kiosk, _ = two
    who = join(running_centre)
    work(kiosk)
    hand_over(kiosk, receive(kiosk, "SF0000000000001", who))
    work(kiosk)
    with running_centre.centre.db.writing() as tx:
        tx.execute("UPDATE journal SET chain_after = ? WHERE device = 'K1'", (bytes(16),))
    before = [payload for _, payload in facts_at(running_centre)]
    with pytest.raises(JournalDamaged):
        erasure.erase(running_centre.centre, who.id, "本人申请", "op")
    assert [payload for _, payload in facts_at(running_centre)][: len(before)] == before
    receive(kiosk, "SF0000000000002", None)
    assert work(kiosk) is Trouble.NONE
    assert [finding.text for finding in examine(running_centre.centre) if not finding.good]


def test_files_that_wait_for_an_import_go_too(running_centre: RunningCentre, two: list[Kiosk]) -> None:
    from sync_server.imports.columns import ImportKind
    from sync_server.imports.operations import stage

    centre = running_centre.centre
    who = join(running_centre)
    table = f"姓名,手机,自提点\n{NAME},{PHONE},{POINT}\n".encode()
    stage(centre, ImportKind.RESIDENTS, "people.csv", table, "op", "")
    assert centre.db.query("SELECT id FROM import_files")
    erasure.erase(centre, who.id, "本人申请", "op")
    assert centre.db.query("SELECT id FROM import_files") == []


def test_a_fact_that_only_says_it_was_redacted_is_redacted_all_the_same(
    running_centre: RunningCentre, two: list[Kiosk]
) -> None:
    first = two[0]
    who = join(running_centre)
    work(first)
    receive(first, "SF0000000000001", who)
    work(first)
    house = running_centre.centre.house
    (kind, payload), *_ = [one for one in facts_at(running_centre) if MASKED.encode() in one[1] and "inbound" in one[0]]
    forged = wrapped(payload, b"h" * 16)
    blank = blank_payload(house, kind, forged, b"h" * 16, {who.id})
    assert blank is not None
    assert MASKED.encode() not in blank
    assert is_redacted(blank)
    assert blank_payload(house, kind, blank, b"h" * 16, {who.id}) is None


def test_two_who_are_erased_at_once_are_both_searched_for_from_the_beginning(
    running_centre: RunningCentre, two: list[Kiosk], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, centre = two[0], running_centre.centre
    one, other = join(running_centre), join(running_centre, "李小龙", "13900001111")
    work(first)
    hand_over(first, receive(first, "SF0000000000001", one), receive(first, "SF0000000000002", other))
    work(first)

    def meanwhile(*args: Any) -> tuple[bytes | None, int]:
        monkeypatch.setattr(erasure, "blank_batch", blank_batch)
        # another thread erases while this one has read whom to search for, and stands at the journal's beginning
        erasure._forget(centre, other.id, [POINT], "test")
        return blank_batch(*args)

    monkeypatch.setattr(erasure, "blank_batch", meanwhile)
    erasure.erase(centre, one.id, "本人要求", "test")
    erasure.sweep(centre, POINT)
    assert not [kind for kind, payload in facts_at(running_centre) if other.name_masked.encode() in payload]
