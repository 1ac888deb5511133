"""What happens to orders, and how they follow their goods."""

from dataclasses import replace

import msgspec

from shared.db import Tx
from shared.kernel.errors import N_, Refused
from shared.orders import store
from shared.orders.rules import COUNTER, Goods, Order, OrderLine, OrderState, Sale, Wish, after_goods, after_wish
from shared.stock import store as stock
from shared.stock.rules import Line, Reason
from shared.sync import Fact, FactKind

CANCELLED = "orders.cancelled.v1"


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


class Sold(msgspec.Struct, frozen=True, array_like=True):
    """Goods went over the counter for cash. ``rights``: units of each offer, used up from a lot of the device."""

    order: str
    number: str
    resident: str
    lines: tuple[OrderLine, ...]
    total_fen: int
    received_fen: int
    lot: str
    rights: tuple[tuple[str, int], ...]


class SaleUndone(msgspec.Struct, frozen=True, array_like=True):
    """The goods of a counter sale came back, and the cash was given back."""

    order: str
    reason: str


class Reserved(msgspec.Struct, frozen=True, array_like=True):
    """An order took its units from the pool of the centre: ``device`` and ``lot`` name the holder that counts them."""

    order: str
    channel: str
    device: str
    lot: str
    rights: tuple[tuple[str, int], ...]


class Released(msgspec.Struct, frozen=True, array_like=True):
    """The units of an order went back to the pool."""

    order: str


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


def _sold(tx: Tx, fact: Fact, it: Sold) -> None:
    if store.order(tx, fact.point, it.order) is not None:
        raise Refused("ORDER_EXISTS", N_("订单 %(number)s 已存在。"), number=it.number)
    state = OrderState.COLLECTED
    order = Order(it.order, it.number, it.resident, state, Goods.COLLECTED, it.total_fen, fact.at, fact.at)
    store.put_order(tx, fact.point, order)
    store.put_lines(tx, fact.point, it.order, it.lines)
    sale = Sale(order, COUNTER, fact.device, it.lot, it.rights, it.received_fen, fact.actor, fact.at)
    store.put_sale(tx, fact.point, sale)
    stock.move(tx, fact, [Line(line.sku, -line.quantity, it.order) for line in it.lines], Reason.SOLD)


def _sale_undone(tx: Tx, fact: Fact, it: SaleUndone) -> None:
    sale = store.sale(tx, fact.point, it.order)
    if sale is None or sale.channel != COUNTER or sale.released_at is not None:
        raise Refused("SALE_UNKNOWN", N_("没有这笔柜台销售，或已经撤销。"), N_("请刷新销售记录。"))
    lines = store.lines(tx, fact.point, it.order)
    order = replace(sale.order, state=OrderState.REFUNDED, goods=Goods.WAITING, collected_at=None)
    store.put_order(tx, fact.point, order)
    store.put_sale(tx, fact.point, replace(sale, order=order, released_at=fact.at))
    stock.move(tx, fact, [Line(line.sku, line.quantity, it.order) for line in lines], Reason.SALE_UNDONE)


def _reserved(tx: Tx, fact: Fact, it: Reserved) -> None:
    order = store.order(tx, fact.point, it.order)
    if order is None:
        raise Refused("ORDER_UNKNOWN", N_("没有这个订单。"), N_("请核对订单号。"))
    store.put_sale(tx, fact.point, Sale(order, it.channel, it.device, it.lot, it.rights, 0, fact.actor, fact.at))


def _released(tx: Tx, fact: Fact, it: Released) -> None:
    sale = store.sale(tx, fact.point, it.order)
    if sale is None:
        raise Refused("SALE_UNKNOWN", N_("没有这笔柜台销售，或已经撤销。"), N_("请刷新销售记录。"))
    store.put_sale(tx, fact.point, replace(sale, released_at=fact.at))


KINDS = (
    FactKind("orders.placed.v1", Placed, _placed, centre_only=True),
    FactKind("orders.paid.v1", Paid, _paid, centre_only=True),
    FactKind(CANCELLED, Cancelled, _cancelled, wish=True),
    FactKind("orders.refunded.v1", Refunded, _refunded, centre_only=True),
    FactKind("orders.sold.v1", Sold, _sold),
    FactKind("orders.sale_undone.v1", SaleUndone, _sale_undone),
    FactKind("orders.reserved.v1", Reserved, _reserved, centre_only=True),
    FactKind("orders.released.v1", Released, _released, centre_only=True),
)
