"""Finding parcels: by what staff know, in lists and counts, with any text."""

import pytest

from shared.kernel.clock import ManualClock
from shared.parcels import store
from shared.parcels.operations import hand_over
from shared.parcels.rules import ParcelState
from shared.sync import KioskJournal
from tests.conftest import POINT
from tests.rooms.stall import WANG, received, shelve_up


@pytest.fixture
def kiosk(kiosk_journal: KioskJournal) -> KioskJournal:
    shelve_up(kiosk_journal)
    return kiosk_journal


def test_parcels_are_found_by_what_staff_know(kiosk: KioskJournal) -> None:
    one = received(kiosk, "SF1234567890123")
    two = received(kiosk, "YT9999999999999", WANG._replace(name_masked="李*", phone_tail="8888"))

    def found(text: str) -> set[str]:
        return {parcel.id for parcel in store.search(kiosk.db, POINT, text)}

    assert found("sf1234567890123") == {one.id}
    assert found("90123") == {one.id}
    assert found("8888") == {two.id}
    assert found(one.pickup_code) == found(one.pickup_code.replace("-", "")) == {one.id}
    assert found("李") == {two.id}
    hand_over(kiosk, POINT, [one.id], "S1", way="staff")
    assert found("SF1234567890123") == found("1234") == {one.id}, "what was handed out is found by its whole words"
    assert found("567890") == set()


@pytest.mark.parametrize(
    "text",
    ["", " ", "%", "_", "!", "------", "%_%", "'; DROP TABLE parcels; --", "\\", "\x00", "\ud800", "*", "a" * 100_000],
)
def test_hostile_searches_find_nothing_and_break_nothing(kiosk: KioskJournal, text: str) -> None:
    received(kiosk, "SF1234567890123")
    assert store.search(kiosk.db, POINT, text) == ([] if text != "*" else store.recent(kiosk.db, POINT))


def test_counts_recent_and_layers(kiosk: KioskJournal, clock: ManualClock) -> None:
    made = []
    for n in range(3):
        clock.advance(1)
        made.append(received(kiosk, f"SF000000000000{n}"))
    assert [one.id for one in store.recent(kiosk.db, POINT, 2)] == [made[2].id, made[1].id]
    clock.advance(1)
    hand_over(kiosk, POINT, [made[0].id], "S1", way="staff")
    counts = store.counts(kiosk.db, POINT)
    assert (counts[ParcelState.READY], counts[ParcelState.COLLECTED]) == (2, 1)
    assert store.counts(kiosk.db, POINT, "2027-01-01T00:00:00.000Z")[ParcelState.COLLECTED] == 0
    assert sum(store.occupancy(kiosk.db, POINT).values()) == 2
    place = made[1].place
    assert place is not None
    assert made[1].id in {one.id for one in store.on_layer(kiosk.db, POINT, place)}
    assert [one.id for one in store.recent_hand_outs(kiosk.db, POINT)] == [made[0].id]
    here = store.of_resident(kiosk.db, POINT, "R1", (ParcelState.READY,))
    assert {one.id for one in here} == {made[1].id, made[2].id}
    assert len(store.of_resident(kiosk.db, POINT, "R1")) == 3
    assert store.of_resident(kiosk.db, POINT, "") == store.of_order(kiosk.db, POINT, "") == []
