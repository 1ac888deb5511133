"""What befalls parcels at a kiosk, with their orders and the stock behind them."""

import threading
from datetime import timedelta

import pytest

from shared.cases.rules import CaseKind
from shared.db import Tx
from shared.kernel.clock import ManualClock, utc_text
from shared.kernel.errors import BadInput, Refused
from shared.orders.operations import cancel_order, pay_order
from shared.orders.rules import OrderState
from shared.parcels import facts, operations, store
from shared.parcels.operations import HandOutOutcome, HandOver, InboundOutcome, hand_over, receive_parcel
from shared.parcels.rules import Content, Parcel, ParcelState
from shared.stock import store as stock
from shared.sync import KioskJournal
from shared.sync import store as sync_store
from tests.conftest import POINT
from tests.rooms.stall import WANG, announce, check_books, order_of, parcel, received, shelve_up


@pytest.fixture
def kiosk(kiosk_journal: KioskJournal) -> KioskJournal:
    shelve_up(kiosk_journal)
    return kiosk_journal


def only_case(kiosk: KioskJournal) -> CaseKind:
    ((_, case),) = store.cases(kiosk.db, POINT)
    return case.kind


# --- inbound ----------------------------------------------------------------------------------------------------------


def test_an_announced_parcel_is_received_shelved_and_counted(kiosk: KioskJournal) -> None:
    announced = announce(kiosk, "1")
    assert stock.on_hand(kiosk.db, POINT, "APPLE") == 0
    arrived = received(kiosk, announced.parcels[0].waybill.lower(), None)
    assert arrived.state is ParcelState.READY
    assert arrived.id == announced.parcels[0].id
    assert arrived.pickup_code == "1-1-0001"
    assert (arrived.name_masked, arrived.phone_tail) == ("王*明", "1234")
    assert stock.on_hand(kiosk.db, POINT, "APPLE") == 2
    assert order_of(kiosk, announced).state is OrderState.READY
    check_books(kiosk)


def test_every_answer_to_an_arrival(kiosk: KioskJournal) -> None:
    assert receive_parcel(kiosk, POINT, "?", "S1").outcome is InboundOutcome.BAD_WAYBILL
    assert receive_parcel(kiosk, POINT, "SF1234567890123", "S1").outcome is InboundOutcome.UNKNOWN_WAYBILL
    first = receive_parcel(kiosk, POINT, "SF1234567890123", "S1", recipient=WANG)
    assert first.outcome is InboundOutcome.RECEIVED
    assert first.parcel is not None
    assert first.parcel.carrier.value == "SF"
    again = receive_parcel(kiosk, POINT, "SF1234567890123", "S1", recipient=WANG)
    assert (again.outcome, again.parcel) == (InboundOutcome.ALREADY_HERE, first.parcel)
    hand_over(kiosk, POINT, [first.parcel.id], "S1", way="staff")
    late = receive_parcel(kiosk, POINT, "SF1234567890123", "S1", recipient=WANG)
    assert late.outcome is InboundOutcome.ALREADY_COLLECTED
    assert sync_store.kiosk_head(kiosk.db)[0] == 4 + 2, "only what happened was written"


def test_a_full_point_still_receives(kiosk_journal: KioskJournal) -> None:
    shelve_up(kiosk_journal, capacity=1)
    received(kiosk_journal, "SF0000000000001")
    received(kiosk_journal, "SF0000000000002")
    third = receive_parcel(kiosk_journal, POINT, "SF0000000000003", "S1", recipient=WANG)
    assert third.outcome is InboundOutcome.NO_SPACE
    assert third.parcel is not None
    assert (third.parcel.state, third.parcel.place) == (ParcelState.ARRIVED, None)
    assert store.unplaced(kiosk_journal.db, POINT) == [third.parcel]
    assert hand_over(kiosk_journal, POINT, [third.parcel.id], "R1", way="code").outcome is HandOutOutcome.NOT_READY
    cold = receive_parcel(kiosk_journal, POINT, "SF0000000000004", "S1", recipient=WANG, cold=True)
    assert cold.parcel is not None
    assert cold.parcel.place == (2, 1)
    moved = operations.move_parcel(kiosk_journal, POINT, third.parcel.id, (2, 1), "S1")
    assert (moved.state, moved.place) == (ParcelState.READY, (2, 1))


