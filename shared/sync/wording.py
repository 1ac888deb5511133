"""Parked facts in words that people understand: why each was parked, what it says, what can be done."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec
from flask_babel import gettext as _

from shared.kernel.errors import N_
from shared.kernel.money import yuan
from shared.sync.quarantine import DISCARDED, RETRIED
from shared.sync.rooms import House

_CODE = re.compile(r"^\w+: (?P<words>.*?) ?\((?P<code>[A-Z][A-Z0-9_]*)\)$", re.DOTALL)
_UNREADABLE = ("ValidationError", "DecodeError", "MsgspecError", "UnicodeDecodeError")
CELL_CHARACTERS = 120


class Why(StrEnum):
    """Kinds of reasons for which the centre parks a fact."""

    CLONE = "clone"
    UNKNOWN_KIND = "unknown_kind"
    NOT_FOR_DEVICES = "not_for_devices"
    RULE = "rule"
    UNREADABLE = "unreadable"
    OTHER = "other"


@dataclass(frozen=True)
class Words:
    """A reason as a person reads it, all message ids: its name, what happened, what to do."""

    name: str
    text: str
    next_step: str
    tone: str


WHY_WORDS = {
    Why.CLONE: Words(
        N_("来自另一台机器"),
        N_("这些记录由一张被复制或换了机器的存储卡产生：设备编号是这台终端的，硬件却不是。中心先保留，没有入账。"),
        N_(
            "先问清店里那台机器在做什么：真实发生过的业务就全部入账；只是拷贝出来试过的就忽略。那台机器要重新登记才能继续使用。"
        ),
        "alarm",
    ),
    Why.UNKNOWN_KIND: Words(
        N_("中心还不认识"),
        N_("终端的程序比中心新，记下了中心还不认识的一种记录。记录完整保存，没有丢。"),
        N_("升级中心程序，然后点“重试”。"),
        "warn",
    ),
    Why.NOT_FOR_DEVICES: Words(
        N_("终端无权记录"),
        N_("这种记录只能由中心产生（例如价格、员工、自提点资料），却从一台终端送来。"),
        N_("正常的终端不会这样：检查这台终端是否被人改动过。确认无害后忽略并写明原因。"),
        "alarm",
    ),
    Why.RULE: Words(
        N_("与规则不符"),
        N_("中心按现在的数据无法接受它：例如它提到的东西不存在，或先后顺序已经不对。"),
        N_("先处理原因，再点“重试”；确认不需要它，就忽略并写明原因。"),
        "warn",
    ),
    Why.UNREADABLE: Words(
        N_("内容读不懂"),
        N_("记录的内容缺损或格式不对，可能是程序错误或存储卡损坏。"),
        N_("升级程序后重试；仍然不行就向店员问清经过，手工补上，再忽略并写明原因。"),
        "alarm",
    ),
    Why.OTHER: Words(
        N_("处理时出错"),
        N_("中心处理这条记录时出了程序错误。记录完整保存。"),
        N_("升级中心程序后重试；仍然不行请把原因发给技术支持。"),
        "alarm",
    ),
}

FACT_NAMES = {
    "parcels.expected.v1": N_("预报包裹"),
    "parcels.inbound.v1": N_("包裹入库"),
    "parcels.inbound_undone.v1": N_("撤销入库"),
    "parcels.shelved.v1": N_("包裹上架"),
    "parcels.handed_out.v1": N_("包裹出库"),
    "parcels.hand_out_undone.v1": N_("撤销出库"),
    "parcels.overdue.v1": N_("包裹滞留"),
    "parcels.exception.v1": N_("登记异常"),
    "parcels.exception_cleared.v1": N_("解除异常"),
    "parcels.returned.v1": N_("包裹退回"),
    "orders.placed.v1": N_("下单"),
    "orders.paid.v1": N_("付款"),
    "orders.cancelled.v1": N_("取消订单"),
    "orders.refunded.v1": N_("退款"),
    "orders.sold.v1": N_("柜台售出"),
    "orders.sale_undone.v1": N_("撤销柜台销售"),
    "catalogue.product_set.v1": N_("修改商品"),
    "pickup_points.opened.v1": N_("修改自提点"),
    "pickup_points.shelf_layer_set.v1": N_("修改货架"),
    "pickup_points.staff_set.v1": N_("修改店员"),
    "residents.joined.v1": N_("登记居民"),
    "allotments.offer_set.v1": N_("修改配额商品"),
}
FIELD_NAMES = {
    "parcel": N_("包裹"),
    "parcels": N_("包裹"),
    "waybill": N_("面单号"),
    "carrier": N_("承运方"),
    "resident": N_("居民"),
    "order": N_("订单"),
    "number": N_("单号"),
    "name_masked": N_("姓名"),
    "phone_tail": N_("尾号"),
    "shelf": N_("货架"),
    "layer": N_("层"),
    "pickup_code": N_("取件码"),
    "cold": N_("冷藏"),
    "contents": N_("内容"),
    "way": N_("取件方式"),
    "reason": N_("原因"),
    "lines": N_("商品"),
    "total_fen": N_("合计"),
    "received_fen": N_("实收"),
    "rights": N_("占用配额"),
    "name": N_("名称"),
    "sku": N_("货号"),
    "price_fen": N_("价格"),
}
_HIDDEN = {"pin_hash", "lot"}


def why_of(reason: str) -> Why:
    """The kind of reason behind what the centre wrote down."""
    if reason in {"CLONE", "UNKNOWN_KIND", "NOT_FOR_DEVICES"}:
        return Why(reason.lower())
    if reason.startswith(_UNREADABLE):
        return Why.UNREADABLE
    return Why.RULE if _CODE.match(reason) else Why.OTHER


def reason_words(reason: str) -> str:
    """What the rule said, in Chinese as it was written down; the text itself where it is an error of the program."""
    if why_of(reason) in {Why.CLONE, Why.UNKNOWN_KIND, Why.NOT_FOR_DEVICES}:
        return ""
    found = _CODE.match(reason)
    return found["words"].strip() if found else reason


def reason_code(reason: str) -> str:
    """The code to tell support."""
    found = _CODE.match(reason)
    return found["code"] if found else reason.partition(":")[0][:40]


def fact_name(kind: str) -> str:
    """What happened, in the reader's language; a kind that nobody knows stays as it is."""
    return str(_(FACT_NAMES[kind])) if kind in FACT_NAMES else kind


