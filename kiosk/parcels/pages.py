"""The counter: the scanner's screen, what staff do with one parcel, and the way back."""

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from kiosk.host import current_kiosk
from kiosk.labels import operations as labels
from kiosk.labels import store as label_store
from kiosk.labels.pages import printer_summary
from kiosk.parcels import operations, shown, store
from kiosk.parcels.operations import Press
from kiosk.parcels.rules import Action, ActionKind, ExceptionReason, read_place
from kiosk.pickup import operations as pickup
from kiosk.pickup import store as pickup_store
from kiosk.pickup.rules import Shown, what_is
from kiosk.sales import operations as sales
from kiosk.staff.session import staff_here, staff_required, staff_watching
from shared.kernel import passes
from shared.kernel.errors import N_, BadInput
from shared.kernel.limits import COUNTER_ACTIONS_SHOWN
from shared.kernel.privacy import mask_name
from shared.orders import store as orders
from shared.parcels import store as parcels
from shared.parcels.rules import Parcel, Recipient
from shared.residents import store as residents
from shared.web.forms import Form
from shared.web.pages import local_path

blueprint = Blueprint("parcels", __name__, template_folder="templates")
PLACE_KEY = "place"


@blueprint.app_context_processor
def _counter_words() -> dict[str, object]:
    return {"shown": shown}


def press() -> Press:
    """This press of a button. Raises ``BadInput`` for a form without its nonce."""
    nonce = request.form.get("nonce", "")
    if not 8 <= len(nonce) <= 64 or not nonce.isascii():
        raise BadInput("NONCE", N_("这个页面放得太久了。"), N_("请刷新后再试。"))
    return Press(current_kiosk(), staff_here(), nonce)


def parcel_or_404(parcel_id: str) -> Parcel:
    """The parcel of an address."""
    kiosk = current_kiosk()
    found = parcels.parcel(kiosk.db, kiosk.point_code, parcel_id)
    if found is None:
        raise NotFound
    return found


def _chosen_place() -> tuple[int, int] | None:
    return read_place(session.get(PLACE_KEY, ""))


def _around(last: Action | None) -> dict[str, object]:
    """What stands around the result: the list, the figures, where the next parcel goes."""
    kiosk = current_kiosk()
    rooms = operations.spaces(kiosk)
    newest = store.newest(kiosk.db, COUNTER_ACTIONS_SHOWN)
    known = parcels.parcels(kiosk.db, kiosk.point_code, list({one for done in newest for one in done.parcels}))
    return {
        "last": last,
        "newest": newest,
        "known": known,
        "rooms": rooms,
        "next_space": operations.proposed(rooms, _chosen_place()),
        "chosen": _chosen_place(),
        "tempo": operations.tempo(kiosk),
        "last_in": next((done for done in newest if done.kind is ActionKind.INBOUND and done.can_be_undone), None),
    }


@blueprint.get("/counter")
@staff_required
def inbound() -> ResponseReturnValue:
    kiosk = current_kiosk()
    operations.forget_old_actions(kiosk)
    return render_template(
        "parcels/inbound.html",
        **_around(None),
        summary=printer_summary(),
        calls=pickup_store.open_help_calls(kiosk.db),
        nonce=shown.new_nonce(),
    )


@blueprint.post("/parcels")
@staff_required
def receive() -> ResponseReturnValue:
    """One scan: a waybill comes in; one of our own labels or a pass leads to where it belongs."""
    kiosk, scan = current_kiosk(), request.form.get("scan", "")[:200].strip()
    if not scan:
        return "", 204
    mark = labels.confirm_by_scan(kiosk, scan)
    if mark is not None and parcels.parcel(kiosk.db, kiosk.point_code, mark.parcel) is not None:
        return _go(url_for("parcels.one", parcel_id=mark.parcel))
    if mark is not None and orders.sale(kiosk.db, kiosk.point_code, mark.parcel) is not None:
        return _go(url_for("sales.show", sale_id=mark.parcel))
    if passes.looks_like_pass(scan):
        return _go(_address_of_pass(scan))
    if _is_for_sale(scan):
        return _go(url_for("sales.sale"))
    done = operations.receive(press(), scan, place=_chosen_place(), recipient=_recipient(), cold=_cold())
    return render_template("parcels/received.html", **_around(done))


