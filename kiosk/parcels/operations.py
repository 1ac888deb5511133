"""What staff do at the counter. Each presses a button with a nonce: pressed twice, it is done once and shown twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from kiosk.host import Kiosk
from kiosk.labels import operations as labels
from kiosk.parcels import store
from kiosk.parcels.rules import Action, ActionKind, ActionOutcome, ExceptionReason, Space
from shared.db import Tx
from shared.kernel.clock import utc_text
from shared.kernel.errors import N_, Refused
from shared.kernel.limits import COUNTER_ACTIONS_KEPT_DAYS
from shared.parcels import operations as parcels
from shared.parcels import store as parcel_store
from shared.parcels.rules import Parcel, ParcelState, Recipient, Way, clean_waybill, propose_shelf
from shared.pickup_points import store as pickup_points
from shared.pickup_points.rules import Staff


class _PressedTwice(Exception):
    """The same nonce has been through already; what it did must not be done again."""


@dataclass(frozen=True, slots=True)
class Press:
    """One press of a button: whose, and which."""

    kiosk: Kiosk
    staff: Staff
    nonce: str

    def action(
        self,
        kind: ActionKind,
        outcome: ActionOutcome,
        parcel_ids: Sequence[str] = (),
        *,
        waybill: str = "",
        note: str = "",
    ) -> Action:
        """What is to be written down about it."""
        clock = self.kiosk.clock
        return Action(
            number=0,
            nonce=self.nonce,
            kind=kind,
            outcome=outcome,
            waybill=waybill,
            parcels=tuple(parcel_ids),
            staff=self.staff.id,
            staff_name=self.staff.name,
            at=utc_text(clock.now()),
            at_ms=int(clock.monotonic() * 1000),
            note=note,
        )

    def once(self, tx: Tx, done: Action) -> None:
        """Write it down in the transaction that does it; stops that transaction when it has been done before."""
        if store.by_nonce(tx, self.nonce) is not None:
            raise _PressedTwice
        store.add_action(tx, done)

    def noted(self, done: Action) -> Action:
        """The action as written down; written now unless the transaction has done so."""
        with self.kiosk.db.writing() as tx:
            return store.add_action(tx, done)

    def before(self) -> Action | None:
        """What this very press has already done."""
        return store.by_nonce(self.kiosk.db, self.nonce)


def receive(
    press: Press,
    scan: str,
    *,
    place: tuple[int, int] | None = None,
    recipient: Recipient | None = None,
    cold: bool | None = None,
) -> Action:
    """Receive the parcel whose waybill was scanned, put it on a layer and queue its label, all or nothing."""
    if (before := press.before()) is not None:
        return before
    press.kiosk.ballast.must_not_be_touched()
    queue = labels.label_queued(press.kiosk, press.staff)
    waybill = clean_waybill(scan) or " ".join(scan.split())[:40]
    place = _fitting_place(press.kiosk, waybill, place, cold)

    def also(tx: Tx, parcel: Parcel) -> None:
        queue(tx, parcel)
        outcome = ActionOutcome.RECEIVED if parcel.pickup_code else ActionOutcome.NO_SPACE
        press.once(tx, press.action(ActionKind.INBOUND, outcome, (parcel.id,), waybill=parcel.waybill))

    try:
        result = parcels.receive_parcel(
            press.kiosk.journal(),
            press.kiosk.point_code,
            scan,
            press.staff.id,
            place=place,
            recipient=recipient,
            cold=cold,
            also=also,
        )
    except _PressedTwice:
        return _known(press)
    found = (result.parcel.id,) if result.parcel else ()
    outcome = ActionOutcome(result.outcome.value)
    return press.noted(press.action(ActionKind.INBOUND, outcome, found, waybill=waybill))


def _fitting_place(
    kiosk: Kiosk, waybill: str, place: tuple[int, int] | None, cold: bool | None
) -> tuple[int, int] | None:
    """The layer that staff chose to fill, unless it is full or of the wrong temperature for this parcel."""
    space = next((space for space in spaces(kiosk) if space.layer.place == place), None)
    if space is None or not space.free:
        return None
    known = parcel_store.by_waybill(kiosk.db, kiosk.point_code, waybill)
    is_cold = cold if cold is not None else bool(known and known.cold)
    return place if space.layer.cold is is_cold else None


def hand_out(press: Press, parcel_ids: Sequence[str]) -> Action:
    """Hand parcels out; those that are ready go. When none goes, the action says why."""
    if (before := press.before()) is not None:
        return before

    def also(tx: Tx, given: Sequence[Parcel]) -> None:
        ids = [parcel.id for parcel in given]
        press.once(tx, press.action(ActionKind.HAND_OUT, ActionOutcome.HANDED_OUT, ids))

    kiosk = press.kiosk
    try:
        result = parcels.hand_over(
            kiosk.journal(), kiosk.point_code, list(parcel_ids), press.staff.id, way=Way.STAFF, also=also
        )
    except _PressedTwice:
        return _known(press)
    ids = [parcel.id for parcel in result.parcels]
    return press.noted(press.action(ActionKind.HAND_OUT, ActionOutcome(result.outcome.value), ids))


def move(press: Press, parcel_id: str, place: tuple[int, int]) -> Action:
    """Put a parcel on another layer; it gets a new code and a new label."""
    if (before := press.before()) is not None:
        return before
    press.kiosk.ballast.must_not_be_touched()
    queue = labels.label_queued(press.kiosk, press.staff)

    def also(tx: Tx, parcel: Parcel) -> None:
        press.once(tx, press.action(ActionKind.MOVE, ActionOutcome.DONE, (parcel.id,), waybill=parcel.waybill))
        queue(tx, parcel)

    kiosk = press.kiosk
    try:
        parcels.move_parcel(kiosk.journal(), kiosk.point_code, parcel_id, place, press.staff.id, also=also)
    except _PressedTwice:
        return _known(press)
    return _known(press)


def mark_exception(press: Press, parcel_id: str, reason: ExceptionReason) -> Action:
    """Take a parcel out of what can be collected, and say why. Raises ``Refused`` where its state forbids it."""
    if (before := press.before()) is not None:
        return before
    kiosk = press.kiosk
    parcel = parcels.mark_exception(kiosk.journal(), kiosk.point_code, parcel_id, reason.value, press.staff.id)
    done = press.action(
        ActionKind.EXCEPTION, ActionOutcome.DONE, (parcel.id,), waybill=parcel.waybill, note=reason.value
    )
    return press.noted(done)


def clear_exception(press: Press, parcel_id: str) -> Action:
    """The trouble is settled; the parcel may be collected. Raises ``Refused`` where its state forbids it."""
    if (before := press.before()) is not None:
        return before
    kiosk = press.kiosk
    parcel = parcels.clear_exception(kiosk.journal(), kiosk.point_code, parcel_id, press.staff.id)
    return press.noted(press.action(ActionKind.EXCEPTION_END, ActionOutcome.DONE, (parcel.id,), waybill=parcel.waybill))


def _known(press: Press) -> Action:
    done = press.before()
    if done is None:
        raise Refused("NOT_DONE", N_("这一步没有完成。"), N_("请再试一次。"))
    return done


def undo(kiosk: Kiosk, staff: Staff, number: int) -> Action:
    """Take an action back. Raises ``Refused`` CANNOT_UNDO, or what the parcel's rules say."""
    cannot = Refused("CANNOT_UNDO", N_("这一步不能撤销，或已经撤销过。"), N_("请打开包裹查看现在的状态。"))
    done = store.action(kiosk.db, number)
    if done is None or not done.can_be_undone:
        raise cannot
    journal, point, at = kiosk.journal(), kiosk.point_code, utc_text(kiosk.clock.now())

    def once(tx: Tx, _: object) -> None:
        """In the transaction that undoes: an action taken back twice would take back what came after it."""
        if not store.mark_undone(tx, number, at):
            raise cannot

    def once_without_label(tx: Tx, parcel: Parcel) -> None:
        once(tx, parcel)
        labels.cancel_waiting(tx, point, parcel.id, at)

    match done.kind:
        case ActionKind.INBOUND:
            parcels.undo_inbound(journal, point, done.parcels[0], staff.id, also=once_without_label)
        case ActionKind.HAND_OUT:
            parcels.undo_hand_over(journal, point, list(done.parcels), staff.id, also=once)
        case _:
            parcels.clear_exception(journal, point, done.parcels[0], staff.id, also=once)
    return done


