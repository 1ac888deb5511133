"""Parcels: states and what moves them, pickup codes, where a parcel goes on the shelves."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from shared.cases.rules import CaseKind
from shared.kernel.errors import N_
from shared.kernel.limits import PICKUP_NUMBER_MAX, WAYBILL_CHARACTERS_MAX, WAYBILL_CHARACTERS_MIN
from shared.orders.rules import Goods, OrderState
from shared.pickup_points.rules import ShelfLayer


class ParcelState(StrEnum):
    """States of a parcel."""

    EXPECTED = "expected"
    ARRIVED = "arrived"
    READY = "ready"
    OVERDUE = "overdue"
    COLLECTED = "collected"
    EXCEPTION = "exception"
    RETURNED = "returned"


PARCEL_STATE_NAMES = {
    ParcelState.EXPECTED: N_("待到货"),
    ParcelState.ARRIVED: N_("已入库"),
    ParcelState.READY: N_("待取件"),
    ParcelState.OVERDUE: N_("滞留"),
    ParcelState.COLLECTED: N_("已取件"),
    ParcelState.EXCEPTION: N_("异常"),
    ParcelState.RETURNED: N_("已退回"),
}

# How a state is shown on every screen, beside its name: tone of the pill, icon.
PARCEL_STATE_LOOK = {
    ParcelState.EXPECTED: ("info", "truck"),
    ParcelState.ARRIVED: ("warn", "package-open"),
    ParcelState.READY: ("ok", "package-check"),
    ParcelState.OVERDUE: ("warn", "clock-alert"),
    ParcelState.COLLECTED: ("idle", "circle-check"),
    ParcelState.EXCEPTION: ("alarm", "package-x"),
    ParcelState.RETURNED: ("idle", "undo-2"),
}

# States in which the thing physically lies at the point.
PRESENT = (ParcelState.ARRIVED, ParcelState.READY, ParcelState.OVERDUE, ParcelState.EXCEPTION)


class Event(StrEnum):
    """What can happen to a parcel."""

    INBOUND = "inbound"
    INBOUND_UNDONE = "inbound_undone"
    SHELVED = "shelved"
    HANDED_OUT = "handed_out"
    HAND_OUT_UNDONE = "hand_out_undone"
    WENT_OVERDUE = "went_overdue"
    EXCEPTION = "exception"
    EXCEPTION_CLEARED = "exception_cleared"
    RETURNED = "returned"


# ARRIVED stands for "lies here": with a place on a shelf it reads READY (see `after`). A pair that is missing is
# refused by the operations; as a fact that happened all the same it opens a case.
TRANSITIONS: dict[tuple[ParcelState, Event], ParcelState] = {
    (ParcelState.EXPECTED, Event.INBOUND): ParcelState.ARRIVED,
    (ParcelState.RETURNED, Event.INBOUND): ParcelState.ARRIVED,
    # received twice by two devices: the label printed last holds
    (ParcelState.ARRIVED, Event.INBOUND): ParcelState.ARRIVED,
    (ParcelState.READY, Event.INBOUND): ParcelState.ARRIVED,
    (ParcelState.OVERDUE, Event.INBOUND): ParcelState.OVERDUE,
    (ParcelState.EXCEPTION, Event.INBOUND): ParcelState.EXCEPTION,
    (ParcelState.ARRIVED, Event.INBOUND_UNDONE): ParcelState.EXPECTED,
    (ParcelState.READY, Event.INBOUND_UNDONE): ParcelState.EXPECTED,
    (ParcelState.OVERDUE, Event.INBOUND_UNDONE): ParcelState.EXPECTED,
    (ParcelState.ARRIVED, Event.SHELVED): ParcelState.ARRIVED,
    (ParcelState.READY, Event.SHELVED): ParcelState.ARRIVED,
    (ParcelState.OVERDUE, Event.SHELVED): ParcelState.OVERDUE,
    (ParcelState.EXCEPTION, Event.SHELVED): ParcelState.EXCEPTION,
    (ParcelState.ARRIVED, Event.HANDED_OUT): ParcelState.COLLECTED,
    (ParcelState.READY, Event.HANDED_OUT): ParcelState.COLLECTED,
    (ParcelState.OVERDUE, Event.HANDED_OUT): ParcelState.COLLECTED,
    (ParcelState.COLLECTED, Event.HAND_OUT_UNDONE): ParcelState.ARRIVED,
    (ParcelState.READY, Event.WENT_OVERDUE): ParcelState.OVERDUE,
    (ParcelState.ARRIVED, Event.EXCEPTION): ParcelState.EXCEPTION,
    (ParcelState.READY, Event.EXCEPTION): ParcelState.EXCEPTION,
    (ParcelState.OVERDUE, Event.EXCEPTION): ParcelState.EXCEPTION,
    (ParcelState.EXCEPTION, Event.EXCEPTION_CLEARED): ParcelState.ARRIVED,
    (ParcelState.ARRIVED, Event.RETURNED): ParcelState.RETURNED,
    (ParcelState.READY, Event.RETURNED): ParcelState.RETURNED,
    (ParcelState.OVERDUE, Event.RETURNED): ParcelState.RETURNED,
    (ParcelState.EXCEPTION, Event.RETURNED): ParcelState.RETURNED,
}


def after(state: ParcelState, event: Event, *, shelved: bool) -> ParcelState | None:
    """The state after an event; ``shelved`` says whether the parcel then has a place. None: the event does not fit."""
    to = TRANSITIONS.get((state, event))
    if to is ParcelState.ARRIVED and shelved:
        return ParcelState.READY
    return to


class Way(StrEnum):
    """How a parcel was handed out."""

    PASS = "pass"  # noqa: S105 - a way of collecting, no password
    CODE = "code"
    STAFF = "staff"


class Carrier(StrEnum):
    """Who brought a parcel; OWN is the platform's own goods."""

    OWN = "OWN"
    SF = "SF"
    YTO = "YTO"
    ZTO = "ZTO"
    STO = "STO"
    YUNDA = "YUNDA"
    JD = "JD"
    EMS = "EMS"
    OTHER = "OTHER"


