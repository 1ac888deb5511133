"""A point at work: shelves, orders and parcels made through the real operations, and what must hold of them all."""

import secrets
from dataclasses import dataclass

from shared.orders import store as orders
from shared.orders.operations import place_order
from shared.orders.rules import Order, OrderLine, OrderState, after_goods
from shared.parcels import operations, store
from shared.parcels.rules import Content, Parcel, ParcelState, Recipient, goods_of
from shared.pickup_points.operations import open_point, set_shelf_layer
from shared.pickup_points.rules import ShelfLayer
from shared.stock import store as stock
from shared.sync import CentreJournal, Journal, KioskJournal, accept, rows
from shared.sync import store as sync_store
from shared.sync.receive import Enrolled, receive
from tests.conftest import POINT, REGION

WANG = Recipient("R1", "王*明", "1234")
FOLLOWS = (OrderState.PAID, OrderState.READY, OrderState.COLLECTED)
FEEDS = [f"region:{REGION}", f"point:{POINT}"]


def shelve_up(journal: Journal, capacity: int = 500) -> None:
    """Two ordinary layers and a cold one."""
    with journal.writing(POINT) as tx:
        open_point(journal, tx, POINT, number=1, name="花园路店", region=REGION, actor="op")
        for shelf, layer, cold in ((1, 1, False), (1, 2, False), (2, 1, True)):
            set_shelf_layer(journal, tx, POINT, ShelfLayer(shelf, layer, "", capacity, cold), "op")


@dataclass
class Announced:
    """An order and its announced parcels."""

    order: Order
    parcels: list[Parcel]


def announce(journal: Journal, number: str, *, parcels: int = 1, paid: bool = True, quantity: int = 2) -> Announced:
    """An order of apples in so many parcels of our own."""
    with journal.writing(POINT) as tx:
        lines = [OrderLine("APPLE", "苹果", quantity * parcels, 990)]
        order = place_order(journal, tx, POINT, number=number, resident="R1", lines=lines, paid=paid, actor="op")
        made = [
            operations.expect_parcel(
                journal, tx, POINT, waybill=f"LQ{number}{n:02d}", recipient=WANG, order_id=order.id, carrier="OWN",
                contents=[Content("APPLE", "苹果", quantity)], actor="op",
            )
            for n in range(parcels)
        ]  # fmt: skip
    return Announced(order, made)


def received(journal: Journal, waybill: str, recipient: Recipient | None = WANG) -> Parcel:
    """A parcel that lies on a shelf."""
    result = operations.receive_parcel(journal, POINT, waybill, "S1", recipient=recipient)
    assert result.outcome is operations.InboundOutcome.RECEIVED
    assert result.parcel is not None
    return result.parcel


def parcel(journal: Journal, parcel_id: str) -> Parcel:
    found = store.parcel(journal.db, POINT, parcel_id)
    assert found is not None
    return found


def order_of(journal: Journal, announced: Announced) -> Order:
    found = orders.order(journal.db, POINT, announced.order.id)
    assert found is not None
    return found


def check_books(journal: Journal) -> None:
    """Stock equals its ledger and the own goods that lie here; each order is as far as its parcels say."""
    db = journal.db
    there: dict[str, int] = {}
    every = [one for state in ParcelState for one in store.in_state(db, POINT, state, limit=10_000)]
    for one in every:
        for sku, units in one.units.items():
            there[sku] = there.get(sku, 0) + units
    levels = {level.sku: level.on_hand for level in stock.levels(db, POINT)}
    assert {sku: units for sku, units in levels.items() if units} == there
    assert {sku: stock.ledger_sum(db, POINT, sku) for sku in levels} == levels
    for _, order in orders.orders(db, POINT, limit=10_000):
        goods = goods_of(one.state for one in every if one.order_id == order.id)
        assert order.goods is goods
        assert order.state is after_goods(order.state, goods)
        assert (order.collected_at is not None) == (goods.value == "collected")


def push(kiosk: KioskJournal, centre: CentreJournal) -> None:
    """One round from the kiosk to the centre and back."""
    state = sync_store.sync_state(kiosk.db)
    assert state is not None
    if not sync_store.cursors(kiosk.db):
        with kiosk.db.writing() as tx:
            for feed in FEEDS:
                sync_store.set_cursor(tx, feed, 0)
    request = accept.first_request(kiosk.db, kiosk.house, state, secrets.token_hex(8), {})
    enrolled = Enrolled(state.epoch, state.hardware)
    answer = receive(centre.db, centre.house, centre.clock, point=POINT, feeds=FEEDS, enrolled=enrolled,
                     request=request, next_s=30)  # fmt: skip
    accept.check_answer(request, answer)
    accept.accept(kiosk.db, kiosk.house, kiosk.clock, state, [answer])


def same_rows(one: Journal, other: Journal) -> bool:
    """Whether two databases hold the same rows of the point."""
    return rows.digest(one.db, one.house, FEEDS[1]) == rows.digest(other.db, other.house, FEEDS[1])
