"""What happens to orders, and how they follow their goods."""

from dataclasses import replace

import msgspec

from shared.db import Tx
from shared.kernel.errors import N_, Refused
from shared.orders import store
from shared.orders.rules import Goods, Order, OrderLine, OrderState, Wish, after_goods, after_wish
from shared.sync import Fact, FactKind


class Placed(msgspec.Struct, frozen=True, array_like=True):
    """An order was placed; ``paid`` when the money came with it."""

    order: str
    number: str
    resident: str
    lines: tuple[OrderLine, ...]
    total_fen: int
    paid: bool
    placed_at: str


class Paid(msgspec.Struct, frozen=True, array_like=True):
    """The money for an order came."""

    order: str


class Cancelled(msgspec.Struct, frozen=True, array_like=True):
    """Somebody wishes to cancel an order."""

    order: str
    reason: str


class Refunded(msgspec.Struct, frozen=True, array_like=True):
    """The money of an order was given back."""

    order: str
    reason: str


def note_goods(tx: Tx, point: str, order_id: str, goods: Goods, at: str) -> None:
    """What an order's parcels say together has changed (or not); an unknown order is left alone.

    The room of parcels calls this while it applies its facts. ``at`` is when the goods were collected.
    """
    order = store.order(tx, point, order_id)
    if order is None or order.goods is goods:
        return
    collected_at = at if goods is Goods.COLLECTED else None
    state = after_goods(order.state, goods)
    store.put_order(tx, point, replace(order, state=state, goods=goods, collected_at=collected_at))


def _placed(tx: Tx, fact: Fact, it: Placed) -> None:
    known = store.order(tx, fact.point, it.order)
    if known is not None:
        raise Refused("ORDER_EXISTS", N_("订单 %(number)s 已存在。"), number=known.number)
    state = OrderState.PAID if it.paid else OrderState.PLACED
    order = Order(it.order, it.number, it.resident, state, Goods.WAITING, it.total_fen, it.placed_at)
    store.put_order(tx, fact.point, order)
    store.put_lines(tx, fact.point, it.order, it.lines)


def _wish(tx: Tx, fact: Fact, order_id: str, wish: Wish) -> None:
    order = store.order(tx, fact.point, order_id)
    if order is None:
        raise Refused("ORDER_UNKNOWN", N_("没有这个订单。"), N_("请核对订单号。"))
    store.put_order(tx, fact.point, replace(order, state=after_wish(order, wish)))


def _paid(tx: Tx, fact: Fact, it: Paid) -> None:
    _wish(tx, fact, it.order, Wish.PAY)


def _cancelled(tx: Tx, fact: Fact, it: Cancelled) -> None:
    _wish(tx, fact, it.order, Wish.CANCEL)


def _refunded(tx: Tx, fact: Fact, it: Refunded) -> None:
    _wish(tx, fact, it.order, Wish.REFUND)


KINDS = (
    FactKind("orders.placed.v1", Placed, _placed, centre_only=True),
    FactKind("orders.paid.v1", Paid, _paid, centre_only=True),
    FactKind("orders.cancelled.v1", Cancelled, _cancelled, wish=True),
    FactKind("orders.refunded.v1", Refunded, _refunded, centre_only=True),
)
