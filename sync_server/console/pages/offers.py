"""Offers and where each of their units is: in the pool, at a point, sold, or with a device that is silent for ever."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from shared.allotments import operations, reports
from shared.allotments.reports import OfferReport
from shared.allotments.rules import HOLDER_STATE_NAMES, Offer
from shared.catalogue import store as catalogue
from shared.catalogue.rules import Product
from shared.devices import store as devices
from shared.kernel.clock import parse_utc, utc_text
from shared.kernel.limits import OFFER_UNITS_MAX, PRICE_FEN_MAX
from shared.pickup_points import store as pickup_points
from shared.web.forms import Form
from shared.web.pictures import goods_picture
from sync_server.console import board
from sync_server.console.access import operator
from sync_server.console.csv_export import csv_answer
from sync_server.console.wording import offer_face
from sync_server.host import current_centre
from sync_server.imports.operations import regions

offers = Blueprint("offers", __name__)

LOCAL_TIME = "%Y-%m-%dT%H:%M"
PRODUCTS_SHOWN = 24


def _region() -> str:
    known = regions(current_centre().db)
    asked = request.values.get("region", "")
    return asked if asked in known else (known[0] if known else "")


def _report(offer_id: str) -> OfferReport:
    found = reports.offer_report(current_centre().db, offer_id)
    if found is None:
        raise NotFound
    return found


def _product(region: str, sku: str) -> Product:
    return catalogue.product(current_centre().db, region, sku) or Product(sku, sku)


# --- the list -----------------------------------------------------------------------------------------------------


@offers.get("/offers")
def show_all() -> ResponseReturnValue:
    """All offers of a region with their pools."""
    centre, region = current_centre(), _region()
    now = utc_text(centre.clock.now())
    found = reports.offer_summaries(centre.db, region)
    return render_template(
        "console/offers.html",
        found=[(one, _product(region, one.offer.sku), offer_face(one.offer, one.frozen, now)) for one in found],
        regions=regions(centre.db),
        region=region,
        picture=goods_picture,
        risky=reports.at_risk_in(centre.db, region),
        frozen=any(one.frozen for one in found),
    )


@offers.get("/offers.csv")
def export_all() -> ResponseReturnValue:
    """Every unit of every offer of a region, one line a holder."""
    centre, region = current_centre(), _region()
    header = (
        _("配额编号"), _("货号"), _("品名"), _("价格"), _("总量"), _("池中余量"), _("开售时间"), _("截单时间"),
        *_holder_header(),
    )  # fmt: skip
    rows = []
    for one in reports.offer_summaries(centre.db, region):
        report = _report(one.offer.id)
        about = (
            one.offer.id, one.offer.sku, _product(region, one.offer.sku).name,
            f"{one.offer.price_fen // 100}.{one.offer.price_fen % 100:02d}", one.offer.total, report.free,
            one.offer.opens_at, one.offer.cutoff_at,
        )  # fmt: skip
        rows += [(*about, *line) for line in _holder_rows(report)] or [about]
    return csv_answer("offers", header, rows)


def _holder_header() -> tuple[str, ...]:
    return (
        _("自提点代码"), _("自提点"), _("终端"), _("批次"), _("授予"), _("已售"), _("退回"), _("撤销"), _("可售"),
        _("风险额度"), _("状态"), _("最后报告"),
    )  # fmt: skip


def _holder_rows(report: OfferReport) -> list[tuple[object, ...]]:
    places = board.place_names(current_centre())
    return [
        (
            line.share.point, places.get(line.share.point, _("中心电话下单")), line.share.device, line.share.lot,
            line.counters.granted, line.counters.sold, line.counters.returned, line.counters.undone, line.free,
            line.at_risk, _(HOLDER_STATE_NAMES[line.share.state]), line.share.heard_at,
        )
        for line in report.lines
    ]  # fmt: skip


# --- making and changing ------------------------------------------------------------------------------------------


@offers.get("/offers/new")
def new() -> ResponseReturnValue:
    """Choose a product, then say how many at which price until when."""
    return _new_page(Form({}))


def _new_page(form: Form) -> str:
    centre, region = current_centre(), _region()
    sku, text = request.values.get("sku", ""), request.args.get("q", "")[:64]
    product = catalogue.product(centre.db, region, sku) if sku else None
    found = [] if product else catalogue.products(centre.db, region, search=text, limit=PRODUCTS_SHOWN)
    return render_template(
        "console/offer_new.html",
        product=product,
        found=found,
        picture=goods_picture,
        form=form,
        region=region,
        regions=regions(centre.db),
        q=text,
        opens=form.raw("opens") or _local(utc_text(centre.clock.now())),
    )


@offers.post("/offers")
def make() -> ResponseReturnValue:
    """Make an offer."""
    centre, region = current_centre(), _region()
    form = Form(request.form)
    sku = form.text("sku", limit=32)
    wanted = _read(form, centre.ids.new(), sku)
    if not form:
        return _new_page(form), 422
    with centre.journal.writing(region) as tx:
        operations.set_offer(centre.journal, tx, region, wanted, operator())
    flash(_("已开出配额：%(name)s %(total)s 件。", name=_product(region, sku).name, total=wanted.total))
    return redirect(url_for("console.offers.show", offer_id=wanted.id), 303)


def _read(form: Form, offer_id: str, sku: str, *, active: bool = True) -> Offer:
    return Offer(
        offer_id,
        sku,
        form.money("price", high_fen=PRICE_FEN_MAX),
        form.whole("total", low=0, high=OFFER_UNITS_MAX),
        _moment(form, "opens") or utc_text(current_centre().clock.now()),
        _moment(form, "cutoff"),
        active,
    )


def _moment(form: Form, name: str) -> str | None:
    text = form.text(name, required=False, limit=19)
    if not text:
        return None
    try:
        local = datetime.strptime(text[:16], LOCAL_TIME).replace(tzinfo=ZoneInfo(current_centre().config.timezone))
        return utc_text(local)
    except (ValueError, OverflowError):
        form.wrong(name, _("请填日期和时间，例如 2026-11-22 20:00。"))
        return None


def _local(utc: str | None) -> str:
    return parse_utc(utc).astimezone(ZoneInfo(current_centre().config.timezone)).strftime(LOCAL_TIME) if utc else ""


@offers.post("/offers/<offer_id>")
def change(offer_id: str) -> ResponseReturnValue:
    """Change price, total and times of an offer."""
    report = _report(offer_id)
    form = Form(request.form)
    wanted = _read(form, offer_id, report.offer.sku, active=report.offer.active)
    if not form:
        return _page(report, form), 422
    _save(report.pool.region, wanted)
    flash(_("已保存。各自提点下次联网时生效。"))
    return redirect(url_for("console.offers.show", offer_id=offer_id), 303)


@offers.post("/offers/<offer_id>/activity")
def switch(offer_id: str) -> ResponseReturnValue:
    """Take an offer down, or put it up again."""
    report = _report(offer_id)
    active = request.form.get("active") == "1"
    known = report.offer
    wanted = Offer(known.id, known.sku, known.price_fen, known.total, known.opens_at, known.cutoff_at, active)
    _save(report.pool.region, wanted)
    flash(_("已重新上架。") if active else _("已下架：联网的自提点会停售并退回余量；离线的自提点联网后停售。"))
    return redirect(url_for("console.offers.show", offer_id=offer_id), 303)


def _save(region: str, wanted: Offer) -> None:
    journal = current_centre().journal
    with journal.writing(region) as tx:
        operations.set_offer(journal, tx, region, wanted, operator())


# --- where every unit is ------------------------------------------------------------------------------------------


@offers.get("/offers/<offer_id>")
def show(offer_id: str) -> ResponseReturnValue:
    """One offer: where every unit is."""
    return _page(_report(offer_id), Form({}))


@dataclass(frozen=True)
class Part:
    """A piece of the bar that shows where the units are: from ``start``, both in thousandths of the whole."""

    name: str
    units: int
    start: int
    width: int
    tone: str


def _parts(report: OfferReport) -> list[Part]:
    pieces = [
        (_("已售出"), report.gone, "gone"),
        (_("在自提点可售"), report.at_points, "points"),
        (_("风险额度"), report.at_risk, "risk"),
        (_("池中余量"), max(0, report.free), "pool"),
    ]
    whole = max(1, sum(units for _, units, _ in pieces))
    parts, start = [], 0
    for name, units, tone in pieces:
        width = round(1000 * units / whole)
        parts.append(Part(name, units, start, width, tone))
        start += width
    return parts


def _page(report: OfferReport, form: Form) -> str:
    centre = current_centre()
    here = {line.share.device for line in report.lines}
    givable = [
        device
        for point in pickup_points.points(centre.db)
        if point.region == report.pool.region
        for device in devices.devices(centre.db, point.point)
        if device.revoked_at is None
    ]
    return render_template(
        "console/offer.html",
        report=report,
        offer=report.offer,
        product=_product(report.pool.region, report.offer.sku),
        face=offer_face(report.offer, report.frozen, utc_text(centre.clock.now())),
        picture=goods_picture,
        parts=_parts(report),
        places=board.place_names(centre),
        givable=givable,
        here=here,
        states=HOLDER_STATE_NAMES,
        form=form,
        opens=_local(report.offer.opens_at),
        cutoff=_local(report.offer.cutoff_at),
    )


@offers.get("/offers/<offer_id>/units.csv")
def export(offer_id: str) -> ResponseReturnValue:
    """Where every unit of one offer is, as a file."""
    return csv_answer("offer", _holder_header(), _holder_rows(_report(offer_id)))


@offers.post("/offers/<offer_id>/grants")
def give(offer_id: str) -> ResponseReturnValue:
    """Give a kiosk units by hand, because the goods lie there."""
    _report(offer_id)
    form = Form(request.form)
    device, units = form.text("device", limit=16), form.whole("units", low=1, high=OFFER_UNITS_MAX)
    form.check()
    operations.set_right_of_point(current_centre().journal, offer_id, device, units, operator())
    flash(_("已给终端 %(device)s 追加 %(units)s 件，它下次联网时拿到。", device=device, units=units))
    return redirect(url_for("console.offers.show", offer_id=offer_id), 303)


@offers.post("/offers/<offer_id>/count")
def sign_off(offer_id: str) -> ResponseReturnValue:
    """A person has counted what a silent device sold; the rest goes back to the pool."""
    _report(offer_id)
    form = Form(request.form)
    device, lot = form.text("device", limit=40), form.text("lot", required=False, limit=40)
    counted = form.whole("counted", low=0, high=OFFER_UNITS_MAX)
    form.check()
    share = operations.sign_off(current_centre().journal, offer_id, device, lot, counted, operator())
    back = max(0, share.counters.returned)
    flash(_("已核销：按售出 %(sold)s 件计，累计退回池中 %(back)s 件。", sold=counted, back=back))
    return redirect(url_for("console.offers.show", offer_id=offer_id), 303)