@dataclass(frozen=True, slots=True)
class Tempo:
    """How inbound is going: parcels today and in the last minute."""

    today: int
    last_minute: int


def midnight(kiosk: Kiosk) -> str:
    """When today began at this point, as UTC text."""
    zone = ZoneInfo(kiosk.config.timezone)
    return utc_text(datetime.combine(kiosk.clock.now().astimezone(zone).date(), datetime.min.time(), zone))


def tempo(kiosk: Kiosk) -> Tempo:
    """How inbound is going."""
    now = int(kiosk.clock.monotonic() * 1000)
    return Tempo(store.received_since(kiosk.db, midnight(kiosk)), store.received_between(kiosk.db, now - 60_000, now))


def spaces(kiosk: Kiosk) -> list[Space]:
    """Every layer with how full it is, in the order of the shelves."""
    point = kiosk.point_code
    used = parcel_store.occupancy(kiosk.db, point)
    return [Space(layer, used.get(layer.place, 0)) for layer in pickup_points.shelf_layers(kiosk.db, point)]


def proposed(rooms: Sequence[Space], chosen: tuple[int, int] | None) -> Space | None:
    """Where the next parcel goes: the chosen layer while it has room, else the emptiest; None when all is full."""
    own = next((space for space in rooms if space.layer.place == chosen and space.free), None)
    if own is not None:
        return own
    best = propose_shelf([space.layer for space in rooms], {s.layer.place: s.used for s in rooms}, cold=False)
    return next((space for space in rooms if best is not None and space.layer.place == best.place), None)


def who_handed_out(kiosk: Kiosk, parcel_id: str) -> Action | None:
    """The hand-out at this counter that still stands for a parcel, for the colleague who comes second."""
    outs = [
        done
        for done in store.of_parcel(kiosk.db, parcel_id)
        if done.kind is ActionKind.HAND_OUT and done.outcome is ActionOutcome.HANDED_OUT and done.undone_at is None
    ]
    return outs[-1] if outs else None


def ready_of_same_resident(kiosk: Kiosk, parcel: Parcel) -> list[Parcel]:
    """What else the resident of a parcel could take along now."""
    if not parcel.resident:
        return []
    states = (ParcelState.READY, ParcelState.OVERDUE)
    found = parcel_store.of_resident(kiosk.db, kiosk.point_code, parcel.resident, states)
    return [other for other in found if other.id != parcel.id]


def forget_old_actions(kiosk: Kiosk) -> None:
    """Drop what is older than a week, a day's worth at a time; nobody undoes that any more."""
    oldest = store.oldest_at(kiosk.db)
    if oldest is None or oldest >= utc_text(kiosk.clock.now() - timedelta(days=COUNTER_ACTIONS_KEPT_DAYS + 1)):
        return
    with kiosk.db.writing() as tx:
        store.forget_before(tx, utc_text(kiosk.clock.now() - timedelta(days=COUNTER_ACTIONS_KEPT_DAYS)))
