"""The sale screen: goods and basket, cash, what was sold today, and the way back."""

from typing import cast

from flask import Blueprint, current_app, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from kiosk.host import current_kiosk
from kiosk.labels import operations as labels
from kiosk.labels import store as label_store
from kiosk.labels.pages import printer_summary
from kiosk.pickup.board import ScanBoard
from kiosk.pickup.rules import Shown, what_is
from kiosk.sales import operations, shown, store
from kiosk.sales.operations import Counter
from kiosk.sales.rules import CounterSale, categories_of, day_totals, read_cash
from kiosk.staff.session import staff_here, staff_required, staff_watching
from kiosk.sync.badge import link
from shared.kernel.errors import N_, BadInput, Refused
from shared.kernel.limits import QUANTITY_MAX, SCAN_WAIT_SECONDS
from shared.web.forms import Form
from shared.web.frame import LinkState
from shared.web.i18n import words

blueprint = Blueprint("sales", __name__, template_folder="templates")


@blueprint.app_context_processor
def _sale_words() -> dict[str, object]:
    return {"said": shown}


def _board() -> ScanBoard:
    return cast(ScanBoard, current_app.extensions["linqu_scan_board"])


def _offline() -> bool:
    return link(current_kiosk()).state in (LinkState.OFFLINE, LinkState.PORTAL)


# --- choosing -----------------------------------------------------------------------------------------------------


@blueprint.get("/sale")
@staff_required
def sale() -> ResponseReturnValue:
    kiosk, staff = current_kiosk(), staff_here()
    text, category = request.args.get("q", "")[:30], request.args.get("category", "")[:40]
    counter = operations.counter(kiosk, staff.id)
    _board().goods.forget()
    return render_template(
        "sales/sale.html",
        goods=counter.found(text, category),
        categories=categories_of(counter.goods),
        basket=counter.basket,
        q=text,
        category=category,
        frozen=shown.frozen(counter.frozen),
        offline=_offline(),
        last=operations.last_sale(kiosk, staff.id),
        summary=printer_summary(),
    )


@blueprint.get("/sale/offers")
@staff_required
def offers() -> ResponseReturnValue:
    """The goods that fit a search, for htmx."""
    text, category = request.args.get("q", "")[:30], request.args.get("category", "")[:40]
    counter = operations.counter(current_kiosk(), staff_here().id)
    return render_template("sales/offers.html", goods=counter.found(text, category), filtered=text or category)


def _changed(counter: Counter, offers: list[str], word: str = "", refused: Refused | None = None) -> str:
    said = None
    if refused is not None:
        said = (words(refused.message, refused.params), words(refused.next_step, refused.params), refused.code)
    return render_template(
        "sales/changed.html",
        basket=counter.basket,
        touched=[good for good in counter.goods if good.offer in offers],
        word=word,
        refused=said,
        frozen=shown.frozen(counter.frozen),
    )


def _put(offer: str, change: int) -> str:
    """Change the basket and say so; a refusal is said in the same place, with the basket as it stands."""
    kiosk, staff = current_kiosk(), staff_here()
    try:
        good, quantity = operations.put(kiosk, staff.id, offer, change)
        word = _("%(name)s × %(count)s", name=good.name, count=quantity) if quantity else ""
        word = word or _("已拿掉 %(name)s", name=good.name)
        return _changed(operations.counter(kiosk, staff.id), [offer], word)
    except Refused as refused:
        return _changed(operations.counter(kiosk, staff.id), [offer], refused=refused)


@blueprint.post("/sale/basket")
@staff_required
def change() -> ResponseReturnValue:
    form = Form(request.form)
    offer, step = form.text("offer", limit=60), form.whole("change", low=-QUANTITY_MAX, high=QUANTITY_MAX)
    form.check()
    return _put(offer, step)


@blueprint.post("/sale/basket/emptying")
@staff_required
def empty() -> ResponseReturnValue:
    kiosk, staff = current_kiosk(), staff_here()
    held = operations.empty(kiosk, staff.id)
    return _changed(operations.counter(kiosk, staff.id), held, _("购物车已清空"))


