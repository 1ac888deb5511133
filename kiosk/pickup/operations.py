"""A resident collects: what a pass, or a code with a phone tail, leads to. Each hand-out is one transaction."""

import hmac
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from kiosk import workers
from kiosk.devices.health import clock_trusted
from kiosk.host import Kiosk
from kiosk.pickup import store
from kiosk.pickup.rules import (
    HELD,
    OF_SHOWN,
    OF_VERDICT,
    PAST,
    TAIL_DIGITS,
    TO_BE_HAD,
    PickupOutcome,
    PickupResult,
    Shown,
    what_is,
    why_nothing,
)
from kiosk.staff.rules import MINUTE_MS, PinTries, anchored, one_more, rest_ms, tries_left
from kiosk.store import Enrolment
from shared.db import Tx
from shared.kernel import passes
from shared.kernel.clock import parse_utc, utc_text
from shared.kernel.errors import Refused
from shared.kernel.limits import HELP_CALLS_KEPT_DAYS
from shared.kernel.passes import PassResult, PassVerdict
from shared.orders import store as orders
from shared.orders.rules import OrderState
from shared.parcels import store as parcels
from shared.parcels.operations import HandOutOutcome, hand_over
from shared.parcels.rules import Parcel, PickupCode, Way
from shared.residents import store as residents

ACTOR = "resident"
HELP_KEPT = timedelta(days=HELP_CALLS_KEPT_DAYS)

OF_HAND_OUT = {
    HandOutOutcome.HANDED_OUT: PickupOutcome.HANDED_OUT,
    HandOutOutcome.ALREADY_COLLECTED: PickupOutcome.ALREADY_COLLECTED,
    HandOutOutcome.NOT_READY: PickupOutcome.NOT_READY,
    HandOutOutcome.ORDER_UNPAID: PickupOutcome.UNPAID,
    HandOutOutcome.ORDER_CANCELLED: PickupOutcome.CANCELLED,
    HandOutOutcome.EXCEPTION: PickupOutcome.EXCEPTION,
    HandOutOutcome.UNKNOWN: PickupOutcome.NOTHING_HERE,
}


def collect_by_pass(kiosk: Kiosk, text: str, symbology: str = "") -> PickupResult:
    """Hand out everything that lies ready for the resident whose pass this is. Never raises for any text.

    A rule or a full disk that says no is a result too (NOT_DONE): the resident stands here and must be told.
    """
    shown = what_is(text, symbology)
    if shown is not Shown.PASS:
        return PickupResult(OF_SHOWN[shown])
    try:
        checked = check_pass(kiosk, text)
        if checked.verdict is not PassVerdict.VALID or checked.resident_number is None:
            return _refused_pass(checked, kiosk.enrolment())
        point = kiosk.point_code
        resident = residents.by_number(kiosk.db, point, checked.resident_number)
        if resident is None:
            return PickupResult(PickupOutcome.NOT_SYNCED)
        return _collect_all(kiosk, point, resident.id, Way.PASS)
    except Refused as refused:
        return not_done(refused)


def check_pass(kiosk: Kiosk, text: str) -> PassResult:
    """Judge a pass with this point's key alone, network or not."""
    enrolled = kiosk.enrolment()
    now, trusted = _time(kiosk)
    return passes.check(text, enrolled.point_key, enrolled.point_number, now, clock_trusted=trusted, revoked=())


def _time(kiosk: Kiosk) -> tuple[datetime, bool]:
    """What time it is, and whether that can be believed: the centre's time while rounds go well, else our own clock's.

    A clock that runs a month ahead looks like a month without network; the centre's last answer, a minute old at
    most, does not.
    """
    contact = kiosk.enrolled_state().last_contact
    sync = workers.states(kiosk.db, kiosk.clock).get("sync")
    if contact is not None and sync is not None and sync.state == "ok":
        return parse_utc(contact), True
    return kiosk.clock.now(), clock_trusted(kiosk)


