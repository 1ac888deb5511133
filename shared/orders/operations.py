"""What people do with orders. ``tx`` comes from ``journal.writing(point)``."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.allotments import pools, standing
from shared.allotments import store as allotments
from shared.allotments.guard import GuardFile
from shared.allotments.pools import Installation
from shared.allotments.rules import Offer, check_right, check_sale
from shared.catalogue import store as catalogue
from shared.db import Tx
from shared.db.database import Reads
from shared.kernel.clock import utc_text
from shared.kernel.errors import N_, Refused
from shared.kernel.limits import PHONE_KEY_CHARACTERS
from shared.orders import store
from shared.orders.facts import Cancelled, Paid, Placed, Refunded, Released, Reserved, SaleUndone, Sold
from shared.orders.rules import (
    COUNTER,
    Goods,
    Order,
    OrderLine,
    OrderState,
    Sale,
    check_cash,
    check_lines,
    merged_basket,
    total_fen,
)
from shared.sync import Journal

NUMBER_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class PhoneOrder:
    """An order from the pool; ``new`` is False where the same request had placed it before."""

    order: Order
    new: bool


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
    """Cancel an order that has not been collected; at the centre, units from a pool go back to it.

    Raises ``Refused`` ORDER_UNKNOWN or ``ORDER_<STATE>``.
    """
    journal.record(tx, Cancelled(order_id, reason), point=point, actor=actor)
    if tx.authoritative:
        release_units(journal, tx, point, order_id, actor)
    return _after(tx, point, order_id)


def refund_order(journal: Journal, tx: Tx, point: str, order_id: str, reason: str, actor: str) -> Order:
    """Note that the money went back; units from a pool whose goods never came go back to it.

    Raises ``Refused`` ORDER_UNKNOWN or ``ORDER_<STATE>`` when none was paid.
    """
    journal.record(tx, Refunded(order_id, reason), point=point, actor=actor)
    if tx.authoritative:
        release_units(journal, tx, point, order_id, actor)
    return _after(tx, point, order_id)


def sell_at_counter(
    journal: Journal,
    tx: Tx,
    guard: GuardFile,
    point: str,
    basket: Sequence[tuple[str, int]],
    *,
    received_fen: int,
    actor: str,
    resident: str = "",
) -> Sale:
    """Sell over the counter for cash: order, stock, rights and guard stand or fall together, with or without network.

    ``basket``: (offer id, quantity). The price is the offer's. What else belongs to the sale (a receipt) is written in
    the same ``tx``. Raises ``Refused`` SALE_FROZEN (nothing is sold before one round), OFFER_UNKNOWN, OFFER_CLOSED,
    SALE_QUANTITY, SALE_NONE_LEFT, SALE_TOO_FEW, CASH_SHORT, CASH_RANGE, ORDER_LINES; ``DiskFull``. After SALE_NONE_LEFT
    or SALE_TOO_FEW the screen offers :func:`shared.allotments.operations.note_demand`, in a transaction of its own.
    """
    now = standing.may_sell(tx, guard)
    moment = standing.likely_now(now.contact, journal.clock)
    units = merged_basket(basket)
    offers: dict[str, Offer] = {}
    changed = {}
    for offer, quantity in units.items():
        offers[offer] = check_sale(allotments.offer(tx, now.region, offer), quantity, moment)
        counters = now.counters(tx, offer)
        check_right(counters.right, quantity)
        changed[offer] = counters.selling(quantity)
    lines = _lines(tx, now.region, offers, units)
    total = total_fen(lines)
    check_cash(total, received_fen)
    order_id = journal.ids.new()
    payload = Sold(order_id, order_id, resident, lines, total, received_fen, now.lot, tuple(units.items()))
    journal.record(tx, payload, point=point, actor=actor)
    standing.use(tx, guard, now, changed)
    return _sale(tx, point, order_id)


def undo_sale(journal: Journal, tx: Tx, guard: GuardFile, point: str, order_id: str, reason: str, actor: str) -> Sale:
    """Take a counter sale back: goods in, cash out, the right again ours. Raises ``Refused`` SALE_UNKNOWN.

    It has happened, so a frozen kiosk may do it too; the right comes back only if it is of the lot in use. One of a
    former lot, or of another device, stays with that lot until a person has counted.
    """
    journal.record(tx, SaleUndone(order_id, reason), point=point, actor=actor)
    sale = _sale(tx, point, order_id)
    now = standing.standing(tx, guard)
    if now.frozen is None and (sale.device, sale.lot) == (now.device, now.lot):
        for offer, units in sale.rights:
            row = allotments.right(tx, now.lot, offer)
            if row is not None:
                # of the database alone: the guard's word about sold units must not be mistaken for it
                allotments.put_counters(tx, now.lot, offer, row.counters.undoing(units))
    return sale


def place_phone_order(
    journal: Journal,
    tx: Tx,
    here: Installation,
    point: str,
    *,
    channel: str,
    key: str,
    resident: str,
    basket: Sequence[tuple[str, int]],
    paid: bool,
    actor: str,
) -> PhoneOrder:
    """Place an order at the centre from the pools of its offers, all in one transaction.

    ``basket``: (offer id, quantity). The same ``channel`` and ``key`` at the same point give the same order, whatever
    the basket says then. Raises ``Refused`` PHONE_KEY, OFFER_UNKNOWN, OFFER_CLOSED, OFFER_FROZEN, SALE_QUANTITY,
    SALE_NONE_LEFT, SALE_TOO_FEW, ORDER_LINES.
    """
    if not key or len(key) > PHONE_KEY_CHARACTERS or not channel or channel == COUNTER:
        raise Refused("PHONE_KEY", N_("下单请求缺少渠道或幂等键。"), N_("请带上渠道和幂等键重试。"))
    order_id = phone_order_id(channel, key)
    known = store.order(tx, point, order_id)
    if known is not None:
        return PhoneOrder(known, new=False)
    units = merged_basket(basket)
    offers = pools.sell_from(tx, here, units, utc_text(journal.clock.now()))
    lines = _lines(tx, _region_of(tx, offers), offers, units)
    placed = place_order(
        journal, tx, point, number=order_id, resident=resident, lines=lines, paid=paid, actor=actor, order_id=order_id
    )
    reserved = Reserved(order_id, channel, here.holder, pools.NO_LOT, tuple(units.items()))
    journal.record(tx, reserved, point=point, actor=actor)
    return PhoneOrder(placed, new=True)


def cancel_phone_order(journal: Journal, tx: Tx, point: str, order_id: str, reason: str, actor: str) -> Order:
    """Cancel an order and give its units back to the pool; asking again changes nothing.

    Raises ``Refused`` ORDER_UNKNOWN or ``ORDER_<STATE>`` where it was collected.
    """
    sale = store.sale(tx, point, order_id)
    if sale is None or sale.order.state is not OrderState.CANCELLED:
        cancel_order(journal, tx, point, order_id, reason, actor)
    release_units(journal, tx, point, order_id, actor)
    return _after(tx, point, order_id)


def release_units(journal: Journal, tx: Tx, point: str, order_id: str, actor: str) -> bool:
    """Give the units of a cancelled phone order back to the pool, once; False when there is nothing to give back.

    Goods that have come to the point already stay out of the pool: they lie where only that point can sell them.
    """
    sale = store.sale(tx, point, order_id)
    if sale is None or sale.channel == COUNTER or sale.released_at is not None or sale.order.goods is not Goods.WAITING:
        return False
    pools.give_back(tx, sale.device, sale.lot, sale.rights, utc_text(journal.clock.now()))
    journal.record(tx, Released(order_id), point=point, actor=actor)
    return True


def release_cancelled(journal: Journal, point: str, actor: str) -> int:
    """Give back the units of orders that were cancelled some other way, e.g. at a kiosk; how many orders."""
    done = 0
    for order_id in store.unreleased(journal.db, point):
        with journal.writing(point) as tx:
            done += release_units(journal, tx, point, order_id, actor)
    return done


def phone_order_id(channel: str, key: str) -> str:
    """The id of the order that a channel's key makes, so that asking again finds it."""
    digest = hashlib.blake2b(f"{channel}\n{key}".encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
    return f"0.P.{digest.upper()}"


def _region_of(db: Reads, offers: Mapping[str, Offer]) -> str:
    regions = {pool.region for offer in offers if (pool := allotments.pool(db, offer))}
    if len(regions) != 1:
        raise Refused("ORDER_LINES", N_("订单没有商品，或数量、价格超出范围。"), N_("请改正订单明细。"))
    return regions.pop()


def _lines(db: Reads, region: str, offers: Mapping[str, Offer], units: Mapping[str, int]) -> tuple[OrderLine, ...]:
    lines = []
    for offer, quantity in units.items():
        sold = offers[offer]
        product = catalogue.product(db, region, sold.sku)
        lines.append(OrderLine(sold.sku, product.name if product else sold.sku, quantity, sold.price_fen))
    check_lines(lines)
    return tuple(lines)


def _sale(tx: Tx, point: str, order_id: str) -> Sale:
    sale = store.sale(tx, point, order_id)
    assert sale is not None  # noqa: S101 - the fact that was just applied has written it
    return sale


def _after(tx: Tx, point: str, order_id: str) -> Order:
    order = store.order(tx, point, order_id)
    assert order is not None  # noqa: S101 - the fact that was just applied has written it
    return order