@blueprint.post("/sale/scans")
@staff_required
def scan() -> ResponseReturnValue:
    """A goods barcode goes into the basket; a receipt opens its sale; anything else belongs to the counter."""
    kiosk, text = current_kiosk(), request.form.get("scan", "")[:200].strip()
    if not text:
        return "", 204
    mark = labels.confirm_by_scan(kiosk, text)
    if mark is not None and store.sale(kiosk.db, kiosk.point_code, mark.parcel) is not None:
        return "", 204, {"HX-Redirect": url_for("sales.show", sale_id=mark.parcel)}
    counter = operations.counter(kiosk, staff_here().id)
    good = counter.by_barcode(text)
    if good is not None:
        return _put(good.offer, 1)
    if what_is(text) in (Shown.PASS, Shown.PARCEL_LABEL):
        refused = Refused("NOT_GOODS", N_("这是取件凭证或面单，不是商品条码。"), N_("请到“入库”或“出库”页面扫它。"))
    else:
        refused = Refused(
            "BARCODE_UNKNOWN",
            N_("没有条码为 %(text)s 的可售商品。"),
            N_("请按品名找，或请运营在后台补条码。"),
            text=text[:20],
        )
    return _changed(counter, [], refused=refused)


@blueprint.get("/sale/goods-scans")
@staff_watching
def wait_for_goods() -> ResponseReturnValue:
    """What the camera or a serial scanner has read for this screen; answers at the latest after eight seconds."""
    return jsonify(texts=_board().goods.wait(SCAN_WAIT_SECONDS))


# --- cash ---------------------------------------------------------------------------------------------------------


@blueprint.get("/sale/payment")
@staff_required
def payment() -> ResponseReturnValue:
    counter = operations.counter(current_kiosk(), staff_here().id)
    if not counter.basket.sellable:
        return redirect(url_for("sales.sale"), 303)
    return render_template("sales/payment.html", basket=counter.basket, nonce=shown.new_nonce())


@blueprint.post("/sales")
@staff_required
def sell() -> ResponseReturnValue:
    """Sell what is in the basket. The same press again shows the same sale."""
    nonce = request.form.get("nonce", "")
    if not 8 <= len(nonce) <= 64 or not nonce.isascii():
        raise BadInput("NONCE", N_("这个页面放得太久了。"), N_("请刷新后再试。"))
    form = Form(request.form)
    total = form.whole("total", low=0, high=10**12)
    form.check()
    cash = read_cash(request.form.get("cash", ""), total)
    order_id = operations.sell(current_kiosk(), staff_here(), nonce, total_fen=total, cash_fen=cash)
    return redirect(url_for("sales.show", sale_id=order_id, fresh=1), 303)


# --- what was sold ------------------------------------------------------------------------------------------------


def _sale_or_404(sale_id: str) -> CounterSale:
    kiosk = current_kiosk()
    found = store.sale(kiosk.db, kiosk.point_code, sale_id)
    if found is None:
        raise NotFound
    return found


@blueprint.get("/sales/<sale_id>")
@staff_required
def show(sale_id: str) -> ResponseReturnValue:
    kiosk, found = current_kiosk(), _sale_or_404(sale_id)
    return render_template(
        "sales/sold.html",
        sale=found,
        person=operations.names(kiosk).get(found.staff, found.staff),
        fresh=request.args.get("fresh") == "1",
        undoable=operations.can_undo(kiosk, found),
        jobs=label_store.of_parcel(kiosk.db, kiosk.point_code, found.id),
        offline=_offline(),
        summary=printer_summary(),
    )


@blueprint.get("/sales/<sale_id>/toast")
@staff_required
def toast(sale_id: str) -> ResponseReturnValue:
    """The way back right after a sale, for ten seconds."""
    found = _sale_or_404(sale_id)
    return render_template("sales/toast.html", sale=found) if operations.can_undo(current_kiosk(), found) else ""


@blueprint.post("/sales/<sale_id>/reversal")
@staff_required
def undo(sale_id: str) -> ResponseReturnValue:
    operations.undo(current_kiosk(), staff_here(), _sale_or_404(sale_id))
    return redirect(url_for("sales.show", sale_id=sale_id), 303)


@blueprint.post("/sales/<sale_id>/receipts")
@staff_required
def reprint(sale_id: str) -> ResponseReturnValue:
    operations.print_again(current_kiosk(), staff_here(), _sale_or_404(sale_id))
    return redirect(url_for("sales.show", sale_id=sale_id), 303)


@blueprint.get("/sales")
@staff_required
def today() -> ResponseReturnValue:
    kiosk = current_kiosk()
    found = operations.sold_today(kiosk)
    return render_template("sales/today.html", found=found, totals=day_totals(found), names=operations.names(kiosk))
