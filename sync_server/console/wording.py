"""States as people see them: the word, the colour, the picture."""

from dataclasses import dataclass

from flask_babel import gettext as _

from shared.allotments.rules import Offer
from shared.devices.rules import ATTENTION_NAMES, Part
from shared.kernel.errors import N_
from shared.orders.rules import ORDER_STATE_NAMES, OrderState
from shared.parcels.rules import CARRIER_NAMES, PARCEL_STATE_LOOK, PARCEL_STATE_NAMES, Carrier, ParcelState
from sync_server.console.board import KioskState


@dataclass(frozen=True)
class Face:
    """What a pill shows; ``text`` is already in the reader's language."""

    text: str
    tone: str
    icon: str = ""


_ORDERS = {
    OrderState.PLACED: ("warn", "wallet"),
    OrderState.PAID: ("info", "truck"),
    OrderState.READY: ("ok", "package-check"),
    OrderState.COLLECTED: ("idle", "circle-check"),
    OrderState.CANCELLED: ("idle", "ban"),
    OrderState.REFUNDED: ("idle", "rotate-ccw"),
}
_PARTS = {
    Part.OK: (N_("正常"), "ok"),
    Part.ABSENT: (N_("未接"), "idle"),
    Part.TROUBLE: (N_("故障"), "alarm"),
}
# What printers and cameras say of themselves comes as a word of the kiosk's; these are the sentences of its screens.
_DEVICE_WORDS = {
    "cover_open": N_("打印机盖未合上。"),
    "jam": N_("打印机卡纸。"),
    "paper_out": N_("打印机缺纸。"),
    "ribbon_out": N_("打印机碳带用完。"),
    "paused": N_("打印机已暂停。"),
    "too_hot": N_("打印机温度异常。"),
    "silent": N_("打印机没有应答。"),
    "unreadable": N_("打印机的应答无法识别，状态未知。"),
    "stalled": N_("打印机不接收数据。"),
    "lost": N_("打印途中与打印机的连接断开。"),
    "frozen": N_("画面不动"),
    "covered": N_("镜头被挡住"),
}
WAYS = {"pass": N_("出示凭证"), "code": N_("取件码"), "staff": N_("店员出库")}


def order_face(state: OrderState) -> Face:
    """An order's state."""
    return Face(_(ORDER_STATE_NAMES[state]), *_ORDERS[state])


def offer_face(offer: Offer, frozen: bool, now: str) -> Face:
    """Whether an offer is on sale at ``now`` (UTC text)."""
    if frozen:
        return Face(_("冻结：等待对账"), "alarm", "lock")
    if not offer.active:
        return Face(_("已下架"), "idle", "ban")
    if offer.over_at(now):
        return Face(_("已截单"), "idle", "clock")
    return Face(_("在售"), "ok") if offer.open_at(now) else Face(_("未开售"), "info", "clock")


def parcel_face(state: str) -> Face:
    """A parcel's state."""
    known = ParcelState(state)
    return Face(_(PARCEL_STATE_NAMES[known]), *PARCEL_STATE_LOOK[known])


def part_face(part: Part) -> Face:
    """A camera's or printer's state."""
    text, tone = _PARTS[part]
    return Face(_(text), tone)


def device_words(detail: str) -> str:
    """What a printer or camera said, in the reader's language; what is not known stays as it was said."""
    return str(_(_DEVICE_WORDS[detail])).rstrip("。.") if detail in _DEVICE_WORDS else detail


def carrier_name(carrier: str) -> str:
    """Who brought a parcel."""
    return str(_(CARRIER_NAMES[Carrier(carrier)]))


def way_name(way: str) -> str:
    """How a parcel was collected; empty while it was not."""
    return str(_(WAYS[way])) if way in WAYS else way


def kiosk_face(state: KioskState) -> Face:
    """A kiosk's state: the worst thing, and how many more there are."""
    if not state.found:
        return Face(_("正常"), "ok")
    text = str(_(ATTENTION_NAMES[state.found[0].code]))
    more = len(state.found) - 1
    return Face(f"{text} +{more}" if more else text, state.tone)