CARRIER_NAMES = {
    Carrier.OWN: N_("自营"),
    Carrier.SF: N_("顺丰"),
    Carrier.YTO: N_("圆通"),
    Carrier.ZTO: N_("中通"),
    Carrier.STO: N_("申通"),
    Carrier.YUNDA: N_("韵达"),
    Carrier.JD: N_("京东"),
    Carrier.EMS: N_("邮政"),
    Carrier.OTHER: N_("其他"),
}

# Letters in front are printed by the carrier itself. Bare digits are only a hint, offered to staff and never a rule:
# the number blocks that carriers print in mainland China today.
_WAYBILL_FORMS = (
    (re.compile(r"LQ[0-9A-Z.-]+"), Carrier.OWN),
    (re.compile(r"SF\d{12,13}"), Carrier.SF),
    (re.compile(r"(YT|G|V)\d{12,15}|8\d{17}"), Carrier.YTO),
    (re.compile(r"(7[3-9]\d{12})"), Carrier.ZTO),
    (re.compile(r"77\d{13}|(66|88|55)\d{13}"), Carrier.STO),
    (re.compile(r"(4[36]\d{13}|31\d{13})"), Carrier.YUNDA),
    (re.compile(r"JD[A-Z0-9]{9,16}"), Carrier.JD),
    (re.compile(r"[A-Z]{2}\d{9}CN|(97|98|99|10|11|12)\d{11}"), Carrier.EMS),
)
_WAYBILL = re.compile(rf"[0-9A-Z](?:[0-9A-Z.-]{{{WAYBILL_CHARACTERS_MIN - 2},{WAYBILL_CHARACTERS_MAX - 2}}})[0-9A-Z]")


def clean_waybill(text: str) -> str | None:
    """A waybill as scanned or typed, in capital ASCII without spaces; None when it can't be one."""
    waybill = "".join(unicodedata.normalize("NFKC", text[: WAYBILL_CHARACTERS_MAX * 2]).split()).upper()
    return waybill if _WAYBILL.fullmatch(waybill) else None


def carrier_of(waybill: str) -> Carrier:
    """A guess from the form of the waybill; OTHER when nothing is recognised."""
    return next((carrier for form, carrier in _WAYBILL_FORMS if form.fullmatch(waybill)), Carrier.OTHER)


@dataclass(frozen=True, slots=True)
class PickupCode:
    """``3-2-0457``: shelf 3, layer 2, parcel number 457."""

    shelf: int
    layer: int
    number: int

    def __str__(self) -> str:
        return f"{self.shelf}-{self.layer}-{self.number:04d}"

    @classmethod
    def parse(cls, text: str) -> "PickupCode | None":
        """Read a code as printed or typed (``3-2-0457``, ``320457``, with spaces or full-width digits); else None."""
        plain = "".join(unicodedata.normalize("NFKC", text[:32]).split())
        match = _PICKUP_CODE.fullmatch(plain)
        return cls(int(match[1]), int(match[2]), int(match[3])) if match and int(match[3]) else None


_PICKUP_CODE = re.compile(r"([1-9])-?([1-9])-?([0-9]{4})")


def next_number(last: int) -> int:
    """The parcel number after ``last``: 1 … 9999, then 1 again."""
    return last % PICKUP_NUMBER_MAX + 1


class Content(NamedTuple):
    """Units of one product in a parcel."""

    sku: str
    name: str
    quantity: int


