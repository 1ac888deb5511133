"""What channels do: see what can be ordered, order it once, look at an order, take it back."""

from collections.abc import Sequence

import msgspec

from shared.allotments import reports
from shared.allotments.reports import OfferSummary
from shared.catalogue import store as catalogue
from shared.db import Tx
from shared.db.database import Reads, is_about_data
from shared.kernel.clock import utc_text
from shared.kernel.errors import Refused
from shared.orders import operations as orders
from shared.orders import store as order_store
from shared.orders.rules import Order
from shared.pickup_points import store as pickup_points
from shared.pickup_points.rules import PickupPoint
from shared.residents.operations import register
from shared.web.pictures import goods_picture
from sync_server.host import Centre
from sync_server.shop import store
from sync_server.shop.requests import LineAnswer, OfferAnswer, OffersAnswer, OrderAnswer, OrderRequest, digest
from sync_server.shop.rules import Channel, KeyReused, OrderUnknown, PointUnknown
from sync_server.shop.store import Asked

_decode = msgspec.json.Decoder(OrderAnswer).decode
REASON = "channel"


def offers(centre: Centre, point_code: str) -> OffersAnswer:
    """What is on sale for a point, with what the pool holds now. Raises ``PointUnknown``."""
    point = _point(centre.db, point_code)
    now = utc_text(centre.clock.now())
    found = reports.offer_summaries(centre.db, point.region)
    return OffersAnswer(
        point.point, now, [_offer(centre.db, point.region, one, now) for one in found if one.offer.active]
    )


def _point(db: Reads, code: str) -> PickupPoint:
    point = pickup_points.point(db, code)
    if point is None:
        raise PointUnknown
    return point


def _offer(db: Reads, region: str, one: OfferSummary, now: str) -> OfferAnswer:
    offer, product = one.offer, catalogue.product(db, region, one.offer.sku)
    free = max(0, one.pool.free)
    if offer.over_at(now):
        state = "closed"
    elif not offer.open_at(now):
        state = "not_open"
    elif one.frozen:
        state = "frozen"
    else:
        state = "open" if free else "sold_out"
    picture = goods_picture(product.picture) if product else ""
    return OfferAnswer(
        id=offer.id,
        sku=offer.sku,
        name=product.name if product else offer.sku,
        spec=product.spec if product else "",
        category=product.category if product else "",
        picture=f"/static/{picture}" if picture else "",
        price_fen=offer.price_fen,
        available=free if state == "open" else 0,
        state=state,
        opens_at=offer.opens_at,
        cutoff_at=offer.cutoff_at,
    )


def place(centre: Centre, channel: Channel, key: str, wanted: OrderRequest) -> tuple[OrderAnswer, bool]:
    """Order, once for each key of a channel; the order, and whether it is new.

    Resident, order and units stand or fall together. Raises ``PointUnknown``, ``KeyReused``, and what
    :func:`shared.orders.operations.place_phone_order` and registering a resident refuse.
    """
    point = _point(centre.db, wanted.point).point
    try:
        with centre.journal.writing(point) as tx:
            return _known(tx, channel, key, wanted) or _place(centre, tx, channel, key, wanted)
    except Exception as error:
        # the same key at another point in the same moment: the database lets one of them through
        if isinstance(error, Refused) or not is_about_data(error):
            raise
        again = _known(centre.db, channel, key, wanted)
        if again is None:
            raise
        return again


def _known(db: Reads, channel: Channel, key: str, wanted: OrderRequest) -> tuple[OrderAnswer, bool] | None:
    known = store.request(db, channel.id, key)
    if known is None:
        return None
    if known.asked != digest(wanted):
        raise KeyReused
    return _decode(known.answer), False


def _place(centre: Centre, tx: Tx, channel: Channel, key: str, wanted: OrderRequest) -> tuple[OrderAnswer, bool]:
    journal, actor = centre.journal, f"channel {channel.id}"
    buyer = register(journal, tx, wanted.point, wanted.buyer.name, wanted.buyer.phone, actor)
    placed = orders.place_phone_order(
        journal,
        tx,
        centre.installation,
        wanted.point,
        channel=channel.id,
        key=key,
        resident=buyer.id,
        basket=[(line.offer, line.quantity) for line in wanted.lines],
        paid=wanted.paid,
        actor=actor,
    )
    answer = _answer(tx, wanted.point, placed.order)
    done = Asked(digest(wanted), wanted.point, placed.order.id, msgspec.json.encode(answer).decode())
    store.add_request(tx, channel.id, key, done, utc_text(centre.clock.now()))
    return answer, True


def _answer(db: Reads, point: str, order: Order) -> OrderAnswer:
    lines: Sequence[LineAnswer] = [
        LineAnswer(line.sku, line.name, line.quantity, line.price_fen)
        for line in order_store.lines(db, point, order.id)
    ]
    return OrderAnswer(
        id=order.id,
        number=order.number,
        point=point,
        state=order.state.value,
        total_fen=order.total_fen,
        placed_at=order.placed_at,
        collected_at=order.collected_at,
        lines=list(lines),
    )


def order(centre: Centre, channel: Channel, order_id: str) -> OrderAnswer:
    """An order of this channel as it is now. Raises ``OrderUnknown``."""
    point = _point_of(centre.db, channel, order_id)
    found = order_store.order(centre.db, point, order_id)
    if found is None:
        raise OrderUnknown
    return _answer(centre.db, point, found)


def cancel(centre: Centre, channel: Channel, order_id: str) -> OrderAnswer:
    """Cancel an order of this channel; its units go back to the pool. Asking again changes nothing.

    Raises ``OrderUnknown``, ``Refused`` ORDER_COLLECTED or ORDER_REFUNDED.
    """
    point = _point_of(centre.db, channel, order_id)
    with centre.journal.writing(point) as tx:
        done = orders.cancel_phone_order(centre.journal, tx, point, order_id, REASON, f"channel {channel.id}")
        return _answer(tx, point, done)


def _point_of(db: Reads, channel: Channel, order_id: str) -> str:
    known = store.request_of_order(db, channel.id, order_id)
    if known is None:
        raise OrderUnknown
    return known.point