def test_a_place_that_does_not_exist_and_an_unknown_carrier_are_refused(kiosk: KioskJournal) -> None:
    with pytest.raises(Refused, match="PLACE_UNKNOWN"):
        receive_parcel(kiosk, POINT, "SF0000000000001", "S1", recipient=WANG, place=(9, 9))
    with pytest.raises(BadInput, match="CARRIER_UNKNOWN"):
        receive_parcel(kiosk, POINT, "SF0000000000001", "S1", recipient=WANG, carrier="DHL")
    assert store.by_waybill(kiosk.db, POINT, "SF0000000000001") is None


def test_a_failing_label_takes_the_inbound_back(kiosk: KioskJournal) -> None:
    def fail(tx: Tx, parcel: Parcel) -> None:
        raise RuntimeError(parcel.waybill)

    with pytest.raises(RuntimeError):
        receive_parcel(kiosk, POINT, "SF0000000000001", "S1", recipient=WANG, also=fail)
    assert store.by_waybill(kiosk.db, POINT, "SF0000000000001") is None
    assert received(kiosk, "SF0000000000001").pickup_code == "1-1-0001", "the number was not used up"


def test_inbound_is_undone(kiosk: KioskJournal) -> None:
    announced = announce(kiosk, "1")
    arrived = received(kiosk, announced.parcels[0].waybill)
    operations.undo_inbound(kiosk, POINT, arrived.id, "S1")
    assert parcel(kiosk, arrived.id) == announced.parcels[0]
    assert order_of(kiosk, announced).state is OrderState.PAID
    stranger = received(kiosk, "SF0000000000001")
    operations.undo_inbound(kiosk, POINT, stranger.id, "S1")
    assert store.parcel(kiosk.db, POINT, stranger.id) is None, "nobody had announced it"
    assert stock.on_hand(kiosk.db, POINT, "APPLE") == 0
    check_books(kiosk)


def test_pickup_numbers_skip_what_still_lies_here(kiosk: KioskJournal) -> None:
    first = received(kiosk, "SF0000000000001")
    with kiosk.db.writing() as tx:
        tx.execute("UPDATE pickup_numbers SET last = 9999")
    second = received(kiosk, "SF0000000000002")
    assert (first.pickup_code[-4:], second.pickup_code[-4:]) == ("0001", "0002")
    hand_over(kiosk, POINT, [first.id], "S1", way="staff")
    with kiosk.db.writing() as tx:
        tx.execute("UPDATE pickup_numbers SET last = 9999")
    third = received(kiosk, "SF0000000000003")
    assert third.pickup_code[-4:] == "0001"
    moved = operations.move_parcel(kiosk, POINT, third.id, (1, 1), "S1")
    assert store.by_code(kiosk.db, POINT, moved.pickup_code) == moved


def test_of_two_parcels_with_one_code_the_one_that_lies_here_is_meant(kiosk: KioskJournal) -> None:
    first = received(kiosk, "SF0000000000001")
    hand_over(kiosk, POINT, [first.id], "S1", way="staff")
    with kiosk.db.writing() as tx:
        tx.execute("UPDATE pickup_numbers SET last = 0")
    second = receive_parcel(kiosk, POINT, "SF0000000000002", "S1", recipient=WANG, place=(1, 1)).parcel
    assert second is not None
    assert second.pickup_code == first.pickup_code
    assert store.by_code(kiosk.db, POINT, first.pickup_code) == second
    assert [one.id for one in store.with_code(kiosk.db, POINT, first.pickup_code)] == [second.id, first.id]
    assert store.by_code(kiosk.db, POINT, "") is None


# --- hand-out ---------------------------------------------------------------------------------------------------------


