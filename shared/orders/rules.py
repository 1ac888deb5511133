"""Orders: what state one is in, and what moves it.

Two things move an order: money and wishes (paid, cancelled, refunded) and its goods (what its parcels say). The goods
never change what a cancelled or refunded order is; they are remembered, so that a late payment finds them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from shared.kernel.errors import N_, Refused
from shared.kernel.limits import CONTENT_LINES_MAX, PRICE_FEN_MAX, QUANTITY_MAX, SALE_CASH_FEN_MAX


class OrderState(StrEnum):
    """States of an order."""

    PLACED = "placed"
    PAID = "paid"
    READY = "ready"
    COLLECTED = "collected"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


ORDER_STATE_NAMES = {
    OrderState.PLACED: N_("待付款"),
    OrderState.PAID: N_("待发货"),
    OrderState.READY: N_("待提货"),
    OrderState.COLLECTED: N_("已完成"),
    OrderState.CANCELLED: N_("已取消"),
    OrderState.REFUNDED: N_("已退款"),
}


class Goods(StrEnum):
    """What the parcels of an order say together."""

    WAITING = "waiting"
    READY = "ready"
    COLLECTED = "collected"


class Wish(StrEnum):
    """What people do to an order."""

    PAY = "pay"
    CANCEL = "cancel"
    REFUND = "refund"


# A collected order is not cancelled: money goes back as a refund, with the goods in the resident's hands or not.
WISHES: dict[tuple[OrderState, Wish], OrderState] = {
    (OrderState.PLACED, Wish.PAY): OrderState.PAID,
    (OrderState.PLACED, Wish.CANCEL): OrderState.CANCELLED,
    (OrderState.PAID, Wish.CANCEL): OrderState.CANCELLED,
    (OrderState.READY, Wish.CANCEL): OrderState.CANCELLED,
    (OrderState.PAID, Wish.REFUND): OrderState.REFUNDED,
    (OrderState.READY, Wish.REFUND): OrderState.REFUNDED,
    (OrderState.COLLECTED, Wish.REFUND): OrderState.REFUNDED,
    (OrderState.CANCELLED, Wish.REFUND): OrderState.REFUNDED,
}

_FULFILMENT = {
    Goods.WAITING: OrderState.PAID,
    Goods.READY: OrderState.READY,
    Goods.COLLECTED: OrderState.COLLECTED,
}


class OrderLine(NamedTuple):
    """Units of one product in an order; ``price_fen`` is for one unit."""

    sku: str
    name: str
    quantity: int
    price_fen: int


@dataclass(frozen=True, slots=True)
class Order:
    """An order at a point. ``number`` is what people read; ``resident`` the resident's id."""

    id: str
    number: str
    resident: str
    state: OrderState
    goods: Goods
    total_fen: int
    placed_at: str
    collected_at: str | None = None


COUNTER = "counter"
"""The channel of what staff sell over the counter."""


@dataclass(frozen=True, slots=True)
class Sale:
    """An order that used up rights to offers: sold over the counter, or by phone from the pool.

    ``rights``: units of each offer, taken from the ``lot`` of ``device``. ``received_fen``: cash handed over.
    ``released_at``: when the rights went back, because the sale was undone or the order cancelled.
    """

    order: Order
    channel: str
    device: str
    lot: str
    rights: tuple[tuple[str, int], ...]
    received_fen: int
    sold_by: str
    sold_at: str
    released_at: str | None = None

    @property
    def change_fen(self) -> int:
        """Cash given back."""
        return max(0, self.received_fen - self.order.total_fen)


def check_cash(total: int, received: int) -> None:
    """Raise ``Refused`` CASH_SHORT or CASH_RANGE unless the cash handed over is enough and possible."""
    if not 0 <= received <= SALE_CASH_FEN_MAX:
        raise Refused("CASH_RANGE", N_("收款金额超出范围。"), N_("请改正收款金额。"))
    if received < total:
        raise Refused("CASH_SHORT", N_("收款不足，还差 %(fen)s 分。"), N_("请收足现金后再确认。"), fen=total - received)


def merged_basket(basket: Sequence[tuple[str, int]]) -> dict[str, int]:
    """Units of each offer, in the order of first mention: the same offer scanned twice counts once, with both."""
    units: dict[str, int] = {}
    for offer, quantity in basket:
        units[offer] = units.get(offer, 0) + quantity
    return units


def after_wish(order: Order, wish: Wish) -> OrderState:
    """The state after a wish, with the goods taken into account. Raises ``Refused`` when the state forbids it."""
    state = WISHES.get((order.state, wish))
    if state is None:
        raise Refused(
            f"ORDER_{order.state.name}",
            N_("订单 %(number)s 现在不能这样处理。"),
            N_("请刷新后查看订单状态。"),
            number=order.number,
        )
    return after_goods(state, order.goods)


def after_goods(state: OrderState, goods: Goods) -> OrderState:
    """The state once the goods are ``goods``: a paid order follows its parcels, any other stays what it is."""
    if state in (OrderState.PAID, OrderState.READY, OrderState.COLLECTED):
        return _FULFILMENT[goods]
    return state


def total_fen(lines: Sequence[OrderLine]) -> int:
    """What the lines cost together."""
    return sum(line.quantity * line.price_fen for line in lines)


def check_lines(lines: Sequence[OrderLine]) -> None:
    """Raise ``Refused`` ORDER_LINES unless there are lines with products, possible quantities and prices."""
    good = 0 < len(lines) <= CONTENT_LINES_MAX and all(
        line.sku and 0 < line.quantity <= QUANTITY_MAX and 0 <= line.price_fen <= PRICE_FEN_MAX for line in lines
    )
    if not good:
        raise Refused("ORDER_LINES", N_("订单没有商品，或数量、价格超出范围。"), N_("请改正订单明细。"))
