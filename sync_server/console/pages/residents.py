"""Residents, masked; and a pass to show or print."""

import qrcode
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.exceptions import NotFound

from shared.db import Row
from shared.kernel.limits import CONSOLE_PAGE_ROWS, PASS_DAYS_MAX
from shared.orders import store as orders
from shared.parcels import store as parcels
from shared.pickup_points import store as pickup_points
from shared.residents import store as resident_store
from shared.web.forms import Form
from sync_server import erasure
from sync_server.console import board, operations, store, wording
from sync_server.console.access import operator
from sync_server.console.csv_export import csv_answer
from sync_server.console.listing import everything, listing, offset
from sync_server.host import current_centre

residents = Blueprint("residents", __name__)

PASS_DAYS = 7


def _filters() -> dict[str, str]:
    return {"point": request.args.get("point", ""), "q": request.args.get("q", "")}


@residents.get("/residents")
def show_all() -> ResponseReturnValue:
    """A page of residents; a whole phone number or name finds its owner without showing it."""
    db, filters = current_centre().db, _filters()
    chosen = (filters["point"], filters["q"])
    return render_template(
        "console/residents.html",
        found=store.residents(db, *chosen, CONSOLE_PAGE_ROWS, offset()),
        places=board.place_names(current_centre()),
        filters=filters,
        listing=listing(store.count_residents(db, *chosen), "console.residents.export", **filters),
    )


@residents.get("/residents.csv")
def export() -> ResponseReturnValue:
    """The same residents as a file, masked."""
    db, filters = current_centre().db, _filters()
    places = board.place_names(current_centre())

    def read(limit: int, start: int) -> list[Row]:
        return store.residents(db, filters["point"], filters["q"], limit, start)

    header = (_("编号"), _("姓名"), _("手机尾号"), _("自提点代码"), _("自提点"))
    rows = (
        (row["number"], row["name_masked"], row["phone_tail"], row["point"], places.get(row["point"], ""))
        for row in everything(read)
    )
    return csv_answer("residents", header, rows)


@residents.get("/residents/<point>/<resident_id>")
def show(point: str, resident_id: str) -> ResponseReturnValue:
    """One resident at one point: what waits, what was ordered, and the form for a pass."""
    centre = current_centre()
    who = resident_store.resident(centre.db, point, resident_id)
    if who is None:
        raise NotFound
    return render_template(
        "console/resident.html",
        who=who,
        place=pickup_points.point(centre.db, point),
        point=point,
        others=[code for code in store.points_of_resident(centre.db, resident_id) if code != point],
        places=board.place_names(centre),
        boxes=parcels.of_resident(centre.db, point, resident_id),
        bought=orders.of_resident(centre.db, point, resident_id),
        face=wording.order_face,
        parcel_face=wording.parcel_face,
        days=PASS_DAYS,
        days_max=PASS_DAYS_MAX,
    )


@residents.post("/residents/<point>/<resident_id>/erasure")
def erase(point: str, resident_id: str) -> ResponseReturnValue:
    """Take a person out of everything, here and at every kiosk; why, and who did it, is written down."""
    form = Form(request.form)
    reason = form.text("reason", limit=erasure.REASON_CHARACTERS)
    form.check()
    done = erasure.erase(current_centre(), resident_id, reason, operator())
    flash(_("已删除。%(count)s 条历史记录隐去了个人信息；各终端在下两次同步内清除。", count=done.facts))
    return redirect(url_for("console.residents.show_all", point=point), 303)


@residents.post("/residents/<point>/<resident_id>/pass")
def issue_pass(point: str, resident_id: str) -> ResponseReturnValue:
    """A pass as QR code and digits, in this answer only; who issued it is written down."""
    centre = current_centre()
    form = Form(request.form)
    days = form.whole("days", low=1, high=PASS_DAYS_MAX)
    form.check()
    digits = operations.issue_pass(centre, point, resident_id, days, operator())
    return render_template(
        "console/pass.html",
        digits=digits,
        picture=pass_picture(digits),
        who=resident_store.resident(centre.db, point, resident_id),
        place=pickup_points.point(centre.db, point),
        point=point,
        days=days,
    )


def pass_picture(digits: str) -> Markup:
    """The QR code of a pass as SVG, without style attributes; drawn from digits alone, so it is safe markup."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M, border=4)
    code.add_data(digits)
    code.make(fit=True)
    matrix = code.get_matrix()
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark)
    side = len(matrix)
    return Markup(
        '<svg class="qr" viewBox="0 0 {0} {0}" width="320" height="320" role="img" aria-label="{1}" '
        'shape-rendering="crispEdges" focusable="false"><rect width="{0}" height="{0}" fill="#ffffff"></rect>'
        '<path fill="#000000" d="{2}"></path></svg>'
    ).format(side, _("取件凭证二维码"), path)