def _is_for_sale(scan: str) -> bool:
    """A barcode of goods on offer, and of no parcel that is expected: one goes into the basket."""
    kiosk = current_kiosk()
    if what_is(scan) is not Shown.GOODS_BARCODE or parcels.by_waybill(kiosk.db, kiosk.point_code, scan) is not None:
        return False
    return sales.put_scanned(kiosk, staff_here().id, scan)


def _go(address: str) -> ResponseReturnValue:
    return "", 204, {"HX-Redirect": address}


def _address_of_pass(scan: str) -> str:
    kiosk = current_kiosk()
    checked = pickup.check_pass(kiosk, scan)
    if checked.verdict is not passes.PassVerdict.VALID or checked.resident_number is None:
        raise BadInput("PASS", N_("这张取件凭证不能用：可能过期、作废或不属于本点。"), N_("请居民重新打开取件凭证。"))
    resident = residents.by_number(kiosk.db, kiosk.point_code, checked.resident_number)
    if resident is None:
        raise BadInput("PASS", N_("凭证有效，但本机还没有这位居民的资料。"), N_("请按手机尾号查找包裹。"))
    return url_for("parcels.of_resident", resident_id=resident.id)


def _recipient() -> Recipient | None:
    """Who an unannounced parcel is for: a resident that staff chose, or what stands on it; None without the form."""
    if "resident" not in request.form:
        return None
    kiosk, form = current_kiosk(), Form(request.form)
    known = residents.resident(kiosk.db, kiosk.point_code, form.text("resident", required=False, limit=60))
    if known is not None:
        return Recipient(known.id, known.name_masked, known.phone_tail)
    name = form.text("name", required=False, limit=40)
    tail = form.digits("tail", length=4) if form.raw("tail") else ""
    form.check()
    return Recipient("", mask_name(name) if name else "", tail)


def _cold() -> bool | None:
    return True if request.form.get("cold") == "1" else None


@blueprint.get("/parcels/recipients")
@staff_required
def recipients() -> ResponseReturnValue:
    """Residents whose phone ends in four digits, to choose from for an unannounced parcel."""
    kiosk, form = current_kiosk(), Form(request.args)
    tail, waybill = form.digits("tail", length=4), form.text("waybill", limit=40)
    form.check()
    found = residents.by_tail(kiosk.db, kiosk.point_code, tail)
    return render_template("parcels/recipients.html", found=found, tail=tail, waybill=waybill, nonce=shown.new_nonce())


@blueprint.get("/parcels/recipient")
@staff_required
def recipient_form() -> ResponseReturnValue:
    """The small form for one unannounced parcel, opened again from the list."""
    waybill = Form(request.args).text("waybill", limit=40)
    return render_template("parcels/recipient.html", waybill=waybill, nonce=shown.new_nonce())


@blueprint.post("/counter/place")
@staff_required
def choose_place() -> ResponseReturnValue:
    """Fill one layer from now on (or the emptiest again), and take the parcel just received along."""
    place = read_place(request.form.get("place", ""))
    session[PLACE_KEY] = request.form.get("place", "") if place else ""
    parcel_id = request.form.get("parcel", "")
    if place and parcel_id and request.form.get("with_last") == "1":
        operations.move(press(), parcel_id, place)
    return redirect(url_for("parcels.inbound"), 303)


@blueprint.post("/counter/actions/<int:number>/reversal")
@staff_required
def undo(number: int) -> ResponseReturnValue:
    done = operations.undo(current_kiosk(), staff_here(), number)
    back = local_path(request.form.get("next", ""))
    if back != "/":
        return redirect(back, 303)
    if done.kind is ActionKind.INBOUND:
        return redirect(url_for("parcels.inbound"), 303)
    return redirect(url_for("parcels.one", parcel_id=done.parcels[0]), 303)


