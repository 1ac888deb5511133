"""Pickup points: open one, set up its shelves, say who works there."""

from argon2 import PasswordHasher
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from shared.devices import store as devices
from shared.kernel.errors import N_, BadInput
from shared.kernel.limits import LAYER_CAPACITY_MAX, SHELF_MAX
from shared.kernel.passes import POINT_BITS
from shared.parcels import store as parcels
from shared.pickup_points import operations, store
from shared.pickup_points.rules import PickupPoint, ShelfLayer, Staff, StaffRole
from shared.web.forms import Form
from sync_server.console import board, wording
from sync_server.console import store as console
from sync_server.console.access import operator
from sync_server.console.csv_export import csv_answer
from sync_server.console.rules import check_pin
from sync_server.host import current_centre

points = Blueprint("points", __name__)


@points.get("/points")
def show_all() -> ResponseReturnValue:
    """Every point with what lies there, and the form for a new one."""
    return _list(Form({}))


def _list(form: Form) -> str:
    db = current_centre().db
    found = store.points(db)
    kiosks: dict[str, int] = {}
    for device in devices.devices(db):
        kiosks[device.point] = kiosks.get(device.point, 0) + (device.revoked_at is None)
    return render_template(
        "console/points.html",
        found=found,
        kiosks=kiosks,
        figures=console.figures_by_point(db),
        form=form,
        next_number=max((point.number for point in found), default=0) + 1,
    )


@points.get("/points.csv")
def export() -> ResponseReturnValue:
    """The points as a file."""
    db = current_centre().db
    figures = console.figures_by_point(db)
    header = (
        _("代码"), _("编号"), _("名称"), _("区域"), _("地址"), _("电话"), _("营业时间"), _("在架包裹"),
        _("待到货"), _("居民"),
    )  # fmt: skip
    rows = [
        (
            point.point, point.number, point.name, point.region, point.address, point.phone, point.opening,
            *(figures.get(point.point, {}).get(name, 0) for name in ("here", "expected", "residents")),
        )
        for point in store.points(db)
    ]  # fmt: skip
    return csv_answer("points", header, rows)


@points.post("/points")
def open_point() -> ResponseReturnValue:
    """Open a new point."""
    centre = current_centre()
    form = Form(request.form)
    code = form.text("point", limit=16).upper()
    if code and store.point(centre.db, code):
        form.wrong("point", _("这个代码已有自提点。"))
    wanted = _read(form, code)
    if not form:
        return _list(form), 422
    _save(wanted)
    flash(_("已新建自提点 %(name)s。", name=wanted.name))
    return redirect(url_for("console.points.show", code=code), 303)


@points.get("/points/<code>")
def show(code: str) -> ResponseReturnValue:
    """One point: particulars, shelves, staff, kiosks."""
    return _page(code, Form({}))


def _known(code: str) -> PickupPoint:
    point = store.point(current_centre().db, code)
    if point is None:
        raise NotFound
    return point


def _page(code: str, form: Form) -> str:
    centre, point = current_centre(), _known(code)
    layers, used = store.shelf_layers(centre.db, code), parcels.occupancy(centre.db, code)
    now, places = centre.clock.now(), board.place_names(centre)
    states = [board.kiosk_state(device, places, now) for device in devices.devices(centre.db, code)]
    return render_template(
        "console/point.html",
        point=point,
        shelves=_drawn(layers, used),
        staff=store.staff(centre.db, code),
        kiosks=[(state, wording.kiosk_face(state)) for state in states if state.device.revoked_at is None],
        form=form,
        roles=[(StaffRole.STAFF.value, _("店员")), (StaffRole.LEADER.value, _("团长"))],
        shelf_max=SHELF_MAX,
    )


def _drawn(layers: list[ShelfLayer], used: dict[tuple[int, int], int]) -> list[dict[str, object]]:
    """The shelves for the map, layers added up."""
    shelves: dict[int, dict[str, object]] = {}
    for layer in layers:
        shelf = shelves.setdefault(
            layer.shelf,
            {"code": str(layer.shelf), "name": layer.name, "used": 0, "room": 0, "layers": 0, "cold": layer.cold},
        )
        shelf["layers"] = int(str(shelf["layers"])) + (layer.capacity > 0)
        shelf["used"] = int(str(shelf["used"])) + used.get(layer.place, 0)
        shelf["room"] = int(str(shelf["room"])) + layer.capacity
    return list(shelves.values())


