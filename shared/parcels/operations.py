"""What staff and residents do with parcels: each is one transaction.

``also`` runs in the same transaction, after the fact: a print job, a log line. When it raises, nothing has happened.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from shared.db import Tx
from shared.kernel.clock import utc_text
from shared.kernel.errors import N_, BadInput, Refused
from shared.kernel.limits import CONTENT_LINES_MAX, OVERDUE_HOURS, QUANTITY_MAX
from shared.orders import store as orders
from shared.orders.rules import OrderState
from shared.parcels import facts, store
from shared.parcels.rules import (
    Carrier,
    Content,
    Event,
    HandOutOutcome,
    InboundOutcome,
    Parcel,
    ParcelState,
    PickupCode,
    Recipient,
    Way,
    after,
    carrier_of,
    clean_waybill,
    handed_out,
    may_hand_out,
    propose_shelf,
)
from shared.pickup_points import store as pickup_points
from shared.sync import Journal

__all__ = [
    "HandOutOutcome", "HandOver", "Inbound", "InboundOutcome", "clear_exception", "close_case", "expect_parcel",
    "hand_over", "mark_exception", "mark_overdue", "move_parcel", "receive_parcel", "return_parcel", "undo_hand_over",
    "undo_inbound",
]  # fmt: skip

REASON_CHARACTERS = 200


def nothing(tx: Tx, parcel: Parcel) -> None:
    """Nothing more to do in the transaction of one parcel."""


def nothing_more(tx: Tx, parcels: Sequence[Parcel]) -> None:
    """Nothing more to do in the transaction of several parcels."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """What became of an arrival, and the parcel it is about."""

    outcome: InboundOutcome
    parcel: Parcel | None = None


@dataclass(frozen=True, slots=True)
class HandOver:
    """What became of a hand-out. ``parcels`` went (or, if none did, were asked for); ``left`` stay, with the reason."""

    outcome: HandOutOutcome
    parcels: tuple[Parcel, ...]
    left: tuple[tuple[Parcel, HandOutOutcome], ...] = ()


# --- inbound ------------------------------------------------------------------------------------------------------


def receive_parcel(
    journal: Journal,
    point: str,
    waybill: str,
    actor: str,
    *,
    place: tuple[int, int] | None = None,
    recipient: Recipient | None = None,
    carrier: str | None = None,
    cold: bool | None = None,
    also: Callable[[Tx, Parcel], None] = nothing,
) -> Inbound:
    """A parcel has arrived: note it and give it a place and a pickup code.

    Without ``place`` a free layer is proposed and taken. A waybill nobody announced needs a ``recipient``; without one
    the outcome is UNKNOWN_WAYBILL and nothing is written. Raises ``Refused`` PLACE_UNKNOWN, CARRIER_UNKNOWN.
    """
    clean = clean_waybill(waybill)
    if clean is None:
        return Inbound(InboundOutcome.BAD_WAYBILL)
    with journal.writing(point) as tx:
        known = store.by_waybill(tx, point, clean)
        if known is not None and known.state is ParcelState.COLLECTED:
            return Inbound(InboundOutcome.ALREADY_COLLECTED, known)
        if known is not None and known.present:
            return Inbound(InboundOutcome.ALREADY_HERE, known)
        if known is None and recipient is None:
            return Inbound(InboundOutcome.UNKNOWN_WAYBILL)
        is_cold = bool(known and known.cold) if cold is None else cold
        place = _checked_place(tx, point, place) if place else _free_place(tx, point, is_cold)
        payload = _arrival(journal, tx, point, clean, known, recipient, carrier, is_cold, place)
        journal.record(tx, payload, point=point, actor=actor)
        parcel = _now(tx, point, payload.parcel)
        also(tx, parcel)
        return Inbound(InboundOutcome.RECEIVED if place else InboundOutcome.NO_SPACE, parcel)


def _arrival(
    journal: Journal,
    tx: Tx,
    point: str,
    waybill: str,
    known: Parcel | None,
    recipient: Recipient | None,
    carrier: str | None,
    cold: bool,
    place: tuple[int, int] | None,
) -> facts.Inbound:
    shelf, layer = place or (None, None)
    code = str(PickupCode(*place, store.take_number(tx, point))) if place else ""
    who = recipient or Recipient("", "", "")
    if known is not None:
        who = Recipient(
            known.resident or who.resident, known.name_masked or who.name_masked, known.phone_tail or who.phone_tail
        )
    return facts.Inbound(
        parcel=known.id if known else journal.ids.new(),
        waybill=waybill,
        carrier=known.carrier.value if known else _carrier(carrier, waybill).value,
        resident=who.resident,
        order=known.order_id if known else "",
        name_masked=who.name_masked,
        phone_tail=who.phone_tail,
        shelf=shelf,
        layer=layer,
        pickup_code=code,
        cold=cold,
        contents=known.contents if known else (),
    )


def _carrier(name: str | None, waybill: str) -> Carrier:
    if name is None:
        return carrier_of(waybill)
    try:
        return Carrier(name)
    except ValueError:
        raise BadInput("CARRIER_UNKNOWN", N_("没有这家快递公司。"), N_("请选择列表中的快递公司。")) from None


def _checked_place(tx: Tx, point: str, place: tuple[int, int]) -> tuple[int, int]:
    if pickup_points.shelf_layer(tx, point, place) is None:
        raise Refused("PLACE_UNKNOWN", N_("本点没有这个货架层。"), N_("请选择已有的货架和层。"))
    return place


def _free_place(tx: Tx, point: str, cold: bool) -> tuple[int, int] | None:
    layer = propose_shelf(pickup_points.shelf_layers(tx, point), store.occupancy(tx, point), cold)
    return layer.place if layer else None


def undo_inbound(
    journal: Journal, point: str, parcel_id: str, actor: str, *, also: Callable[[Tx, Parcel], None] = nothing
) -> Parcel:
    """The parcel was not received after all; the parcel as it was. Raises ``Refused`` PARCEL_UNKNOWN, PARCEL_STATE."""
    with journal.writing(point) as tx:
        parcel = _fitting(tx, point, parcel_id, Event.INBOUND_UNDONE)
        journal.record(tx, facts.InboundUndone(parcel_id), point=point, actor=actor)
        also(tx, parcel)
        return parcel


def move_parcel(
    journal: Journal,
    point: str,
    parcel_id: str,
    place: tuple[int, int],
    actor: str,
    *,
    also: Callable[[Tx, Parcel], None] = nothing,
) -> Parcel:
    """Put a parcel on another layer; it gets a new pickup code, because the code names the place.

    Raises ``Refused`` PARCEL_UNKNOWN, PARCEL_STATE, PLACE_UNKNOWN.
    """
    with journal.writing(point) as tx:
        _fitting(tx, point, parcel_id, Event.SHELVED)
        shelf, layer = _checked_place(tx, point, place)
        code = PickupCode(shelf, layer, store.take_number(tx, point))
        journal.record(tx, facts.Shelved(parcel_id, shelf, layer, str(code)), point=point, actor=actor)
        parcel = _now(tx, point, parcel_id)
        also(tx, parcel)
        return parcel


# --- hand-out -----------------------------------------------------------------------------------------------------


def hand_over(
    journal: Journal,
    point: str,
    parcel_ids: Sequence[str],
    actor: str,
    *,
    way: Way | str,
    resident: str = "",
    also: Callable[[Tx, Sequence[Parcel]], None] = nothing_more,
) -> HandOver:
    """Hand out those of the parcels that may go; the outcome is HANDED_OUT if any went, else why the first did not.

    One transaction writes the fact, the parcels, their orders and the stock. ``also`` gets the parcels that went.
    """
    way = Way(way)
    wanted = tuple(dict.fromkeys(parcel_ids))
    with journal.writing(point) as tx:
        known = store.parcels(tx, point, wanted)
        states = _order_states(tx, point, known)
        judged = [
            (parcel, may_hand_out(parcel, states.get(parcel.order_id), way))
            for parcel in (known[one] for one in wanted if one in known)
        ]
        going = tuple(parcel for parcel, outcome in judged if outcome is HandOutOutcome.HANDED_OUT)
        left = tuple((parcel, outcome) for parcel, outcome in judged if outcome is not HandOutOutcome.HANDED_OUT)
        if not going:
            outcome = left[0][1] if left else HandOutOutcome.UNKNOWN
            return HandOver(outcome, tuple(parcel for parcel, _ in left), left)
        payload = facts.HandedOut(tuple(parcel.id for parcel in going), way.value, resident)
        fact = journal.record(tx, payload, point=point, actor=actor)
        # what `apply` has just written, known without reading it again: this is the hot path
        handed = tuple(handed_out(parcel, fact.at, way.value, fact.id) for parcel in going)
        also(tx, handed)
        return HandOver(HandOutOutcome.HANDED_OUT, handed, left)


def _order_states(tx: Tx, point: str, known: dict[str, Parcel]) -> dict[str, OrderState]:
    return orders.states(tx, point, {parcel.order_id for parcel in known.values() if parcel.order_id})


def undo_hand_over(
    journal: Journal,
    point: str,
    parcel_ids: Sequence[str],
    actor: str,
    *,
    also: Callable[[Tx, Sequence[Parcel]], None] = nothing_more,
) -> tuple[Parcel, ...]:
    """The parcels did not go after all; the parcels as they lie here again.

    Raises ``Refused`` PARCEL_UNKNOWN, PARCEL_STATE, with nothing changed, unless every one of them is handed out.
    """
    with journal.writing(point) as tx:
        gone = [_fitting(tx, point, one, Event.HAND_OUT_UNDONE) for one in dict.fromkeys(parcel_ids)]
        if not gone:
            raise Refused("PARCEL_UNKNOWN", N_("没有这个包裹。"), N_("请核对后再试。"))
        ids = tuple(parcel.id for parcel in gone)
        payload = facts.HandOutUndone(ids, tuple(parcel.collected_fact for parcel in gone))
        journal.record(tx, payload, point=point, actor=actor)
        found = store.parcels(tx, point, ids)
        back = tuple(found[one] for one in ids)
        also(tx, back)
        return back


# --- what else befalls a parcel -----------------------------------------------------------------------------------


def mark_exception(journal: Journal, point: str, parcel_id: str, reason: str, actor: str) -> Parcel:
    """Something is wrong with a parcel. Raises ``Refused`` REASON_NEEDED, PARCEL_UNKNOWN, PARCEL_STATE."""
    reason = _checked_reason(reason)
    with journal.writing(point) as tx:
        _fitting(tx, point, parcel_id, Event.EXCEPTION)
        journal.record(tx, facts.ExceptionFound(parcel_id, reason), point=point, actor=actor)
        return _now(tx, point, parcel_id)


def clear_exception(
    journal: Journal, point: str, parcel_id: str, actor: str, *, also: Callable[[Tx, Parcel], None] = nothing
) -> Parcel:
    """A parcel is all right again. Raises ``Refused`` PARCEL_UNKNOWN, PARCEL_STATE."""
    with journal.writing(point) as tx:
        _fitting(tx, point, parcel_id, Event.EXCEPTION_CLEARED)
        journal.record(tx, facts.ExceptionCleared(parcel_id), point=point, actor=actor)
        parcel = _now(tx, point, parcel_id)
        also(tx, parcel)
        return parcel


def return_parcel(journal: Journal, point: str, parcel_id: str, reason: str, actor: str) -> Parcel:
    """A parcel leaves with its carrier. Raises ``Refused`` REASON_NEEDED, PARCEL_UNKNOWN, PARCEL_STATE."""
    reason = _checked_reason(reason)
    with journal.writing(point) as tx:
        _fitting(tx, point, parcel_id, Event.RETURNED)
        journal.record(tx, facts.Returned(parcel_id, reason), point=point, actor=actor)
        return _now(tx, point, parcel_id)


def mark_overdue(journal: Journal, point: str, actor: str, hours: int = OVERDUE_HOURS) -> int:
    """Note which parcels have been ready for more than ``hours``; how many they are."""
    before = utc_text(journal.clock.now() - timedelta(hours=hours))
    with journal.writing(point) as tx:
        ids = tuple(parcel.id for parcel in store.waiting_since(tx, point, before))
        if ids:
            journal.record(tx, facts.WentOverdue(ids), point=point, actor=actor)
        return len(ids)


def _now(tx: Tx, point: str, parcel_id: str) -> Parcel:
    parcel = store.parcel(tx, point, parcel_id)
    if parcel is None:
        raise Refused("PARCEL_UNKNOWN", N_("没有这个包裹。"), N_("请核对后再试。"))
    return parcel


def _fitting(tx: Tx, point: str, parcel_id: str, event: Event) -> Parcel:
    parcel = _now(tx, point, parcel_id)
    if after(parcel.state, event, shelved=False) is None:
        raise Refused("PARCEL_STATE", N_("包裹的状态已改变，不能这样处理。"), N_("请刷新后查看包裹状态。"))
    return parcel


def _checked_reason(reason: str) -> str:
    reason = reason.strip()
    if not reason or len(reason) > REASON_CHARACTERS:
        raise Refused("REASON_NEEDED", N_("请写明原因，最多 200 字。"), N_("填写原因后再提交。"))
    return reason


# --- centre -------------------------------------------------------------------------------------------------------


def expect_parcel(
    journal: Journal,
    tx: Tx,
    point: str,
    *,
    waybill: str,
    recipient: Recipient,
    actor: str,
    carrier: str | None = None,
    order_id: str = "",
    contents: Sequence[Content] = (),
    cold: bool = False,
    parcel_id: str | None = None,
) -> Parcel:
    """Announce a parcel to a point; one that has arrived there already learns who it is for.

    Raises ``Refused`` WAYBILL, PARCEL_EXISTS (announced before), PARCEL_CONTENTS; ``BadInput`` CARRIER_UNKNOWN.
    """
    clean = clean_waybill(waybill)
    if clean is None:
        raise Refused("WAYBILL", N_("运单号 %(waybill)s 不可用。"), N_("请改正运单号。"), waybill=waybill[:40])
    if len(contents) > CONTENT_LINES_MAX or any(not 0 < content.quantity <= QUANTITY_MAX for content in contents):
        raise Refused("PARCEL_CONTENTS", N_("包裹明细的数量超出范围。"), N_("请改正明细。"))
    known = store.by_waybill(tx, point, clean)
    if known is not None and known.expected_at is not None:
        raise Refused("PARCEL_EXISTS", N_("运单号 %(waybill)s 已存在。"), waybill=clean)
    payload = facts.Expected(
        parcel=known.id if known else parcel_id or journal.ids.new(),
        waybill=clean,
        carrier=_carrier(carrier, clean).value,
        resident=recipient.resident,
        order=order_id,
        name_masked=recipient.name_masked,
        phone_tail=recipient.phone_tail,
        cold=cold,
        contents=tuple(contents),
    )
    journal.record(tx, payload, point=point, actor=actor)
    return _now(tx, point, payload.parcel)


def close_case(journal: Journal, tx: Tx, point: str, case_id: str, note: str, actor: str) -> None:
    """Settle a case. ``tx`` comes from ``journal.writing(point)``. Raises ``Refused`` CASE_UNKNOWN, REASON_NEEDED."""
    journal.record(tx, facts.CaseClosed(case_id, _checked_reason(note)), point=point, actor=actor)
