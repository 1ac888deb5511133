"""What happens to parcels. A physical fact is never refused: what contradicts it opens a case for a person.

Everything goes through :func:`_settle`: the rows of the parcels, the stock that lies at the point because of them, and
the orders they belong to, so that the three can't disagree.
"""

from collections.abc import Sequence, Set
from dataclasses import replace
from typing import Any

import msgspec

from shared.cases.rules import Case, CaseKind
from shared.db import Tx
from shared.kernel.errors import N_, Refused
from shared.orders import store as orders
from shared.orders.facts import note_goods
from shared.parcels import store
from shared.parcels.rules import (
    Carrier,
    Content,
    Event,
    Parcel,
    ParcelState,
    after,
    goods_of,
    hand_out_case,
    handed_out,
)
from shared.residents import store as residents
from shared.stock import store as stock
from shared.stock.rules import Line, Reason
from shared.sync import Fact, FactKind

Change = tuple[Parcel | None, Parcel | None]


class Expected(msgspec.Struct, frozen=True, array_like=True):
    """A parcel was announced."""

    parcel: str
    waybill: str
    carrier: str
    resident: str
    order: str
    name_masked: str
    phone_tail: str
    cold: bool
    contents: tuple[Content, ...]


class Inbound(msgspec.Struct, frozen=True, array_like=True):
    """A parcel arrived; carries all that is needed to know it where nobody had announced it.

    ``shelf`` and ``layer`` are None and ``pickup_code`` is empty when it found no place.
    """

    parcel: str
    waybill: str
    carrier: str
    resident: str
    order: str
    name_masked: str
    phone_tail: str
    shelf: int | None
    layer: int | None
    pickup_code: str
    cold: bool
    contents: tuple[Content, ...]


class InboundUndone(msgspec.Struct, frozen=True, array_like=True):
    """The inbound of a parcel was a mistake."""

    parcel: str


class Shelved(msgspec.Struct, frozen=True, array_like=True):
    """A parcel was put somewhere (else)."""

    parcel: str
    shelf: int
    layer: int
    pickup_code: str


class HandedOut(msgspec.Struct, frozen=True, array_like=True):
    """Parcels went into somebody's hands. ``way``: pass, code or staff."""

    parcels: tuple[str, ...]
    way: str
    resident: str


class HandOutUndone(msgspec.Struct, frozen=True, array_like=True):
    """Parcels had not gone. ``hand_outs[i]`` names the fact that is taken back for ``parcels[i]``."""

    parcels: tuple[str, ...]
    hand_outs: tuple[str, ...]


class WentOverdue(msgspec.Struct, frozen=True, array_like=True):
    """Parcels have waited too long."""

    parcels: tuple[str, ...]


class ExceptionFound(msgspec.Struct, frozen=True, array_like=True):
    """Something is wrong with a parcel: damaged, missing, wrong."""

    parcel: str
    reason: str


class ExceptionCleared(msgspec.Struct, frozen=True, array_like=True):
    """A parcel is all right again."""

    parcel: str


class Returned(msgspec.Struct, frozen=True, array_like=True):
    """A parcel left the point with its carrier or supplier."""

    parcel: str
    reason: str


class CaseClosed(msgspec.Struct, frozen=True, array_like=True):
    """A person has settled a case."""

    case: str
    note: str


class Forgotten(msgspec.Struct, frozen=True, array_like=True):
    """A resident was erased: their parcels stay, and name nobody.

    ``parcels`` are those that carried the same masked name and digits without a resident.
    """

    resident: str
    parcels: tuple[str, ...]


def _person(tx: Tx, fact: Fact, it: Expected | Inbound) -> tuple[str, str]:
    """Masked name and digits as they may be kept: somebody erased does not come back with a fact that was under way."""
    if it.resident and residents.is_erased(tx, fact.point, it.resident):
        return "", ""
    return it.name_masked, it.phone_tail


def _blank(it: Expected | Inbound, ids: Set[str]) -> Expected | Inbound | None:
    if it.resident in ids or it.parcel in ids:
        return msgspec.structs.replace(it, name_masked="", phone_tail="")
    return None