@points.post("/points/<code>")
def change(code: str) -> ResponseReturnValue:
    """Change a point's particulars; its code and number stay."""
    point = _known(code)
    form = Form({**request.form.to_dict(), "number": str(point.number)})
    wanted = _read(form, code)
    if not form:
        return _page(code, form), 422
    _save(wanted)
    flash(_("已保存。"))
    return redirect(url_for("console.points.show", code=code), 303)


def _read(form: Form, code: str) -> PickupPoint:
    return PickupPoint(
        code,
        form.whole("number", low=1, high=(1 << POINT_BITS) - 1),
        form.text("name", limit=40),
        form.text("address", limit=100, required=False),
        form.text("region", limit=20),
        form.text("phone", limit=20, required=False),
        form.text("opening", limit=40, required=False),
    )


def _save(point: PickupPoint) -> None:
    journal = current_centre().journal
    with journal.writing(point.point) as tx:
        operations.open_point(
            journal,
            tx,
            point.point,
            number=point.number,
            name=point.name,
            region=point.region,
            address=point.address,
            phone=point.phone,
            opening=point.opening,
            actor=operator(),
        )


@points.post("/points/<code>/shelves")
def set_shelf(code: str) -> ResponseReturnValue:
    """Set up all layers of one shelf at once; layers beyond ``layers`` are closed for new parcels."""
    _known(code)
    form = Form(request.form)
    shelf = form.whole("shelf", low=1, high=SHELF_MAX)
    layers = form.whole("layers", low=1, high=SHELF_MAX)
    capacity = form.whole("capacity", low=0, high=LAYER_CAPACITY_MAX)
    name = form.text("shelf_name", limit=20, required=False)
    if not form:
        return _page(code, form), 422
    journal = current_centre().journal
    with journal.writing(code) as tx:
        for layer in range(1, layers + 1):
            wanted = ShelfLayer(shelf, layer, name, capacity, form.flag("cold"))
            operations.set_shelf_layer(journal, tx, code, wanted, operator())
        for known in store.shelf_layers(tx, code):
            if known.shelf == shelf and known.layer > layers and known.capacity:
                closed = ShelfLayer(shelf, known.layer, known.name, 0, known.cold)
                operations.set_shelf_layer(journal, tx, code, closed, operator())
    flash(_("货架 %(shelf)s 已设好。", shelf=shelf))
    return redirect(url_for("console.points.show", code=code), 303)


@points.post("/points/<code>/staff")
def add_staff(code: str) -> ResponseReturnValue:
    """Somebody new works here."""
    _known(code)
    form = Form(request.form)
    name, pin = form.text("staff_name", limit=20), form.digits("pin", length=6)
    role = form.choice("role", StaffRole, StaffRole.STAFF)
    if pin and not check_pin(pin):
        form.wrong("pin", _("这个 PIN 太容易猜到，请换一个。"))
    if not form:
        return _page(code, form), 422
    member = Staff(current_centre().ids.new(), name, PasswordHasher().hash(pin), role, True)
    _set_staff(code, member)
    flash(_("已添加 %(name)s。", name=name))
    return redirect(url_for("console.points.show", code=code), 303)


@points.post("/points/<code>/staff/<staff_id>")
def change_staff(code: str, staff_id: str) -> ResponseReturnValue:
    """Give a staff member a new PIN, or end or renew their work here."""
    member = store.staff_member(current_centre().db, code, staff_id)
    if member is None:
        raise NotFound
    form = Form(request.form)
    pin_hash, active = member.pin_hash, member.active
    if form.raw("pin"):
        pin = form.digits("pin", length=6)
        form.check()
        if not check_pin(pin):
            raise BadInput("PIN_WEAK", N_("这个 PIN 太容易猜到。"), N_("请换一个 PIN。"))
        pin_hash = PasswordHasher().hash(pin)
    else:
        active = form.flag("active")
    _set_staff(code, Staff(member.id, member.name, pin_hash, member.role, active))
    flash(_("已保存。"))
    return redirect(url_for("console.points.show", code=code), 303)


def _set_staff(code: str, member: Staff) -> None:
    journal = current_centre().journal
    with journal.writing(code) as tx:
        operations.set_staff(journal, tx, code, member, operator())