class Recipient(NamedTuple):
    """Who a parcel is for: the resident's id (or empty, when only the label is known), masked."""

    resident: str
    name_masked: str
    phone_tail: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """One labelled physical thing at a point. Times are UTC text; ``resident`` and ``order_id`` are empty when unknown.

    ``expected_at`` is None for a parcel nobody had announced. ``collected_fact`` names the fact that handed it out.
    ``note`` is the reason of an exception or a return.
    """

    id: str
    waybill: str
    carrier: Carrier
    resident: str
    order_id: str
    state: ParcelState
    shelf: int | None
    layer: int | None
    pickup_code: str
    cold: bool
    contents: tuple[Content, ...]
    name_masked: str
    phone_tail: str
    expected_at: str | None
    inbound_at: str | None
    collected_at: str | None
    collected_way: str
    collected_fact: str
    note: str

    @property
    def code(self) -> str:
        """The pickup code as shown, or a dash while the parcel has no place."""
        return self.pickup_code or "—"

    @property
    def place(self) -> tuple[int, int] | None:
        """Shelf and layer, or None."""
        return None if self.shelf is None or self.layer is None else (self.shelf, self.layer)

    @property
    def present(self) -> bool:
        """Whether it lies at the point."""
        return self.state in PRESENT

    @property
    def units(self) -> dict[str, int]:
        """The own goods it adds to the point's stock while it lies there; nothing for a courier's parcel."""
        if self.carrier is not Carrier.OWN or self.state not in PRESENT:
            return {}
        units: dict[str, int] = {}
        for content in self.contents:
            units[content.sku] = units.get(content.sku, 0) + content.quantity
        return units


def hand_out_case(parcel: Parcel | None, order: OrderState | None) -> CaseKind | None:
    """What is wrong with a hand-out that has happened; None when all is well. ``order``: None when there is none."""
    if parcel is None:
        return CaseKind.UNKNOWN_PARCEL
    if parcel.state is ParcelState.COLLECTED:
        return CaseKind.DOUBLE_HAND_OUT
    if parcel.state is ParcelState.EXCEPTION:
        return CaseKind.HANDED_OUT_EXCEPTION
    if not parcel.present:
        return CaseKind.HANDED_OUT_NOT_HERE
    if order in (OrderState.CANCELLED, OrderState.REFUNDED):
        return CaseKind.HANDED_OUT_CANCELLED
    return CaseKind.HANDED_OUT_UNPAID if order is OrderState.PLACED else None


def handed_out(parcel: Parcel, at: str, way: str, fact_id: str) -> Parcel:
    """The parcel once the fact ``fact_id`` has handed it out."""
    return replace(parcel, state=ParcelState.COLLECTED, collected_at=at, collected_way=way, collected_fact=fact_id)


class HandOutOutcome(StrEnum):
    """Every answer to "may this parcel be handed out?"."""

    HANDED_OUT = "handed_out"
    ALREADY_COLLECTED = "already_collected"
    NOT_READY = "not_ready"
    ORDER_UNPAID = "order_unpaid"
    ORDER_CANCELLED = "order_cancelled"
    EXCEPTION = "exception"
    UNKNOWN = "unknown"


def may_hand_out(parcel: Parcel, order: OrderState | None, way: Way) -> HandOutOutcome:
    """HANDED_OUT when it may go. A parcel that lies here without a place is found by staff only."""
    if parcel.state is ParcelState.COLLECTED:
        return HandOutOutcome.ALREADY_COLLECTED
    if parcel.state is ParcelState.EXCEPTION:
        return HandOutOutcome.EXCEPTION
    if order in (OrderState.CANCELLED, OrderState.REFUNDED):
        return HandOutOutcome.ORDER_CANCELLED
    if order is OrderState.PLACED:
        return HandOutOutcome.ORDER_UNPAID
    if parcel.state in (ParcelState.READY, ParcelState.OVERDUE):
        return HandOutOutcome.HANDED_OUT
    if parcel.state is ParcelState.ARRIVED and way is Way.STAFF:
        return HandOutOutcome.HANDED_OUT
    return HandOutOutcome.NOT_READY


class InboundOutcome(StrEnum):
    """Every answer to "this has arrived"."""

    RECEIVED = "received"
    NO_SPACE = "no_space"
    ALREADY_HERE = "already_here"
    ALREADY_COLLECTED = "already_collected"
    UNKNOWN_WAYBILL = "unknown_waybill"
    BAD_WAYBILL = "bad_waybill"


def goods_of(states: Iterable[ParcelState]) -> Goods:
    """What the parcels of one order say together."""
    seen = set(states)
    if seen and seen <= {ParcelState.COLLECTED}:
        return Goods.COLLECTED
    if seen and seen <= {ParcelState.READY, ParcelState.OVERDUE, ParcelState.COLLECTED}:
        return Goods.READY
    return Goods.WAITING


def propose_shelf(
    layers: Sequence[ShelfLayer], occupancy: Mapping[tuple[int, int], int], cold: bool
) -> ShelfLayer | None:
    """The layer with the smallest part of its capacity taken, so that shelves fill evenly; None when all are full.

    Cold goods go to cold layers only, and nothing else does.
    """
    free = [layer for layer in layers if layer.cold is cold and occupancy.get(layer.place, 0) < layer.capacity]
    return min(free, key=lambda layer: (occupancy.get(layer.place, 0) / layer.capacity, layer.place), default=None)
