"""Cases: what kinds there are, and what each says to the person who must settle it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from shared.kernel.errors import N_


class CaseKind(StrEnum):
    """What the rules cannot settle and a person must."""

    DOUBLE_HAND_OUT = "double_hand_out"
    HANDED_OUT_NOT_HERE = "handed_out_not_here"
    HANDED_OUT_EXCEPTION = "handed_out_exception"
    HANDED_OUT_CANCELLED = "handed_out_cancelled"
    HANDED_OUT_UNPAID = "handed_out_unpaid"
    UNKNOWN_PARCEL = "unknown_parcel"
    CONTRADICTION = "contradiction"
    RIGHTS_AT_RISK = "rights_at_risk"
    OVERSOLD_RISK = "oversold_risk"


CASE_KIND_NAMES = {
    CaseKind.DOUBLE_HAND_OUT: N_("同一包裹出库两次"),
    CaseKind.HANDED_OUT_NOT_HERE: N_("未入库的包裹被取走"),
    CaseKind.HANDED_OUT_EXCEPTION: N_("异常包裹被取走"),
    CaseKind.HANDED_OUT_CANCELLED: N_("已取消订单的包裹被取走"),
    CaseKind.HANDED_OUT_UNPAID: N_("未付款订单的包裹被取走"),
    CaseKind.UNKNOWN_PARCEL: N_("记录的包裹不存在"),
    CaseKind.CONTRADICTION: N_("记录与包裹状态矛盾"),
    CaseKind.RIGHTS_AT_RISK: N_("设备失联或护卫丢失，配额处于风险中"),
    CaseKind.OVERSOLD_RISK: N_("核销后设备又报了更多销售，可能超卖"),
}

CASE_WORDS = {
    CaseKind.RIGHTS_AT_RISK: N_(
        "设备 %(device)s 的 %(sku)s：授予 %(granted)s，已售 %(sold)s，退回 %(returned)s，撤销 %(undone)s。"
        "还有 %(exposure)s 件可能已经卖出，系统不会自动收回；请清点实物后核销。"
    ),
    CaseKind.OVERSOLD_RISK: N_(
        "设备 %(device)s 的 %(sku)s：核销时按已售 %(signed_gone)s 件处理，设备后来报已售 %(gone)s 件，"
        "多出 %(more)s 件。余量已扣减；请核对实物，必要时联系居民退款。"
    ),
}
"""What a case says beyond its name, filled from its ``detail``; kinds that are not here say it all by their name."""


@dataclass(frozen=True, slots=True)
class Case:
    """Something for a person to settle. ``first_fact`` is what stood before, ``second_fact`` what contradicts it.

    ``parcel`` is empty where it is not about a parcel; ``detail`` fills the places of :data:`CASE_WORDS`.
    """

    id: str
    kind: CaseKind
    parcel: str
    first_fact: str
    second_fact: str
    opened_at: str
    closed_at: str | None = None
    detail: Mapping[str, str | int] = field(default_factory=dict)