@blueprint.get("/parcels/<parcel_id>")
@staff_required
def one(parcel_id: str) -> ResponseReturnValue:
    kiosk, parcel = current_kiosk(), parcel_or_404(parcel_id)
    done = store.of_parcel(kiosk.db, parcel.id)
    return render_template(
        "parcels/one.html",
        parcel=parcel,
        others=operations.ready_of_same_resident(kiosk, parcel),
        rooms=operations.spaces(kiosk),
        jobs=label_store.of_parcel(kiosk.db, kiosk.point_code, parcel.id),
        actions=done,
        gone_by=operations.who_handed_out(kiosk, parcel.id),
        done=store.by_nonce(kiosk.db, request.args.get("done", "")),
        cases=parcels.open_cases_of(kiosk.db, kiosk.point_code, parcel.id),
        nonce=shown.new_nonce(),
    )


@blueprint.get("/residents/<resident_id>/parcels")
@staff_required
def of_resident(resident_id: str) -> ResponseReturnValue:
    """Everything that one resident has here, to be handed out together."""
    kiosk = current_kiosk()
    resident = residents.resident(kiosk.db, kiosk.point_code, resident_id)
    if resident is None:
        raise NotFound
    found = parcels.of_resident(kiosk.db, kiosk.point_code, resident_id, shown.CONCERNS_STAFF)
    return render_template("parcels/resident.html", resident=resident, found=found, nonce=shown.new_nonce())


@blueprint.post("/parcels/<parcel_id>/hand-out")
@staff_required
def hand_out(parcel_id: str) -> ResponseReturnValue:
    pressed = press()
    ids = [parcel_id, *request.form.getlist("also")]
    operations.hand_out(pressed, ids[:50])
    return redirect(url_for("parcels.one", parcel_id=parcel_id, done=pressed.nonce), 303)


@blueprint.post("/parcels/<parcel_id>/shelf")
@staff_required
def move(parcel_id: str) -> ResponseReturnValue:
    pressed, place = press(), read_place(request.form.get("place", ""))
    if place is None:
        raise BadInput("PLACE", N_("请选择货架和层。"), N_("点一个货架层。"))
    operations.move(pressed, parcel_id, place)
    return redirect(url_for("parcels.one", parcel_id=parcel_id, done=pressed.nonce), 303)


@blueprint.post("/parcels/<parcel_id>/exception")
@staff_required
def mark_exception(parcel_id: str) -> ResponseReturnValue:
    pressed, form = press(), Form(request.form)
    reason = form.choice("reason", ExceptionReason)
    form.check()
    operations.mark_exception(pressed, parcel_id, reason)
    return redirect(url_for("parcels.one", parcel_id=parcel_id, done=pressed.nonce), 303)


@blueprint.post("/parcels/<parcel_id>/exception/end")
@staff_required
def clear_exception(parcel_id: str) -> ResponseReturnValue:
    pressed = press()
    operations.clear_exception(pressed, parcel_id)
    return redirect(url_for("parcels.one", parcel_id=parcel_id, done=pressed.nonce), 303)


@blueprint.get("/counter/calls")
@staff_watching
def calls() -> ResponseReturnValue:
    """Residents at the kiosk who asked for staff; 204 while they are those that the page shows."""
    found = pickup_store.open_help_calls(current_kiosk().db)
    if request.args.get("shown") == " ".join(call.id for call in found):
        return "", 204
    return render_template("parcels/calls.html", calls=found)


@blueprint.post("/counter/calls/<call>/answer")
@staff_required
def answer_call(call: str) -> ResponseReturnValue:
    pickup.answer_help_call(current_kiosk(), call, staff_here().id)
    return redirect(url_for("parcels.inbound"), 303)
