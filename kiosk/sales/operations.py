"""What staff do at the sale screen. The right to sell and the sale itself are the business of the shared rooms."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from hardware.labels.receipt import Receipt, ReceiptLine
from kiosk.host import Kiosk
from kiosk.labels import operations as labels
from kiosk.labels import store as label_store
from kiosk.labels.rules import OPEN, JobEvent
from kiosk.parcels.operations import midnight
from kiosk.sales import store
from kiosk.sales.pinyin import initials
from kiosk.sales.rules import Basket, BasketLine, CounterSale, Good, OnSale, changed_quantity, fits_search, judged
from shared.allotments import operations as allotments
from shared.allotments.operations import ForSale
from shared.allotments.rules import Frozen
from shared.catalogue.rules import Product
from shared.kernel.clock import parse_utc, utc_text
from shared.kernel.errors import N_, Refused
from shared.kernel.limits import SALE_LAST_SHOWN_MINUTES, SALE_PRESSES_KEPT_DAYS
from shared.orders import operations as orders
from shared.pickup_points import store as pickup_points
from shared.pickup_points.rules import Staff
from shared.web.pictures import goods_picture

UNDONE = "counter"
"""The reason that stands in the fact: staff took the sale back at the counter."""


@dataclass(frozen=True, slots=True)
class Counter:
    """All that can be sold here now, and what one member of staff has in the basket."""

    goods: tuple[Good, ...]
    basket: Basket
    frozen: Frozen | None

    def found(self, text: str, category: str) -> list[Good]:
        """Those that fit a search and a category; what can be sold comes first."""
        fitting = [
            good
            for good in self.goods
            if (not category or good.category == category) and fits_search(good, text, initials(good.name))
        ]
        return sorted(fitting, key=lambda good: good.on_sale is not OnSale.YES)

    def of(self, offer: str) -> Good:
        """One of them. Raises ``Refused`` OFFER_UNKNOWN."""
        good = next((good for good in self.goods if good.offer == offer), None)
        if good is None:
            raise Refused("OFFER_UNKNOWN", N_("没有这个在售商品。"), N_("请刷新商品列表。"))
        return good

    def by_barcode(self, barcode: str) -> Good | None:
        """The product with this barcode, one that can be sold first."""
        named = [good for good in self.goods if good.barcode and good.barcode == barcode]
        return min(named, key=lambda good: good.on_sale is not OnSale.YES, default=None)


def counter(kiosk: Kiosk, staff: str) -> Counter:
    """What the sale screen shows. What is over is left out, unless it lies in the basket."""
    seen = allotments.counter(kiosk.journal(), kiosk.guard)
    held = store.basket(kiosk.db, staff)
    in_basket = dict(held)
    goods = [
        _good(one, one.product, seen.frozen, seen.moment, in_basket.get(one.offer.id, 0))
        for one in seen.goods
        if one.product is not None and (not one.offer.over_at(seen.moment) or one.offer.id in in_basket)
    ]
    goods.sort(key=lambda good: (good.category, good.name, good.offer))
    known = {good.offer: good for good in goods}
    lines = tuple(BasketLine(known[offer], quantity) for offer, quantity in held if offer in known)
    return Counter(tuple(goods), Basket(lines), seen.frozen)


def _good(one: ForSale, product: Product, frozen: Frozen | None, moment: str, in_basket: int) -> Good:
    return Good(
        one.offer.id,
        one.offer.sku,
        product.name,
        product.spec,
        product.category,
        product.barcode,
        goods_picture(product.picture),
        one.offer.price_fen,
        one.right,
        judged(one.offer, one.right, frozen, moment),
        in_basket,
    )


def put(kiosk: Kiosk, staff: str, offer: str, change: int) -> tuple[Good, int]:
    """Put so many into the basket, or take them out; the product, and how many it holds now.

    Raises ``Refused`` where the point may not sell so many; the wish is noted, so that the next round asks for more.
    """
    held = dict(store.basket(kiosk.db, staff))
    try:
        good = counter(kiosk, staff).of(offer)
        quantity = changed_quantity(good, held.get(offer, 0), change, len(held))
    except Refused as refused:
        if refused.code in {"SALE_NONE_LEFT", "SALE_TOO_FEW"}:
            allotments.note_demand(kiosk.db, kiosk.guard, offer, held.get(offer, 0) + change)
        if refused.code == "OFFER_UNKNOWN" and offer in held:
            _set(kiosk, staff, offer, 0)
        raise
    _set(kiosk, staff, offer, quantity)
    return good, quantity


def put_scanned(kiosk: Kiosk, staff: str, barcode: str) -> bool:
    """Put one of the goods with this barcode into the basket; False where none is on offer. Raises as :func:`put`."""
    good = counter(kiosk, staff).by_barcode(barcode)
    if good is None:
        return False
    put(kiosk, staff, good.offer, 1)
    return True


def _set(kiosk: Kiosk, staff: str, offer: str, quantity: int) -> None:
    with kiosk.db.writing() as tx:
        store.set_quantity(tx, staff, offer, quantity)


def empty(kiosk: Kiosk, staff: str) -> list[str]:
    """Put everything back; the offers that were in the basket."""
    held = [offer for offer, _ in store.basket(kiosk.db, staff)]
    with kiosk.db.writing() as tx:
        store.empty_basket(tx, staff)
    return held


def sell(kiosk: Kiosk, staff: Staff, nonce: str, *, total_fen: int, cash_fen: int) -> str:
    """Sell the basket for cash, queue the receipt and empty the basket: all of it or nothing; the order's id.

    ``total_fen`` is what staff saw. Pressed twice, it is sold once. Raises ``Refused`` SALE_CHANGED when the basket
    comes to something else by now, and what selling itself refuses.
    """
    journal, point = kiosk.journal(), kiosk.point_code
    seen = counter(kiosk, staff.id).basket
    _drop_vanished(kiosk, staff.id, seen)
    names = {line.good.sku: f"{line.good.name} {line.good.spec}".strip() for line in seen.lines}
    job_ids = [journal.ids.new() for _ in range(labels.receipt_pages(len(seen.lines)))]
    now = kiosk.clock.now()
    with journal.writing(point) as tx:
        done = store.by_nonce(tx, nonce)
        if done is not None:
            return done
        held = store.basket(tx, staff.id)
        if not held or seen.total_fen != total_fen or held != [(line.good.offer, line.quantity) for line in seen.lines]:
            raise _changed()
        sold = orders.sell_at_counter(journal, tx, kiosk.guard, point, held, received_fen=cash_fen, actor=staff.id)
        if sold.order.total_fen != total_fen:
            # a new price came down between the look and the sale
            raise _changed()
        store.add_press(tx, nonce, sold.order.id, utc_text(now))
        store.forget_presses(tx, utc_text(now - timedelta(days=SALE_PRESSES_KEPT_DAYS)))
        store.empty_basket(tx, staff.id)
        sale = store.sale(tx, point, sold.order.id)
        if sale is not None:
            content = receipt(kiosk, sale, staff.name, names)
            labels.queue_receipt(tx, point, sale.id, content, now=now, staff=staff.id, job_ids=job_ids)
    return sold.order.id


def _changed() -> Refused:
    return Refused("SALE_CHANGED", N_("购物车刚刚有变化，金额不一样了。"), N_("请返回核对后重新收款。"))


def _drop_vanished(kiosk: Kiosk, staff: str, seen: Basket) -> None:
    """Take out of the basket what nobody can see any more, so that it stops no sale."""
    shown = {line.good.offer for line in seen.lines}
    for offer, _ in store.basket(kiosk.db, staff):
        if offer not in shown:
            _set(kiosk, staff, offer, 0)


def receipt(kiosk: Kiosk, sale: CounterSale, staff_name: str, names: Mapping[str, str]) -> Receipt:
    """What the receipt of a sale says. ``names`` gives longer names by product."""
    point = kiosk.point()
    return Receipt(
        number=sale.number,
        point_name=point.name if point else "",
        staff=staff_name,
        at=parse_utc(sale.at).astimezone(ZoneInfo(kiosk.config.timezone)).strftime("%Y-%m-%d %H:%M"),
        lines=tuple(
            ReceiptLine(names.get(line.sku, line.name), line.quantity, line.quantity * line.price_fen)
            for line in sale.lines
        ),
        total_fen=sale.total_fen,
        cash_fen=sale.cash_fen,
        qr_text="",
    )


def print_again(kiosk: Kiosk, staff: Staff, sale: CounterSale) -> None:
    """A further copy of a receipt, numbered. Raises ``Refused`` while the last one still waits, TOO_MANY_COPIES."""
    jobs = label_store.of_parcel(kiosk.db, kiosk.point_code, sale.id)
    if any(job.state in OPEN and not job.ended_at for job in jobs):
        raise Refused("RECEIPT_WAITING", N_("这张小票还在等待打印。"), N_("请先看打印机，再补打。"))
    now = kiosk.clock.now()
    job_ids = [kiosk.journal().ids.new() for _ in range(labels.receipt_pages(len(sale.lines)))]
    content = receipt(kiosk, sale, names(kiosk).get(sale.staff, ""), {})
    with kiosk.db.writing() as tx:
        for job in jobs:
            label_store.happened(tx, job.id, JobEvent.REPLACED, utc_text(now))
        labels.queue_receipt(tx, kiosk.point_code, sale.id, content, now=now, staff=staff.id, job_ids=job_ids)


def can_undo(kiosk: Kiosk, sale: CounterSale) -> bool:
    """Whether the way back is offered: only where the goods were sold; selling has the last word."""
    return sale.undone_at is None and sale.device == kiosk.enrolled_state().device


def undo(kiosk: Kiosk, staff: Staff, sale: CounterSale) -> None:
    """Take the goods back and give the cash back. Raises ``Refused`` SALE_UNKNOWN where that has been done."""
    journal, point = kiosk.journal(), kiosk.point_code
    with journal.writing(point) as tx:
        orders.undo_sale(journal, tx, kiosk.guard, point, sale.id, UNDONE, staff.id)
        labels.cancel_waiting(tx, point, sale.id, utc_text(kiosk.clock.now()))


def names(kiosk: Kiosk) -> dict[str, str]:
    """Staff id → name."""
    return {member.id: member.name for member in pickup_points.staff(kiosk.db, kiosk.point_code)}


def sold_today(kiosk: Kiosk) -> list[CounterSale]:
    """All counter sales of the point since midnight, newest first."""
    return store.since(kiosk.db, kiosk.point_code, midnight(kiosk))


def last_sale(kiosk: Kiosk, staff: str) -> CounterSale | None:
    """What somebody sold just before, for a second look."""
    since = utc_text(kiosk.clock.now() - timedelta(minutes=SALE_LAST_SHOWN_MINUTES))
    return store.newest_by(kiosk.db, kiosk.point_code, staff, since)
