"""What one kiosk holds of every offer, and how it is written off when it is silent for ever."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from shared.allotments import operations, reports
from shared.allotments import store as allotments
from shared.allotments.pools import Missing
from shared.allotments.rules import HOLDER_STATE_NAMES, HolderState, Share
from shared.catalogue import store as catalogue
from shared.catalogue.rules import Product
from shared.devices import store as devices
from shared.devices.rules import Device
from shared.kernel.errors import N_, BadInput
from shared.pickup_points import store as pickup_points
from shared.web.forms import Form
from sync_server.console import board
from sync_server.console.access import operator
from sync_server.host import current_centre

rights = Blueprint("rights", __name__)


@dataclass(frozen=True)
class Held:
    """What one kiosk holds of an offer: ``free`` units it may still sell, as far as it has reported."""

    share: Share
    product: Product

    @property
    def free(self) -> int:
        """Units it may still sell."""
        return max(0, self.share.counters.right)

    @property
    def known(self) -> int:
        """Units that it has reported as sold."""
        return self.share.counters.gone

    @property
    def most(self) -> int:
        """Units that it can have sold at the most."""
        return max(self.share.counters.held, self.known)

    @property
    def counted(self) -> bool:
        """Whether a person still has to count."""
        return self.share.state is not HolderState.CLOSED


@rights.get("/kiosks/<device_id>/rights")
def show(device_id: str) -> ResponseReturnValue:
    """All that one kiosk holds, and what it comes to when it is given up."""
    device, region = _device(device_id)
    held = _held(device_id, region)
    return render_template(
        "console/rights.html",
        device=device,
        place=board.place_names(current_centre()).get(device.point, device.point),
        held=held,
        states=HOLDER_STATE_NAMES,
        live=[one for one in held if one.share.state is HolderState.LIVE],
        waiting=[one for one in held if one.counted],
        waited_for=any(one.device == device_id for one in _missing(region)),
    )


def _device(device_id: str) -> tuple[Device, str]:
    db = current_centre().db
    device = devices.device(db, device_id)
    if device is None:
        raise NotFound
    point = pickup_points.point(db, device.point)
    return device, point.region if point else ""


def _held(device_id: str, region: str) -> list[Held]:
    db = current_centre().db
    found = []
    for share in allotments.shares_of_device(db, device_id):
        offer = allotments.offer(db, region, share.offer)
        sku = offer.sku if offer else share.offer
        found.append(Held(share, catalogue.product(db, region, sku) or Product(sku, sku)))
    return found


def _missing(region: str) -> list[Missing]:
    frozen = [one for one in reports.offer_summaries(current_centre().db, region) if one.frozen]
    report = reports.offer_report(current_centre().db, frozen[0].offer.id) if frozen else None
    return report.missing if report else []


@rights.post("/kiosks/<device_id>/loss")
def declare_dead(device_id: str) -> ResponseReturnValue:
    """A kiosk is lost for ever: what it may still have sold is at risk from now on. The operator has typed its id."""
    _typed(device_id)
    risky = operations.declare_dead(current_centre().journal, device_id, operator())
    units = sum(share.counters.right for share in risky)
    flash(_("终端 %(device)s 已登记为失联：%(units)s 件成为风险额度，请清点后核销。", device=device_id, units=units))
    return redirect(url_for("console.rights.show", device_id=device_id), 303)


@rights.post("/kiosks/<device_id>/count")
def sign_off(device_id: str) -> ResponseReturnValue:
    """Everything a silent kiosk sold, counted at once; frozen offers go on when nobody else is waited for."""
    _typed(device_id)
    _known, region = _device(device_id)
    form = Form(request.form)
    counted = [
        (one.share.offer, form.whole(f"sold-{one.share.offer}", low=one.known, high=one.most, default=one.known))
        for one in _held(device_id, region)
        if one.counted
    ]
    form.check()
    operations.sign_off_device(current_centre().journal, region, device_id, counted, operator())
    flash(_("终端 %(device)s 的配额已全部核销。", device=device_id))
    return redirect(url_for("console.rights.show", device_id=device_id), 303)


def _typed(device_id: str) -> None:
    if request.form.get("confirm", "").strip().upper() != device_id:
        raise BadInput("CONFIRM", N_("输入的终端编号不一致，什么也没有改变。"), N_("请照着页面上的编号再输一次。"))
