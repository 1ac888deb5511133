"""Enrolment by claim code, contact, revocation, and what of a device needs attention."""

import threading
from datetime import timedelta

import msgspec
import pytest

from shared.devices import operations, store
from shared.devices.rules import (
    ATTENTION_NAMES,
    Attention,
    AttentionCode,
    Device,
    Health,
    Part,
    Severity,
    attention,
    read_health,
)
from shared.kernel.clock import ManualClock, utc_text
from shared.kernel.errors import BadInput, Refused
from shared.kernel.limits import CLAIM_TRIES
from shared.sync import CentreJournal
from tests.conftest import POINT

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
FINE = Health(camera=Part.OK, printer=Part.OK, disk_free_mb=9000, disk_total_mb=16000)


def refusal(centre: CentreJournal, code: str, key: bytes = OTHER_KEY) -> str:
    with pytest.raises(Refused) as refused:
        operations.claim(centre.db, centre.clock, code, key, "hw")
    return refused.value.code


def enrolled(centre: CentreJournal, key: bytes = KEY) -> Device:
    code = operations.make_claim(centre.db, centre.clock, POINT, "op")
    return operations.claim(centre.db, centre.clock, code, key, "Raspberry Pi 5")


def test_a_code_enrols_one_kiosk_once(centre: CentreJournal) -> None:
    code = operations.make_claim(centre.db, centre.clock, POINT, "op")
    assert (len(code), code.isdigit()) == (8, True)
    device = operations.claim(centre.db, centre.clock, f" {code[:4]} {code[4:]} ", KEY, "Raspberry Pi 5")
    assert (device.id, device.point, device.public_key, device.last_contact) == ("K1", POINT, KEY, None)
    assert store.device(centre.db, "K1") == device
    assert operations.claim(centre.db, centre.clock, code, KEY, "Raspberry Pi 5") == device, "its answer was lost"
    assert refusal(centre, code) == "CLAIM_USED"
    second = enrolled(centre, OTHER_KEY)
    assert second.id == "K2"
    assert second.epoch != device.epoch
    assert store.devices(centre.db) == store.devices(centre.db, POINT) == [device, second]
    assert store.count(centre.db) == 2


def test_a_code_runs_out_after_ten_minutes(centre: CentreJournal, clock: ManualClock) -> None:
    code = operations.make_claim(centre.db, clock, POINT, "op")
    clock.advance(599)
    late = operations.make_claim(centre.db, clock, POINT, "op")
    assert operations.claim(centre.db, clock, code, KEY, "hw").id == "K1"
    clock.advance(600)
    assert refusal(centre, late) == "CLAIM_EXPIRED"
    assert store.count(centre.db) == 1


def test_guessing_voids_a_code(centre: CentreJournal) -> None:
    code = operations.make_claim(centre.db, centre.clock, POINT, "op", draw=lambda: "12345678")
    for n in range(CLAIM_TRIES):
        assert refusal(centre, f"{n:08d}") == "CLAIM_UNKNOWN"
    assert refusal(centre, code, KEY) == "CLAIM_LOCKED"
    assert store.count(centre.db) == 0


def test_a_code_in_use_is_not_drawn_again(centre: CentreJournal) -> None:
    drawn = iter(["11111111", "11111111", "22222222"])
    codes = [operations.make_claim(centre.db, centre.clock, POINT, "op", draw=lambda: next(drawn)) for _ in range(2)]
    assert codes == ["11111111", "22222222"]
    assert "11111111" not in str([dict(row) for row in centre.db.query("SELECT * FROM claim_codes")])


