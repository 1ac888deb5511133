"""What people do with orders. ``tx`` comes from ``journal.writing(point)``."""

from collections.abc import Sequence

from shared.db import Tx
from shared.kernel.clock import utc_text
from shared.kernel.errors import N_, Refused
from shared.orders import store
from shared.orders.facts import Cancelled, Paid, Placed, Refunded
from shared.orders.rules import Order, OrderLine, check_lines, total_fen
from shared.sync import Journal

NUMBER_CHARACTERS = 40


def place_order(
    journal: Journal,
    tx: Tx,
    point: str,
    *,
    number: str,
    resident: str,
    lines: Sequence[OrderLine],
    paid: bool,
    actor: str,
    order_id: str | None = None,
    placed_at: str | None = None,
) -> Order:
    """Place an order. ``order_id`` and ``placed_at`` (UTC text) default to a new id and now.

    Raises ``Refused`` ORDER_NUMBER, ORDER_LINES, ORDER_EXISTS (the number is taken at this point).
    """
    if not number or len(number) > NUMBER_CHARACTERS or not number.isprintable():
        raise Refused("ORDER_NUMBER", N_("订单号为空或太长。"), N_("请改正订单号。"))
    check_lines(lines)
    if store.by_number(tx, point, number):
        raise Refused("ORDER_EXISTS", N_("订单 %(number)s 已存在。"), number=number)
    order_id = order_id or journal.ids.new()
    placed_at = placed_at or utc_text(journal.clock.now())
    payload = Placed(order_id, number, resident, tuple(lines), total_fen(lines), paid, placed_at)
    journal.record(tx, payload, point=point, actor=actor)
    return _after(tx, point, order_id)


def pay_order(journal: Journal, tx: Tx, point: str, order_id: str, actor: str) -> Order:
    """Note that an order is paid. Raises ``Refused`` ORDER_UNKNOWN or ``ORDER_<STATE>`` when it can't be."""
    journal.record(tx, Paid(order_id), point=point, actor=actor)
    return _after(tx, point, order_id)


def cancel_order(journal: Journal, tx: Tx, point: str, order_id: str, reason: str, actor: str) -> Order:
    """Cancel an order that has not been collected. Raises ``Refused`` ORDER_UNKNOWN or ``ORDER_<STATE>``."""
    journal.record(tx, Cancelled(order_id, reason), point=point, actor=actor)
    return _after(tx, point, order_id)


def refund_order(journal: Journal, tx: Tx, point: str, order_id: str, reason: str, actor: str) -> Order:
    """Note that the money went back. Raises ``Refused`` ORDER_UNKNOWN or ``ORDER_<STATE>`` when none was paid."""
    journal.record(tx, Refunded(order_id, reason), point=point, actor=actor)
    return _after(tx, point, order_id)


def _after(tx: Tx, point: str, order_id: str) -> Order:
    order = store.order(tx, point, order_id)
    assert order is not None  # noqa: S101 - the fact that was just applied has written it
    return order