def resolution_words(resolution: str) -> str:
    """How a parked fact was settled."""
    if resolution == RETRIED:
        return str(_("已重试并入账"))
    if resolution.startswith(f"{DISCARDED}: "):
        return str(_("已忽略：%(reason)s", reason=resolution.partition(": ")[2]))
    if resolution == "came from its own device":
        return str(_("终端自己又送来了同一条，已入账"))
    return resolution


def readable(house: House, kind: str, payload: bytes) -> list[tuple[str, str]]:
    """What a fact says: (name of the field, value). What cannot be read is shown as it came, cut short."""
    known = house.kinds.get(kind)
    values: Mapping[str, Any]
    try:
        if known is not None:
            values = msgspec.structs.asdict(known.decode(payload))
        else:
            values = {str(place): one for place, one in enumerate(msgspec.msgpack.decode(payload, type=list[Any]), 1)}
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return [(_("原始内容"), payload[:CELL_CHARACTERS].hex(" "))]
    return [
        (_(FIELD_NAMES[name]) if name in FIELD_NAMES else _("字段 %(name)s", name=name), _said(name, value))
        for name, value in values.items()
        if name not in _HIDDEN and value not in ("", None, [], ())
    ]


def _said(name: str, value: Any) -> str:
    if name.endswith("_fen") and isinstance(value, int):
        return yuan(value)
    if isinstance(value, bool):
        return str(_("是") if value else _("否"))
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return "、".join(_said("", one) for one in value)[:CELL_CHARACTERS]
    return str(value)[:CELL_CHARACTERS]


def summary(facts: Sequence[tuple[str, str]]) -> str:
    """One line of it for a list."""
    return " · ".join(f"{name} {value}" for name, value in facts[:3])
