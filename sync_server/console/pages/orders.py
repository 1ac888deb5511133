"""Orders of all points, and one order with its parcels and what happened."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from shared.db.database import Reads
from shared.kernel.limits import CONSOLE_PAGE_ROWS
from shared.orders import store
from shared.orders.rules import COUNTER, Order, OrderState, Sale
from shared.parcels import store as parcels
from shared.parcels.rules import Parcel
from shared.pickup_points import store as pickup_points
from shared.residents import store as residents
from sync_server.console import board, wording
from sync_server.console import store as console
from sync_server.console.csv_export import csv_answer
from sync_server.console.listing import everything, listing, offset
from sync_server.host import current_centre
from sync_server.shop import store as channels

orders = Blueprint("orders", __name__)


def _filters() -> tuple[str | None, OrderState | None, str]:
    state = request.args.get("state", "")
    known = OrderState(state) if state in set(OrderState) else None
    return request.args.get("point", "") or None, known, request.args.get("q", "")


@orders.get("/orders")
def show_all() -> ResponseReturnValue:
    """A page of orders, newest first."""
    db = current_centre().db
    point, state, search = _filters()
    found = store.orders(db, point, state=state, search=search, limit=CONSOLE_PAGE_ROWS, offset=offset())
    total = store.count_orders(db, point, state=state, search=search)
    filters = {"point": point or "", "state": state.value if state else "", "q": search}
    return render_template(
        "console/orders.html",
        found=found,
        names=console.masked_names(db, [(at, order.resident) for at, order in found]),
        places=board.place_names(current_centre()),
        counts=store.counts(db, point),
        states=list(OrderState),
        face=wording.order_face,
        filters=filters,
        listing=listing(total, "console.orders.export", **filters),
    )


@orders.get("/orders.csv")
def export() -> ResponseReturnValue:
    """The same orders as a file, residents masked."""
    db = current_centre().db
    point, state, search = _filters()
    places = board.place_names(current_centre())
    faces = {known: wording.order_face(known).text for known in OrderState}

    def read(limit: int, start: int) -> list[tuple[str, Order]]:
        return store.orders(db, point, state=state, search=search, limit=limit, offset=start)

    header = (_("订单号"), _("自提点代码"), _("自提点"), _("状态"), _("金额（元）"), _("下单时间"), _("完成时间"))
    rows = (
        (
            order.number, at, places.get(at, at), faces[order.state],
            f"{order.total_fen // 100}.{order.total_fen % 100:02d}", order.placed_at, order.collected_at,
        )
        for at, order in everything(read)
    )  # fmt: skip
    return csv_answer("orders", header, rows)


@orders.get("/orders/<point>/<order_id>")
def show(point: str, order_id: str) -> ResponseReturnValue:
    """One order: its lines, its boxes, its history."""
    db = current_centre().db
    order = store.order(db, point, order_id)
    if order is None:
        raise NotFound
    boxes = parcels.of_order(db, point, order_id)
    sale = store.sale(db, point, order_id)
    return render_template(
        "console/order.html",
        order=order,
        place=pickup_points.point(db, point),
        point=point,
        resident=residents.resident(db, point, order.resident),
        lines=store.lines(db, point, order_id),
        boxes=boxes,
        sale=sale,
        sold_by=_sold_by(db, point, sale) if sale else "",
        events=_events(order, boxes) + _sale_events(sale),
        face=wording.order_face,
        parcel_face=wording.parcel_face,
    )


def _sold_by(db: Reads, point: str, sale: Sale) -> str:
    """Who sold it: a member of staff at a kiosk, or a channel."""
    if sale.channel == COUNTER:
        member = pickup_points.staff_member(db, point, sale.sold_by)
        return str(_("柜台 %(device)s · %(name)s", device=sale.device, name=member.name if member else sale.sold_by))
    channel = channels.channel(db, sale.channel)
    return str(_("渠道 %(name)s", name=channel.name if channel else sale.channel))


def _sale_events(sale: Sale | None) -> list[dict[str, str]]:
    if sale is None or sale.released_at is None:
        return []
    title = _("柜台撤销，退回现金") if sale.channel == COUNTER else _("取消，退回池中")
    return [{"at": sale.released_at, "title": title, "text": "", "icon": "undo-2", "tone": "warn"}]


def _events(order: Order, boxes: list[Parcel]) -> list[dict[str, str]]:
    """What happened, oldest first; ``at`` is UTC text."""
    events = [{"at": order.placed_at, "title": _("下单"), "text": order.number, "icon": "receipt-text", "tone": "idle"}]
    for box in boxes:
        waybill = box.waybill
        if box.expected_at:
            events.append(
                {"at": box.expected_at, "title": _("发往自提点"), "text": waybill, "icon": "truck", "tone": "info"}
            )
        if box.inbound_at:
            text = f"{waybill} · {box.code}"
            events.append(
                {"at": box.inbound_at, "title": _("入库"), "text": text, "icon": "package-plus", "tone": "ok"}
            )
        if box.collected_at:
            text = f"{waybill} · {wording.way_name(box.collected_way)}"
            events.append(
                {"at": box.collected_at, "title": _("取件"), "text": text, "icon": "package-check", "tone": "ok"}
            )
    if order.collected_at:
        done = {"at": order.collected_at, "title": _("订单完成"), "text": "", "icon": "circle-check", "tone": "ok"}
        events.append(done)
    return sorted(events, key=lambda event: event["at"])
