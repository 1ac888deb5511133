"""Parcels of all points."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from shared.cases.rules import CASE_KIND_NAMES
from shared.db import Row
from shared.kernel.limits import CONSOLE_PAGE_ROWS
from shared.orders import store as orders
from shared.parcels import store as parcel_store
from shared.parcels.rules import ParcelState
from shared.pickup_points import store as pickup_points
from sync_server.console import board, store, wording
from sync_server.console.csv_export import csv_answer
from sync_server.console.listing import everything, listing, offset
from sync_server.host import current_centre

parcels = Blueprint("parcels", __name__)


def _filters() -> dict[str, str]:
    state = request.args.get("state", "")
    return {
        "point": request.args.get("point", ""),
        "state": state if state in set(ParcelState) else "",
        "q": request.args.get("q", ""),
    }


@parcels.get("/parcels")
def show_all() -> ResponseReturnValue:
    """A page of parcels, newest first."""
    db, filters = current_centre().db, _filters()
    chosen = (filters["point"], filters["state"], filters["q"])
    return render_template(
        "console/parcels.html",
        found=store.parcels(db, *chosen, CONSOLE_PAGE_ROWS, offset()),
        places=board.place_names(current_centre()),
        counts=store.parcel_states(db, filters["point"]),
        states=list(ParcelState),
        face=wording.parcel_face,
        carrier_name=wording.carrier_name,
        way_name=wording.way_name,
        filters=filters,
        listing=listing(store.count_parcels(db, *chosen), "console.parcels.export", **filters),
    )


@parcels.get("/parcels.csv")
def export() -> ResponseReturnValue:
    """The same parcels as a file."""
    db, filters = current_centre().db, _filters()
    chosen = (filters["point"], filters["state"], filters["q"])
    places = board.place_names(current_centre())
    faces = {state.value: wording.parcel_face(state).text for state in ParcelState}

    def read(limit: int, start: int) -> list[Row]:
        return store.parcels(db, *chosen, limit, start)

    header = (
        _("运单号"), _("取件码"), _("自提点代码"), _("自提点"), _("状态"), _("收件人"), _("手机尾号"), _("发出时间"),
        _("入库时间"), _("取件时间"),
    )  # fmt: skip
    rows = (
        (
            row["waybill"], row["pickup_code"], row["point"], places.get(row["point"], ""), faces[row["state"]],
            row["name_masked"], row["phone_tail"], row["expected_at"], row["inbound_at"], row["collected_at"],
        )
        for row in everything(read)
    )  # fmt: skip
    return csv_answer("parcels", header, rows)


@parcels.get("/parcels/<point>/<parcel_id>")
def show(point: str, parcel_id: str) -> ResponseReturnValue:
    """One parcel."""
    db = current_centre().db
    parcel = parcel_store.parcel(db, point, parcel_id)
    if parcel is None:
        raise NotFound
    return render_template(
        "console/parcel.html",
        parcel=parcel,
        point=point,
        place=pickup_points.point(db, point),
        order=orders.order(db, point, parcel.order_id) if parcel.order_id else None,
        cases=parcel_store.open_cases_of(db, point, parcel_id),
        case_names=CASE_KIND_NAMES,
        face=wording.parcel_face(parcel.state),
        carrier=wording.carrier_name(parcel.carrier),
        way=wording.way_name(parcel.collected_way),
    )