def _refused_pass(checked: PassResult, enrolled: Enrolment) -> PickupResult:
    params: dict[str, object] = {"number": checked.point_number, "here": enrolled.point_number}
    if checked.expires is not None:
        params["expires"] = utc_text(checked.expires)
    return PickupResult(OF_VERDICT[checked.verdict], params=params)


def _collect_all(kiosk: Kiosk, point: str, resident: str, way: Way) -> PickupResult:
    """Hand out all that lies ready for a resident; what is not ready yet is listed with it."""
    held = parcels.of_resident(kiosk.db, point, resident, HELD)
    ready = [parcel for parcel in held if parcel.state in TO_BE_HAD]
    if ready:
        return _hand_out(kiosk, point, ready, way, resident, held)
    past = parcels.of_resident(kiosk.db, point, resident, PAST)
    states = {order.state for order in orders.of_resident(kiosk.db, point, resident)}
    return _nothing(kiosk, resident, held, past, states)


def _hand_out(
    kiosk: Kiosk, point: str, wanted: Sequence[Parcel], way: Way, resident: str, held: Sequence[Parcel]
) -> PickupResult:
    ids = [parcel.id for parcel in wanted]
    done = hand_over(kiosk.journal(), point, ids, ACTOR, way=way, resident=resident)
    outcome = OF_HAND_OUT[done.outcome]
    if outcome is not PickupOutcome.HANDED_OUT:
        taken = outcome is PickupOutcome.ALREADY_COLLECTED
        params: dict[str, object] = {
            "count": len(done.parcels),
            "at": max((parcel.collected_at or "" for parcel in done.parcels), default=""),
        }
        return PickupResult(outcome, done.parcels if taken else (), resident=resident, params=params)
    rest = [parcel for parcel in held if parcel.id not in ids]
    return PickupResult(
        outcome,
        handed=done.parcels,
        waiting=(*(parcel for parcel, _ in done.left), *(one for one in rest if one.state not in TO_BE_HAD)),
        more=tuple(parcel for parcel in rest if parcel.state in TO_BE_HAD),
        resident=resident,
        params={"count": len(done.parcels)},
    )


def _nothing(
    kiosk: Kiosk, resident: str, held: Sequence[Parcel], past: Sequence[Parcel], states: Collection[OrderState]
) -> PickupResult:
    outcome, concerned = why_nothing(held, past, states, kiosk.clock.now())
    taken = outcome is PickupOutcome.ALREADY_COLLECTED
    return PickupResult(
        outcome,
        handed=tuple(concerned) if taken else (),
        waiting=() if taken else tuple(concerned),
        resident=resident,
        params={"count": len(concerned), "at": max((p.collected_at or "" for p in concerned), default="")},
    )


def collect_by_code(kiosk: Kiosk, code: str, tail: str) -> PickupResult:
    """Hand out the one parcel that a pickup code names, when the phone tail fits; tell what else lies ready.

    A wrong code and a wrong tail look the same from outside, and both count. The guess is counted in the transaction
    that looks, so that neither many requests at once nor pulling the plug gives a free one. Any five in a row lock
    this kiosk's keypad, not one session: a session is thrown away with a tap.
    """
    try:
        now = _ms(kiosk)
        with kiosk.db.writing() as tx:
            before = anchored(store.guesses(tx), now)
            found = None if rest_ms(before, now) else _named_by(kiosk, tx, code, tail)
            store.set_guesses(tx, counted := _counted(before, found, now))
        if found is not None:
            return _collect_named(kiosk, found)
        if rest_ms(counted, now):
            return PickupResult(PickupOutcome.LOCKED, params={"minutes": _minutes(rest_ms(counted, now))})
        return PickupResult(PickupOutcome.UNKNOWN_CODE, params={"left": tries_left(counted)})
    except Refused as refused:
        return not_done(refused)


