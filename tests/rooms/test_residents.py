"""Residents: full at the centre, masked everywhere else."""

import threading

import pytest

from shared.kernel.errors import Refused
from shared.residents import operations, store
from shared.residents.rules import Resident
from shared.sync import CentreJournal, KioskJournal
from shared.sync import store as sync_store
from shared.sync.wire import unpack_batch
from tests.conftest import POINT
from tests.rooms.stall import push, same_rows

HOSTILE = ["", " ", "%", "_", "!", "------", "'; DROP TABLE residents; --", "\x00", "\ud800", "9" * 5000]


def register(centre: CentreJournal, name: str = "王小明", phone: str = "138 1234 5678", point: str = POINT) -> Resident:
    with centre.writing(point) as tx:
        return operations.register(centre, tx, point, name, phone, "op")


def test_a_resident_is_masked_and_found(centre: CentreJournal) -> None:
    wang = register(centre)
    assert (wang.number, wang.name_masked, wang.phone_tail) == (1, "王*明", "5678")
    li = register(centre, "李娜", "+86 139-0000-1111")
    db = centre.db
    assert store.resident(db, POINT, wang.id) == store.by_number(db, POINT, 1) == wang
    assert store.by_tail(db, POINT, "1111") == [li]
    for text, found in (("5678", [wang]), ("王小明", [wang]), ("李", [li]), ("2", [li]), ("9999", [])):
        assert store.search(db, POINT, text) == found
    assert store.residents(db, POINT) == [wang, li]
    assert store.count_residents(db, POINT) == 2


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_searches_find_nobody(centre: CentreJournal, text: str) -> None:
    register(centre)
    assert store.search(centre.db, POINT, text) == []


def test_one_phone_is_one_resident_at_every_point(centre: CentreJournal) -> None:
    first = register(centre)
    assert register(centre, "王大明") == first, "the name that came first stays"
    assert register(centre, "王小明", "13812345678", "JN-HL02") == first
    detail = store.by_phone(centre.db, "13812345678")
    assert detail is not None
    assert (detail.name, detail.phone, detail.masked()) == ("王小明", "13812345678", first)
    assert store.detail(centre.db, first.id) == detail
    assert store.detail(centre.db, "nobody") is None


def test_two_consoles_register_at_once(centre_postgres: CentreJournal) -> None:
    start = threading.Barrier(4)
    made: list[Resident] = []

    def work(n: int) -> None:
        start.wait()
        made.append(register(centre_postgres, "王小明", "13812345678", f"JN-HL0{n % 2}"))
        made.append(register(centre_postgres, "李娜", f"1390000000{n}", f"JN-HL0{n % 2}"))

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(made) == 8
    assert len({one.id for one in made}) == len({one.number for one in made}) == 5


def test_full_names_and_phones_never_travel(centre: CentreJournal, kiosk_journal: KioskJournal) -> None:
    wang = register(centre)
    push(kiosk_journal, centre)
    assert store.resident(kiosk_journal.db, POINT, wang.id) == wang
    assert same_rows(kiosk_journal, centre)
    assert kiosk_journal.db.query("SELECT id FROM resident_details") == []
    told = [line.payload for row in sync_store.journal_rows(centre.db, POINT, 0) for line in unpack_batch(row.body)[1]]
    assert len(told) == 1
    assert "王小明".encode() not in told[0]
    assert b"13812345678" not in told[0]


@pytest.mark.parametrize(
    ("name", "phone", "code"),
    [
        (" \n", "13812345678", "RESIDENT_NAME"),
        ("王" * 41, "13812345678", "RESIDENT_NAME"),
        ("王小明", "12345678901", "RESIDENT_PHONE"),
        ("王小明", "1381234567", "RESIDENT_PHONE"),
        ("王小明", "", "RESIDENT_PHONE"),
    ],
)
def test_what_no_resident_can_be_is_refused(centre_sqlite: CentreJournal, name: str, phone: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        register(centre_sqlite, name, phone)
    assert refused.value.code == code
    assert store.count_residents(centre_sqlite.db, POINT) == 0
