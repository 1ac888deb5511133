"""Looking for parcels: shelves, search, what is still expected, a pickup code with its phone tail."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from kiosk.host import current_kiosk
from kiosk.parcels import operations, shown
from kiosk.staff.session import staff_required
from shared.parcels import store as parcels
from shared.parcels.rules import ParcelState, PickupCode
from shared.pickup_points import store as pickup_points
from shared.web.forms import Form

blueprint = Blueprint("lookup", __name__, template_folder="templates")

PAGE_ROWS = 50


@blueprint.get("/shelves")
@staff_required
def shelves() -> ResponseReturnValue:
    """Every shelf with how full its layers are."""
    kiosk = current_kiosk()
    rooms = operations.spaces(kiosk)
    numbers = sorted({space.layer.shelf for space in rooms})
    return render_template(
        "parcels/shelves.html",
        shelves=[(number, [space for space in rooms if space.layer.shelf == number]) for number in numbers],
        unplaced=parcels.unplaced(kiosk.db, kiosk.point_code),
        rooms=rooms,
    )


@blueprint.get("/shelves/<int:shelf>/<int:layer>")
@staff_required
def shelf(shelf: int, layer: int) -> ResponseReturnValue:
    """What lies on one layer."""
    kiosk = current_kiosk()
    where = pickup_points.shelf_layer(kiosk.db, kiosk.point_code, (shelf, layer))
    if where is None:
        raise NotFound
    lying = parcels.on_layer(kiosk.db, kiosk.point_code, (shelf, layer))
    return render_template("parcels/layer.html", layer=where, lying=lying)


@blueprint.get("/parcels")
@staff_required
def search() -> ResponseReturnValue:
    """Parcels by any text; without one, those in a state, newest first."""
    kiosk, point = current_kiosk(), current_kiosk().point_code
    text = request.args.get("search", "")[:200].strip()
    state = shown.state_named(request.args.get("state", ""))
    found = (
        parcels.search(kiosk.db, point, text)
        if text
        else parcels.in_state(kiosk.db, point, state, PAGE_ROWS, _offset())
    )
    return render_template(
        "parcels/search.html",
        text=text,
        state=state,
        found=found,
        offset=_offset(),
        page_rows=PAGE_ROWS,
        counts=parcels.counts(kiosk.db, point, operations.midnight(kiosk)),
    )


def _offset() -> int:
    text = request.args.get("from", "0")
    return min(int(text), 100_000) if text.isascii() and text.isdigit() and len(text) < 8 else 0


@blueprint.get("/expected")
@staff_required
def expected() -> ResponseReturnValue:
    """What is announced and has not come yet, and how far today's delivery is."""
    kiosk, point = current_kiosk(), current_kiosk().point_code
    counts = parcels.counts(kiosk.db, point)
    return render_template(
        "parcels/expected.html",
        found=parcels.in_state(kiosk.db, point, ParcelState.EXPECTED, PAGE_ROWS * 4),
        waiting=counts[ParcelState.EXPECTED],
        tempo=operations.tempo(kiosk),
    )


@blueprint.get("/hand-out")
@staff_required
def by_code() -> ResponseReturnValue:
    """The keypad for a resident who comes to the counter."""
    return render_template("parcels/by_code.html", error="", code="", tail="")


@blueprint.post("/hand-out")
@staff_required
def find_by_code() -> ResponseReturnValue:
    """The parcel that a resident at the counter names by code and phone tail."""
    kiosk, form = current_kiosk(), Form(request.form)
    code, tail = form.digits("code", length=6), form.digits("tail", length=4)
    parsed = PickupCode.parse(code) if form else None
    found = parcels.by_code(kiosk.db, kiosk.point_code, str(parsed)) if parsed else None
    if found is not None and found.phone_tail in {"", tail}:
        return redirect(url_for("parcels.one", parcel_id=found.id), 303)
    return render_template("parcels/by_code.html", error="unknown", code=code, tail=tail), 422