def test_two_kiosks_with_one_code_at_once(centre: CentreJournal) -> None:
    code = operations.make_claim(centre.db, centre.clock, POINT, "op")
    start, seen = threading.Barrier(2), []

    def work(key: bytes) -> None:
        start.wait()
        try:
            seen.append(operations.claim(centre.db, centre.clock, code, key, "hw").id)
        except Refused as refused:
            seen.append(refused.code)

    threads = [threading.Thread(target=work, args=(key,)) for key in (KEY, OTHER_KEY)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert "CLAIM_USED" in seen
    assert store.count(centre.db) == 1


def test_requests_that_are_none_are_refused(centre_sqlite: CentreJournal) -> None:
    with pytest.raises(BadInput, match="CLAIM_KEY"):
        operations.claim(centre_sqlite.db, centre_sqlite.clock, "12345678", b"short", "hw")
    assert refusal(centre_sqlite, "") == "CLAIM_UNKNOWN"
    assert refusal(centre_sqlite, "'; DROP TABLE devices") == "CLAIM_UNKNOWN"
    assert refusal(centre_sqlite, "\ud800") == "CLAIM_UNKNOWN"


def test_contact_is_noted(centre: CentreJournal, clock: ManualClock) -> None:
    device = enrolled(centre)
    said = msgspec.structs.replace(FINE, clock_utc=utc_text(clock.now() + timedelta(seconds=90)), waiting=7)
    told = [*said.as_list(), "from a later version"]
    operations.note_contact(centre.db, clock, device.id, told, generation=3)
    seen = store.device(centre.db, device.id)
    assert seen is not None
    assert (seen.last_contact, seen.drift_s, seen.generation, seen.health) == (utc_text(clock.now()), 90, 3, said)
    for junk in (["1", "purple"], [1], None):
        operations.note_contact(centre.db, clock, device.id, junk)
        again = store.device(centre.db, device.id)
        assert again is not None
        assert (again.health, again.drift_s) == (said, 90)


def test_a_revoked_device_stays_known_and_is_not_counted(centre: CentreJournal) -> None:
    device = enrolled(centre)
    operations.revoke(centre.db, centre.clock, device.id, "op")
    gone = store.device(centre.db, device.id)
    assert gone is not None
    assert gone.revoked_at == utc_text(centre.clock.now())
    assert store.count(centre.db) == 0
    with pytest.raises(Refused, match="DEVICE_UNKNOWN"):
        operations.revoke(centre.db, centre.clock, device.id, "op")


@pytest.mark.parametrize(
    ("changes", "silent", "drift", "found"),
    [
        ({}, 60, 0, []),
        ({}, 601, 0, [("SILENT", 2)]),
        ({}, 86_401, 0, [("LOST", 3)]),
        ({"printer": Part.TROUBLE, "printer_detail": "缺纸"}, 0, 0, [("PRINTER", 3)]),
        ({"printer": Part.ABSENT}, 0, 0, [("PRINTER_ABSENT", 1)]),
        ({"camera": Part.TROUBLE}, 0, 0, [("CAMERA", 2)]),
        ({"camera": Part.ABSENT}, 0, 0, [("CAMERA_ABSENT", 1)]),
        ({"disk_free_mb": 400}, 0, 0, [("DISK_LOW", 2)]),
        ({"disk_free_mb": 50}, 0, 0, [("DISK_FULL", 3)]),
        ({"quarantine": 1}, 0, 0, [("QUARANTINE", 2)]),
        ({"missing": 3}, 0, 0, [("MISSING", 3)]),
        ({"clock_trusted": False}, 0, 0, [("CLOCK", 2)]),
        ({}, 0, -121, [("CLOCK", 2)]),
        ({"temperature_c": 80.0}, 0, 0, [("HOT", 2)]),
        ({"waiting": 1001}, 0, 0, [("BACKLOG", 1)]),
        ({"waiting": 1001, "printer": Part.TROUBLE}, 700, 0, [("PRINTER", 3), ("SILENT", 2), ("BACKLOG", 1)]),
    ],
)
def test_what_needs_attention(
    clock: ManualClock, changes: dict[str, object], silent: int, drift: int, found: list[tuple[str, int]]
) -> None:
    health = msgspec.structs.replace(FINE, **changes)
    seen = attention(health, clock.now() - timedelta(seconds=silent), clock.now(), drift_s=drift)
    assert [(one.code.name, one.severity) for one in seen] == found


def test_a_device_never_heard_of(clock: ManualClock) -> None:
    assert attention(Health(), None, clock.now()) == [Attention(AttentionCode.NEVER_SEEN, Severity.WARNING)]
    assert set(ATTENTION_NAMES) == set(AttentionCode)
    assert read_health([]) == Health()
