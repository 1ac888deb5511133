"""The same facts at the kiosk and at the centre, on both databases: the same rows, whatever came in between."""

import secrets
from pathlib import Path

import pytest

from shared.cases.rules import CaseKind
from shared.db import open_sqlite
from shared.kernel.clock import ManualClock
from shared.orders.operations import cancel_order
from shared.orders.rules import OrderState
from shared.parcels import operations, store
from shared.parcels.operations import hand_over, receive_parcel
from shared.parcels.rules import Content, ParcelState
from shared.stock import store as stock
from shared.sync import CentreJournal, House, KioskJournal
from shared.sync import store as sync_store
from tests.conftest import POINT, make_kiosk
from tests.rooms.stall import WANG, announce, check_books, order_of, parcel, push, received, same_rows, shelve_up


@pytest.fixture
def point(centre: CentreJournal, kiosk_journal: KioskJournal) -> tuple[CentreJournal, KioskJournal]:
    """A centre with a shelved point, and a kiosk that knows of it."""
    shelve_up(centre)
    push(kiosk_journal, centre)
    return centre, kiosk_journal


def test_a_day_of_work_gives_the_same_rows(point: tuple[CentreJournal, KioskJournal], clock: ManualClock) -> None:
    centre, kiosk = point
    orders = [announce(centre, str(n), parcels=2, paid=n != 3) for n in range(5)]
    push(kiosk, centre)
    assert same_rows(kiosk, centre)
    for announced in orders:
        for one in announced.parcels:
            clock.advance(1)
            received(kiosk, one.waybill)
    stranger = received(kiosk, "SF1234567890123")
    ids = [one.id for announced in orders for one in announced.parcels]
    assert len(hand_over(kiosk, POINT, ids, "R1", way="pass", resident="R1").parcels) == 8
    operations.undo_hand_over(kiosk, POINT, ids[:1], "S1")
    operations.mark_exception(kiosk, POINT, ids[0], "破损", "S1")
    operations.move_parcel(kiosk, POINT, stranger.id, (1, 2), "S1")
    operations.undo_inbound(kiosk, POINT, stranger.id, "S1")
    push(kiosk, centre)
    push(kiosk, centre)
    assert same_rows(kiosk, centre)
    assert sync_store.count_quarantine(centre.db) == 0
    for journal in (kiosk, centre):
        check_books(journal)
        assert order_of(journal, orders[1]).state is OrderState.COLLECTED
        assert order_of(journal, orders[0]).state is OrderState.PAID
        assert stock.on_hand(journal.db, POINT, "APPLE") == 2 * 3
        assert [one.id for one in store.search(journal.db, POINT, "李%_")] == []
        assert len(store.search(journal.db, POINT, "1234")) == 10
        assert store.counts(journal.db, POINT)[ParcelState.COLLECTED] == 7
        assert len(store.recent_hand_outs(journal.db, POINT, 3)) == 3
        assert store.by_waybill(journal.db, POINT, "LQ77777") is None


def test_a_cancellation_meets_a_hand_out(point: tuple[CentreJournal, KioskJournal]) -> None:
    centre, kiosk = point
    announced = announce(centre, "1")
    push(kiosk, centre)
    arrived = received(kiosk, announced.parcels[0].waybill)
    hand_over(kiosk, POINT, [arrived.id], "R1", way="pass")
    with centre.writing(POINT) as tx:
        cancel_order(centre, tx, POINT, announced.order.id, "不要了", "phone")
    push(kiosk, centre)
    push(kiosk, centre)
    assert same_rows(kiosk, centre)
    for journal in (kiosk, centre):
        ((_, case),) = store.cases(journal.db)
        assert case.kind is CaseKind.HANDED_OUT_CANCELLED
        assert parcel(journal, arrived.id).state is ParcelState.COLLECTED
        assert order_of(journal, announced).state is OrderState.CANCELLED
        check_books(journal)


def test_an_announcement_overtaken_by_the_parcel(point: tuple[CentreJournal, KioskJournal]) -> None:
    centre, kiosk = point
    arrived = received(kiosk, "LQ9900")
    announced = announce(centre, "1")
    with centre.writing(POINT) as tx:
        other = operations.expect_parcel(
            centre, tx, POINT, waybill="LQ9900", recipient=WANG, order_id=announced.order.id,
            contents=[Content("APPLE", "苹果", 3)], actor="op",
        )  # fmt: skip
    assert other.id != arrived.id
    push(kiosk, centre)
    push(kiosk, centre)
    assert same_rows(kiosk, centre)
    for journal in (kiosk, centre):
        known = parcel(journal, arrived.id)
        assert (known.state, known.order_id) == (ParcelState.READY, announced.order.id)
        assert store.parcel(journal.db, POINT, other.id) is None
        assert stock.on_hand(journal.db, POINT, "APPLE") == 3
        check_books(journal)
    assert hand_over(kiosk, POINT, [arrived.id], "S1", way="staff").outcome is operations.HandOutOutcome.HANDED_OUT


def test_two_kiosks_hand_out_one_parcel_offline(
    point: tuple[CentreJournal, KioskJournal], tmp_path: Path, house: House, clock: ManualClock
) -> None:
    centre, kiosk = point
    other = make_kiosk(
        open_sqlite(tmp_path / "kiosk2.db", key=secrets.token_hex(32), authoritative=False), house, clock, "K2"
    )
    announced = announce(centre, "1")
    push(kiosk, centre)
    received(kiosk, announced.parcels[0].waybill)
    push(kiosk, centre)
    push(other, centre)
    for journal in (kiosk, other):
        hand_over(journal, POINT, [announced.parcels[0].id], "S1", way="staff")
    for _ in range(2):
        push(kiosk, centre)
        push(other, centre)
    push(kiosk, centre)
    for side in (kiosk, other, centre):
        ((_, case),) = store.cases(side.db)
        assert case.kind is CaseKind.DOUBLE_HAND_OUT
        assert same_rows(side, centre)
        assert stock.on_hand(side.db, POINT, "APPLE") == 0
        check_books(side)
    operations.undo_hand_over(kiosk, POINT, [announced.parcels[0].id], "S1")
    push(kiosk, centre)
    push(kiosk, centre)
    assert store.cases(centre.db) == []
    assert parcel(centre, announced.parcels[0].id).state is ParcelState.COLLECTED
    assert same_rows(kiosk, centre)
    other.db.close()


def test_an_arrival_at_both_kiosks_offline(
    point: tuple[CentreJournal, KioskJournal], tmp_path: Path, house: House, clock: ManualClock
) -> None:
    centre, kiosk = point
    other = make_kiosk(
        open_sqlite(tmp_path / "kiosk2.db", key=secrets.token_hex(32), authoritative=False), house, clock, "K2"
    )
    push(other, centre)
    for journal in (kiosk, other):
        assert receive_parcel(journal, POINT, "SF1234567890123", "S1", recipient=WANG).parcel
    for _ in range(2):
        push(kiosk, centre)
        push(other, centre)
    push(kiosk, centre)
    ((_, case),) = store.cases(centre.db)
    assert case.kind is CaseKind.CONTRADICTION
    assert same_rows(kiosk, centre)
    assert same_rows(other, centre)
    other.db.close()