def test_a_hand_out_moves_parcel_order_and_stock_together(kiosk: KioskJournal) -> None:
    announced = announce(kiosk, "1", parcels=2)
    ids = [received(kiosk, one.waybill).id for one in announced.parcels]
    went: list[str] = []
    first = hand_over(
        kiosk, POINT, ids[:1], "R1", way="pass", resident="R1", also=lambda tx, gone: went.extend(g.id for g in gone)
    )
    assert first.outcome is HandOutOutcome.HANDED_OUT
    assert went == ids[:1]
    assert first.parcels == (parcel(kiosk, ids[0]),)
    assert first.parcels[0].collected_at == utc_text(kiosk.clock.now())
    assert first.parcels[0].collected_way == "pass"
    assert order_of(kiosk, announced).state is OrderState.READY
    assert stock.on_hand(kiosk.db, POINT, "APPLE") == 2
    second = hand_over(kiosk, POINT, ids, "R1", way="pass", resident="R1")
    assert [one.id for one in second.parcels] == ids[1:]
    assert [(one.id, why) for one, why in second.left] == [(ids[0], HandOutOutcome.ALREADY_COLLECTED)]
    assert order_of(kiosk, announced).state is OrderState.COLLECTED
    assert [one.quantity for one in stock.movements(kiosk.db, POINT, "APPLE")].count(-2) == 2
    check_books(kiosk)


def test_every_answer_to_a_hand_out(kiosk: KioskJournal) -> None:
    def asked(parcel_id: str) -> HandOutOutcome:
        return hand_over(kiosk, POINT, [parcel_id], "S1", way="staff").outcome

    assert asked("nobody") is HandOutOutcome.UNKNOWN
    assert hand_over(kiosk, POINT, [], "S1", way="staff").outcome is HandOutOutcome.UNKNOWN
    waiting = announce(kiosk, "1").parcels[0]
    assert asked(waiting.id) is HandOutOutcome.NOT_READY
    unpaid = announce(kiosk, "2", paid=False)
    arrived = received(kiosk, unpaid.parcels[0].waybill)
    assert asked(arrived.id) is HandOutOutcome.ORDER_UNPAID
    with kiosk.writing(POINT) as tx:
        pay_order(kiosk, tx, POINT, unpaid.order.id, "op")
    assert order_of(kiosk, unpaid).state is OrderState.READY, "a late payment finds the goods waiting"
    operations.mark_exception(kiosk, POINT, arrived.id, "破损", "S1")
    assert asked(arrived.id) is HandOutOutcome.EXCEPTION
    operations.clear_exception(kiosk, POINT, arrived.id, "S1")
    with kiosk.writing(POINT) as tx:
        cancel_order(kiosk, tx, POINT, unpaid.order.id, "", "op")
    assert asked(arrived.id) is HandOutOutcome.ORDER_CANCELLED
    stranger = received(kiosk, "SF0000000000001")
    assert asked(stranger.id) is HandOutOutcome.HANDED_OUT
    assert asked(stranger.id) is HandOutOutcome.ALREADY_COLLECTED
    assert store.cases(kiosk.db) == [], "what was refused before it happened needs nobody"
    check_books(kiosk)