def _settle(tx: Tx, fact: Fact, changes: Sequence[Change], reason: Reason) -> None:
    lines: list[Line] = []
    order_ids: dict[str, None] = {}
    for before, now in changes:
        lines += _moved(before, now)
        if now is not None:
            store.put_parcel(tx, fact.point, now)
        elif before is not None:
            store.remove_parcel(tx, fact.point, before.id)
        order_ids |= {one.order_id: None for one in (before, now) if one is not None and one.order_id}
    if lines:
        stock.move(tx, fact, lines, reason)
    for order_id in order_ids:
        note_goods(tx, fact.point, order_id, goods_of(store.states_of_order(tx, fact.point, order_id)), fact.at)


def _moved(before: Parcel | None, now: Parcel | None) -> list[Line]:
    was, is_ = (before.units if before else {}), (now.units if now else {})
    if was == is_:
        return []
    one = now or before
    reference = one.id if one else ""
    changes = {sku: is_.get(sku, 0) - was.get(sku, 0) for sku in (*was, *is_)}
    return [Line(sku, change, reference) for sku, change in changes.items() if change]


def _open_case(tx: Tx, fact: Fact, n: int, kind: CaseKind, parcel_id: str, first_fact: str) -> None:
    store.add_case(tx, fact.point, Case(f"{fact.id}.{n}", kind, parcel_id, first_fact, fact.id, fact.at))


def _step(tx: Tx, fact: Fact, n: int, parcel_id: str, event: Event, **values: Any) -> tuple[Parcel, Parcel] | None:
    """The change an event makes to a parcel; a case and None where it does not fit."""
    parcel = store.parcel(tx, fact.point, parcel_id)
    if parcel is None:
        _open_case(tx, fact, n, CaseKind.UNKNOWN_PARCEL, parcel_id, "")
        return None
    state = after(parcel.state, event, shelved=values.get("shelf", parcel.shelf) is not None)
    if state is None:
        _open_case(tx, fact, n, CaseKind.CONTRADICTION, parcel_id, parcel.collected_fact)
        return None
    return parcel, replace(parcel, state=state, **values)


def _expected(tx: Tx, fact: Fact, it: Expected) -> None:
    parcel = Parcel(
        it.parcel, it.waybill, Carrier(it.carrier), it.resident, it.order, ParcelState.EXPECTED, None, None, "",
        it.cold, it.contents, *_person(tx, fact, it), fact.at, None, None, "", "", "",
    )  # fmt: skip
    known = store.parcel(tx, fact.point, it.parcel) or store.by_waybill(tx, fact.point, it.waybill)
    if known is None:
        _settle(tx, fact, [(None, parcel)], Reason.INBOUND)
    else:
        _settle(tx, fact, [(known, _filled(known, parcel))], Reason.CORRECTED)


def _filled(parcel: Parcel, other: Parcel) -> Parcel:
    """``parcel`` with what it lacks taken from ``other``."""
    return replace(
        parcel,
        carrier=other.carrier if parcel.carrier is Carrier.OTHER else parcel.carrier,
        resident=parcel.resident or other.resident,
        order_id=parcel.order_id or other.order_id,
        contents=parcel.contents or other.contents,
        name_masked=parcel.name_masked or other.name_masked,
        phone_tail=parcel.phone_tail or other.phone_tail,
        expected_at=parcel.expected_at or other.expected_at,
    )


def _inbound(tx: Tx, fact: Fact, it: Inbound) -> None:
    shelf, layer = it.shelf or None, it.layer or None
    state = after(ParcelState.EXPECTED, Event.INBOUND, shelved=shelf is not None) or ParcelState.EXPECTED
    told = Parcel(
        it.parcel, it.waybill, Carrier(it.carrier), it.resident, it.order, state, shelf, layer, it.pickup_code,
        it.cold, it.contents, *_person(tx, fact, it), None, fact.at, None, "", "", "",
    )  # fmt: skip
    before = known = None
    if not store.never_heard_of(tx, fact.point, it.parcel, it.waybill):
        before = store.parcel(tx, fact.point, it.parcel)
        known = before or _announced(tx, fact, it)
    _settle(tx, fact, [(before, _arrived(known, told) if known else told)], Reason.INBOUND)