def _counted(before: PinTries, found: Parcel | None, now: int) -> PinTries:
    """Only a code that still opens something forgives: one of a parcel long gone would buy guesses without end."""
    if rest_ms(before, now):
        return before
    if found is None:
        return one_more(before, now)
    return PinTries() if found.state in TO_BE_HAD else before


def locked_minutes(kiosk: Kiosk) -> int:
    """Whole minutes until codes may be typed again; 0 when they may."""
    now = _ms(kiosk)
    rest = rest_ms(anchored(store.guesses(kiosk.db), now), now)
    return _minutes(rest) if rest else 0


def _ms(kiosk: Kiosk) -> int:
    return int(kiosk.clock.monotonic() * 1000)


def _minutes(ms: int) -> int:
    return -(-ms // MINUTE_MS)


def _named_by(kiosk: Kiosk, tx: Tx, code: str, tail: str) -> Parcel | None:
    """Codes are used again after months: of all parcels that ever had this one, the one whose tail fits."""
    parsed = PickupCode.parse(code)
    typed = tail.encode("utf-8", "surrogatepass")
    if parsed is None or len(tail) != TAIL_DIGITS:
        return None
    found = parcels.with_code(tx, kiosk.point_code, str(parsed))
    fitting = [one for one in found if hmac.compare_digest(one.phone_tail.encode(), typed)]
    return fitting[0] if fitting else None


def _collect_named(kiosk: Kiosk, parcel: Parcel) -> PickupResult:
    """The parcel that a code names; whatever else of the resident lies ready is offered, not taken."""
    held, point = [parcel], kiosk.point_code
    if parcel.resident:
        held = parcels.of_resident(kiosk.db, point, parcel.resident, HELD)
    if parcel.state in TO_BE_HAD:
        return _hand_out(kiosk, point, [parcel], Way.CODE, parcel.resident, held)
    nothing = _nothing(kiosk, parcel.resident, [parcel], [parcel], ())
    return replace(nothing, more=tuple(one for one in held if one.state in TO_BE_HAD))


def collect_rest(kiosk: Kiosk, result: PickupResult) -> PickupResult:
    """Hand out what a result offered beside the parcel that the code named."""
    try:
        point = kiosk.point_code
        held = parcels.of_resident(kiosk.db, point, result.resident, HELD)
        offered = {parcel.id for parcel in result.more}
        wanted = [parcel for parcel in held if parcel.id in offered and parcel.state in TO_BE_HAD]
        if wanted:
            return _hand_out(kiosk, point, wanted, Way.CODE, result.resident, held)
        return _collect_all(kiosk, point, result.resident, Way.CODE)
    except Refused as refused:
        return not_done(refused)


def not_done(refused: Refused) -> PickupResult:
    """A rule said no: its own words, as a result to stand on the screen."""
    return PickupResult(
        PickupOutcome.NOT_DONE,
        params=dict(refused.params),
        refusal=(refused.code, refused.message, refused.next_step),
    )


def call_staff(kiosk: Kiosk, visit: str, result: PickupResult) -> None:
    """Let the counter know that the resident of this visit wants somebody."""
    concerned = (*result.handed, *result.waiting)
    first = concerned[0] if concerned else None
    with kiosk.db.writing() as tx:
        store.add_help_call(
            tx,
            store.HelpCall(
                id=visit,
                at=utc_text(kiosk.clock.now()),
                outcome=result.outcome.value,
                codes=" ".join(parcel.pickup_code for parcel in concerned if parcel.pickup_code),
                name_masked=first.name_masked if first else "",
                phone_tail=first.phone_tail if first else "",
            ),
        )


def answer_help_call(kiosk: Kiosk, call: str, staff: str) -> bool:
    """Note that ``staff`` has seen to a call; False when somebody was quicker. Old answered calls are forgotten."""
    now = kiosk.clock.now()
    with kiosk.db.writing() as tx:
        store.forget_help_calls(tx, utc_text(now - HELP_KEPT))
        return store.close_help_call(tx, call, utc_text(now), staff)