def test_two_staff_hand_out_one_parcel_at_once(kiosk: KioskJournal) -> None:
    for n in range(20):
        wanted = received(kiosk, f"SF00000000000{n:02d}")
        start = threading.Barrier(2)
        results: list[HandOver] = []

        def hand_out(
            staff: str, parcel_id: str = wanted.id, start: threading.Barrier = start, into: list[HandOver] = results
        ) -> None:
            start.wait()
            into.append(hand_over(kiosk, POINT, [parcel_id], staff, way="staff"))

        threads = [threading.Thread(target=hand_out, args=(staff,)) for staff in ("S1", "S2")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        outcomes = sorted(result.outcome.value for result in results)
        assert outcomes == ["already_collected", "handed_out"]
    assert store.cases(kiosk.db) == []


def test_hand_out_is_undone(kiosk: KioskJournal) -> None:
    announced = announce(kiosk, "1", parcels=2)
    ids = [received(kiosk, one.waybill).id for one in announced.parcels]
    before = [parcel(kiosk, one) for one in ids]
    hand_over(kiosk, POINT, ids, "S1", way="staff")
    assert stock.on_hand(kiosk.db, POINT, "APPLE") == 0
    assert list(operations.undo_hand_over(kiosk, POINT, ids, "S1")) == before
    assert stock.on_hand(kiosk.db, POINT, "APPLE") == 4
    order = order_of(kiosk, announced)
    assert (order.state, order.collected_at) == (OrderState.READY, None)
    check_books(kiosk)
    with pytest.raises(Refused, match="PARCEL_STATE"):
        operations.undo_hand_over(kiosk, POINT, ids, "S1")
    with pytest.raises(Refused, match="PARCEL_UNKNOWN"):
        operations.undo_hand_over(kiosk, POINT, [], "S1")


def test_overdue_parcels_can_still_be_collected(kiosk: KioskJournal, clock: ManualClock) -> None:
    old = received(kiosk, "SF0000000000001")
    clock.advance(timedelta(hours=49).total_seconds())
    fresh = received(kiosk, "SF0000000000002")
    assert operations.mark_overdue(kiosk, POINT, "night") == 1
    assert operations.mark_overdue(kiosk, POINT, "night") == 0
    assert (parcel(kiosk, old.id).state, parcel(kiosk, fresh.id).state) == (ParcelState.OVERDUE, ParcelState.READY)
    assert hand_over(kiosk, POINT, [old.id], "S1", way="staff").outcome is HandOutOutcome.HANDED_OUT


def test_a_returned_parcel_leaves_and_may_come_again(kiosk: KioskJournal) -> None:
    announced = announce(kiosk, "1")
    arrived = received(kiosk, announced.parcels[0].waybill)
    with pytest.raises(Refused, match="REASON_NEEDED"):
        operations.return_parcel(kiosk, POINT, arrived.id, " ", "S1")
    gone = operations.return_parcel(kiosk, POINT, arrived.id, "无人领取", "S1")
    assert (gone.state, gone.place, gone.note) == (ParcelState.RETURNED, None, "无人领取")
    assert stock.on_hand(kiosk.db, POINT, "APPLE") == 0
    check_books(kiosk)
    assert received(kiosk, arrived.waybill).id == arrived.id
    check_books(kiosk)


# --- facts that contradict --------------------------------------------------------------------------------------------


def record(kiosk: KioskJournal, payload: object) -> str:
    with kiosk.writing(POINT) as tx:
        return kiosk.record(tx, payload, point=POINT, actor="elsewhere").id  # type: ignore[arg-type]  # a fact of this room


def test_a_double_hand_out_opens_a_case_and_its_undo_settles_it(kiosk: KioskJournal) -> None:
    announced = announce(kiosk, "1")
    arrived = received(kiosk, announced.parcels[0].waybill)
    first = record(kiosk, facts.HandedOut((arrived.id,), "staff", ""))
    second = record(kiosk, facts.HandedOut((arrived.id,), "pass", "R1"))
    ((_, case),) = store.cases(kiosk.db, POINT)
    assert (case.kind, case.first_fact, case.second_fact) == (CaseKind.DOUBLE_HAND_OUT, first, second)
    assert stock.on_hand(kiosk.db, POINT, "APPLE") == 0, "it can leave only once"
    check_books(kiosk)
    operations.undo_hand_over(kiosk, POINT, [arrived.id], "S1")
    assert store.cases(kiosk.db, POINT) == []
    still = parcel(kiosk, arrived.id)
    assert (still.state, still.collected_fact) == (ParcelState.COLLECTED, second), "the other hand-out stands"
    operations.undo_hand_over(kiosk, POINT, [arrived.id], "S1")
    assert parcel(kiosk, arrived.id).state is ParcelState.READY
    assert len(store.cases(kiosk.db, POINT, closed=True)) == 1
    check_books(kiosk)


def test_what_was_handed_out_against_the_rules_stays_handed_out(kiosk: KioskJournal) -> None:
    expected = {
        CaseKind.HANDED_OUT_CANCELLED: announce(kiosk, "1"),
        CaseKind.HANDED_OUT_UNPAID: announce(kiosk, "2", paid=False),
        CaseKind.HANDED_OUT_EXCEPTION: announce(kiosk, "3"),
        CaseKind.HANDED_OUT_NOT_HERE: announce(kiosk, "4"),
    }
    for kind, announced in expected.items():
        if kind is not CaseKind.HANDED_OUT_NOT_HERE:
            received(kiosk, announced.parcels[0].waybill)
    with kiosk.writing(POINT) as tx:
        cancel_order(kiosk, tx, POINT, expected[CaseKind.HANDED_OUT_CANCELLED].order.id, "", "op")
    operations.mark_exception(kiosk, POINT, expected[CaseKind.HANDED_OUT_EXCEPTION].parcels[0].id, "破损", "S1")
    record(kiosk, facts.HandedOut((*(one.parcels[0].id for one in expected.values()), "nobody"), "staff", ""))
    cases = {case.kind: case.parcel for _, case in store.cases(kiosk.db, POINT)}
    assert cases == {kind: one.parcels[0].id for kind, one in expected.items()} | {CaseKind.UNKNOWN_PARCEL: "nobody"}
    assert {parcel(kiosk, one.parcels[0].id).state for one in expected.values()} == {ParcelState.COLLECTED}
    assert order_of(kiosk, expected[CaseKind.HANDED_OUT_CANCELLED]).state is OrderState.CANCELLED
    assert order_of(kiosk, expected[CaseKind.HANDED_OUT_UNPAID]).state is OrderState.PLACED
    check_books(kiosk)
    operations.undo_hand_over(kiosk, POINT, [expected[CaseKind.HANDED_OUT_NOT_HERE].parcels[0].id], "S1")
    assert parcel(kiosk, expected[CaseKind.HANDED_OUT_NOT_HERE].parcels[0].id).state is ParcelState.EXPECTED
    check_books(kiosk)


@pytest.mark.parametrize(
    "payload",
    [
        facts.InboundUndone("nobody"),
        facts.Shelved("nobody", 1, 1, "1-1-0001"),
        facts.HandOutUndone(("nobody",), ("K9:E:1",)),
        facts.WentOverdue(("nobody",)),
        facts.ExceptionFound("nobody", "破损"),
        facts.ExceptionCleared("nobody"),
        facts.Returned("nobody", "退回"),
    ],
)
def test_facts_about_a_parcel_nobody_knows_open_a_case(kiosk: KioskJournal, payload: object) -> None:
    record(kiosk, payload)
    assert only_case(kiosk) is CaseKind.UNKNOWN_PARCEL


def test_a_move_after_the_hand_out_is_a_contradiction(kiosk: KioskJournal) -> None:
    arrived = received(kiosk, "SF0000000000001")
    hand_over(kiosk, POINT, [arrived.id], "S1", way="staff")
    record(kiosk, facts.Shelved(arrived.id, 1, 2, "1-2-0009"))
    assert only_case(kiosk) is CaseKind.CONTRADICTION
    assert parcel(kiosk, arrived.id).state is ParcelState.COLLECTED
    ((_, case),) = store.cases(kiosk.db, POINT)
    with kiosk.writing(POINT) as tx:
        operations.close_case(kiosk, tx, POINT, case.id, "已核对", "op")
    assert store.cases(kiosk.db, POINT) == []
    with pytest.raises(Refused, match="CASE_UNKNOWN"), kiosk.writing(POINT) as tx:
        operations.close_case(kiosk, tx, POINT, "K9:E:1.0", "已核对", "op")


def test_an_announcement_that_comes_late_finds_the_parcel(kiosk: KioskJournal) -> None:
    arrived = received(kiosk, "LQ9900")
    assert stock.on_hand(kiosk.db, POINT, "APPLE") == 0
    announced = announce(kiosk, "1")
    known = announce_same(kiosk, "LQ9900", announced.order.id)
    assert known.id == arrived.id
    assert (known.order_id, known.state, known.contents[0].sku) == (announced.order.id, ParcelState.READY, "APPLE")
    assert stock.on_hand(kiosk.db, POINT, "APPLE") == 3
    check_books(kiosk)
    with pytest.raises(Refused, match="PARCEL_EXISTS"):
        announce_same(kiosk, "LQ9900", announced.order.id)


def announce_same(kiosk: KioskJournal, waybill: str, order_id: str) -> Parcel:
    with kiosk.writing(POINT) as tx:
        return operations.expect_parcel(
            kiosk, tx, POINT, waybill=waybill, recipient=WANG, order_id=order_id,
            contents=[Content("APPLE", "苹果", 3)], actor="op",
        )  # fmt: skip