def _arrived(known: Parcel, told: Parcel) -> Parcel:
    """A parcel that was known, once it has arrived as ``told``."""
    parcel = _filled(known, told)
    shelf = told.shelf or parcel.shelf
    return replace(
        parcel,
        state=after(parcel.state, Event.INBOUND, shelved=shelf is not None) or parcel.state,
        shelf=shelf,
        layer=told.layer or parcel.layer,
        pickup_code=told.pickup_code or parcel.pickup_code,
        cold=told.cold,
        inbound_at=parcel.inbound_at or told.inbound_at,
    )


def _announced(tx: Tx, fact: Fact, it: Inbound) -> Parcel | None:
    """A parcel announced meanwhile under another id gives what it knows to the one that arrived, and goes.

    The kiosk had not heard of it: its own id is on the label and in the facts that follow.
    """
    other = store.by_waybill(tx, fact.point, it.waybill)
    if other is None:
        return None
    if other.state is not ParcelState.EXPECTED:
        _open_case(tx, fact, 0, CaseKind.CONTRADICTION, it.parcel, other.collected_fact)
        return None
    store.remove_parcel(tx, fact.point, other.id)
    return replace(other, id=it.parcel)


def _inbound_undone(tx: Tx, fact: Fact, it: InboundUndone) -> None:
    blank = {"shelf": None, "layer": None, "pickup_code": "", "inbound_at": None}
    change = _step(tx, fact, 0, it.parcel, Event.INBOUND_UNDONE, **blank)
    if change is not None:
        before, now = change
        _settle(tx, fact, [(before, now if now.expected_at else None)], Reason.INBOUND_UNDONE)


def _shelved(tx: Tx, fact: Fact, it: Shelved) -> None:
    place = {"shelf": it.shelf, "layer": it.layer, "pickup_code": it.pickup_code}
    change = _step(tx, fact, 0, it.parcel, Event.SHELVED, **place)
    if change is not None:
        _settle(tx, fact, [change], Reason.CORRECTED)


def _handed_out(tx: Tx, fact: Fact, it: HandedOut) -> None:
    known = store.parcels(tx, fact.point, it.parcels)
    order_ids = {parcel.order_id for parcel in known.values() if parcel.order_id}
    states = orders.states(tx, fact.point, order_ids)
    changes: list[Change] = []
    for n, parcel_id in enumerate(it.parcels):
        parcel = known.get(parcel_id)
        kind = hand_out_case(parcel, states.get(parcel.order_id) if parcel else None)
        if kind is not None:
            _open_case(tx, fact, n, kind, parcel_id, parcel.collected_fact if parcel else "")
        if parcel is not None and kind is not CaseKind.DOUBLE_HAND_OUT:
            changes.append((parcel, handed_out(parcel, fact.at, it.way, fact.id)))
    _settle(tx, fact, changes, Reason.HANDED_OUT)


def _hand_out_undone(tx: Tx, fact: Fact, it: HandOutUndone) -> None:
    changes: list[Change] = []
    for n, (parcel_id, hand_out) in enumerate(zip(it.parcels, it.hand_outs, strict=True)):
        doubles = [
            case for case in store.open_cases_of(tx, fact.point, parcel_id) if case.kind is CaseKind.DOUBLE_HAND_OUT
        ]
        parcel = store.parcel(tx, fact.point, parcel_id)
        if parcel is not None and _still_gone(tx, fact, parcel, hand_out, doubles):
            continue
        if parcel is not None and parcel.collected_fact not in ("", hand_out):
            # somebody else has undone this hand-out before and handed the parcel out anew: that one stands
            continue
        change = _step(
            tx, fact, n, parcel_id, Event.HAND_OUT_UNDONE, collected_at=None, collected_way="", collected_fact=""
        )
        if change is None:
            continue
        before, now = change
        if now.inbound_at is None:
            now = replace(now, state=ParcelState.EXPECTED)
        changes.append((before, now))
    _settle(tx, fact, changes, Reason.HAND_OUT_UNDONE)


def _still_gone(tx: Tx, fact: Fact, parcel: Parcel, hand_out: str, doubles: Sequence[Case]) -> bool:
    """Whether another hand-out of the same parcel stands; the undo then settles the case between the two."""
    for case in doubles:
        if hand_out not in (case.second_fact, parcel.collected_fact):
            continue
        store.put_case(tx, fact.point, replace(case, closed_at=fact.at))
        if hand_out != case.second_fact:
            store.put_parcel(tx, fact.point, replace(parcel, collected_fact=case.second_fact))
        return True
    return False


def _went_overdue(tx: Tx, fact: Fact, it: WentOverdue) -> None:
    changes = [_step(tx, fact, n, one, Event.WENT_OVERDUE) for n, one in enumerate(it.parcels)]
    _settle(tx, fact, [change for change in changes if change is not None], Reason.CORRECTED)


def _exception_found(tx: Tx, fact: Fact, it: ExceptionFound) -> None:
    change = _step(tx, fact, 0, it.parcel, Event.EXCEPTION, note=it.reason)
    if change is not None:
        _settle(tx, fact, [change], Reason.CORRECTED)


def _exception_cleared(tx: Tx, fact: Fact, it: ExceptionCleared) -> None:
    change = _step(tx, fact, 0, it.parcel, Event.EXCEPTION_CLEARED, note="")
    if change is not None:
        _settle(tx, fact, [change], Reason.CORRECTED)


def _returned(tx: Tx, fact: Fact, it: Returned) -> None:
    blank = {"shelf": None, "layer": None, "pickup_code": "", "note": it.reason}
    change = _step(tx, fact, 0, it.parcel, Event.RETURNED, **blank)
    if change is not None:
        _settle(tx, fact, [change], Reason.RETURNED)


def _case_closed(tx: Tx, fact: Fact, it: CaseClosed) -> None:
    case = store.case(tx, fact.point, it.case)
    if case is None:
        raise Refused("CASE_UNKNOWN", N_("没有这个待处理事项。"), N_("请刷新列表。"))
    store.put_case(tx, fact.point, replace(case, closed_at=fact.at))


def _forgotten(tx: Tx, fact: Fact, it: Forgotten) -> None:
    of_theirs = {parcel.id: parcel for parcel in store.of_resident(tx, fact.point, it.resident)}
    for parcel_id in it.parcels:
        parcel = store.parcel(tx, fact.point, parcel_id)
        if parcel is not None and not parcel.resident:
            of_theirs[parcel_id] = parcel
    for parcel in of_theirs.values():
        store.put_parcel(tx, fact.point, replace(parcel, resident=it.resident, name_masked="", phone_tail=""))
    if tx.authoritative:
        store.blank_removed(tx, fact.point, it.resident)


KINDS = (
    FactKind("parcels.expected.v1", Expected, _expected, centre_only=True, blank=_blank),
    FactKind("parcels.inbound.v1", Inbound, _inbound, blank=_blank),
    FactKind("parcels.forgotten.v1", Forgotten, _forgotten, centre_only=True),
    FactKind("parcels.inbound_undone.v1", InboundUndone, _inbound_undone),
    FactKind("parcels.shelved.v1", Shelved, _shelved),
    FactKind("parcels.handed_out.v1", HandedOut, _handed_out),
    FactKind("parcels.hand_out_undone.v1", HandOutUndone, _hand_out_undone),
    FactKind("parcels.overdue.v1", WentOverdue, _went_overdue),
    FactKind("parcels.exception.v1", ExceptionFound, _exception_found),
    FactKind("parcels.exception_cleared.v1", ExceptionCleared, _exception_cleared),
    FactKind("parcels.returned.v1", Returned, _returned),
    FactKind("parcels.case_closed.v1", CaseClosed, _case_closed, centre_only=True),
)
