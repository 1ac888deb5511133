"""What a kiosk does all day, one action after the other; each is said aloud only after it was confirmed."""

import json
import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from kiosk.host import Kiosk
from kiosk.labels import operations as labels
from kiosk.labels import store as label_store
from kiosk.labels.rules import JobState, ReprintReason
from kiosk.parcels import operations as counter
from kiosk.parcels import store as actions
from kiosk.parcels.rules import ActionKind, ActionOutcome
from kiosk.pickup import operations as pickup
from kiosk.pickup.rules import PickupOutcome, PickupResult
from kiosk.sync.rounds import open_link, run_round
from kiosk.sync.rules import Trouble
from kiosk.sync.transport import CentreLink
from shared.kernel.passes import issue
from shared.parcels import store as parcels
from shared.parcels.rules import Parcel, ParcelState
from shared.pickup_points import store as pickup_points
from shared.pickup_points.rules import Staff
from shared.sync import store as sync_store
from sync_server.host import Centre
from tests.faults.disk.world import LAYERS, POINT, SHELVES, STAFF, World, announce, new_waybill

ANNOUNCED_AT_ONCE = 3
CONFIRMED = "confirmed.jsonl"


class CannotNow(Exception):
    """There is nothing this action could be done with just now."""


@dataclass
class Day:
    """A kiosk at work. ``address`` gives where the centre answers, asked before the first round; ``confirm`` hears of
    each action that was confirmed."""

    world: World
    kiosk: Kiosk
    centre: Centre
    address: Callable[[], str]
    chance: random.Random
    confirm: Callable[[dict[str, object]], None]
    _presses: int = field(default=0)
    _link: CentreLink | None = field(default=None)

    def __post_init__(self) -> None:
        member = pickup_points.staff_member(self.kiosk.db, POINT, STAFF)
        assert member is not None
        self._staff: Staff = member
        self._start = f"{self.chance.getrandbits(60):x}"

    @property
    def actions(self) -> dict[str, Callable[[], dict[str, object]]]:
        """The six main transactions, and pickup by pass."""
        return {
            "inbound": self.inbound,
            "hand_out": self.hand_out,
            "shelve": self.shelve,
            "label": self.label,
            "undo": self.undo,
            "sync": self.sync,
            "pickup": self.pickup,
        }

    def act(self, name: str) -> bool:
        """Do it and say so; False when there was nothing to do it with."""
        try:
            proof = self.actions[name]()
        except CannotNow:
            return False
        head = sync_store.kiosk_head(self.kiosk.db)
        self.confirm({"action": name, "seq": head.seq, "hash": head.hash.hex(), **proof})
        return True

    def go_on(self, count: int) -> None:
        """``count`` actions, drawn by weight; what cannot be done just now is left out."""
        names = ("inbound", "hand_out", "shelve", "label", "undo", "sync", "pickup")
        for name in self.chance.choices(names, weights=(6, 4, 3, 3, 3, 2, 2), k=count):
            self.act(name)

    def _press(self) -> counter.Press:
        self._presses += 1
        return counter.Press(self.kiosk, self._staff, f"{self._start}-{self._presses}")

    def _some(self, *states: ParcelState) -> Parcel:
        rows = self.kiosk.db.query("SELECT id FROM parcels WHERE state IN (SELECT value FROM json_each(?)) AND "
                                   "point = ? ORDER BY id", (json.dumps(states), POINT))  # fmt: skip
        if not rows:
            raise CannotNow
        found = parcels.parcel(self.kiosk.db, POINT, self.chance.choice(rows)["id"])
        assert found is not None
        return found

    def inbound(self) -> dict[str, object]:
        """An announced parcel arrives."""
        press, parcel = self._press(), self._some(ParcelState.EXPECTED)
        done = counter.receive(press, parcel.waybill)
        assert done.outcome is ActionOutcome.RECEIVED, done
        return {"nonce": press.nonce, "labels": 1}

    def hand_out(self) -> dict[str, object]:
        """Staff hand a parcel out."""
        press, parcel = self._press(), self._some(ParcelState.READY)
        done = counter.hand_out(press, [parcel.id])
        assert done.outcome is ActionOutcome.HANDED_OUT, done
        return {"nonce": press.nonce}

    def shelve(self) -> dict[str, object]:
        """A parcel is put on another layer."""
        press, parcel = self._press(), self._some(ParcelState.READY)
        place = (self.chance.randint(1, SHELVES), self.chance.randint(1, LAYERS))
        done = counter.move(press, parcel.id, place)
        assert done.outcome is ActionOutcome.DONE, done
        return {"nonce": press.nonce}

    def label(self) -> dict[str, object]:
        """Staff hold a label in their hands, or want a further copy of one that came out."""
        parcel = self._some(ParcelState.READY)
        jobs = label_store.of_parcel(self.kiosk.db, POINT, parcel.id)
        waiting = [job for job in jobs if job.state is JobState.QUEUED]
        if waiting:
            labels.cancel(self.kiosk, waiting[-1].id)
            return {"job": waiting[-1].id, "state": JobState.CANCELLED.value}
        job = labels.reprint(self.kiosk, parcel.id, next(iter(ReprintReason)), self._staff)
        return {"job": job.id, "state": JobState.QUEUED.value}

    def undo(self) -> dict[str, object]:
        """The newest inbound or hand-out that still stands is taken back."""
        newest = actions.newest(self.kiosk.db, 10, (ActionKind.INBOUND, ActionKind.HAND_OUT))
        for done in newest:
            parcel = parcels.parcel(self.kiosk.db, POINT, done.parcels[0])
            fitting = ParcelState.READY if done.kind is ActionKind.INBOUND else ParcelState.COLLECTED
            if done.can_be_undone and parcel is not None and parcel.state is fitting:
                counter.undo(self.kiosk, self._staff, done.number)
                return {"undone": done.number}
        raise CannotNow

    def sync(self) -> dict[str, object]:
        """More parcels are announced at the centre; a round sends what happened here and brings them."""
        waybills = [new_waybill() for _ in range(ANNOUNCED_AT_ONCE)]
        announce(self.world, self.centre, waybills)
        if self._link is None:
            self._link = open_link(self.kiosk)
            self._link.server = self.address()
        trouble = run_round(self.kiosk, self._link, lambda: None)
        if trouble is not Trouble.NONE:
            raise RoundFailed(trouble)
        return {"waybills": waybills, "acked": self.kiosk.enrolled_state().acked_seq}

    def pickup(self) -> dict[str, object]:
        """A resident shows a pass and gets everything that lies ready."""
        parcel = self._some(ParcelState.READY)
        number = dict(self.world.residents())[parcel.resident]
        enrolled, until = self.kiosk.enrolment(), self.kiosk.clock.now() + timedelta(days=3)
        shown = pickup.collect_by_pass(self.kiosk, issue(enrolled.point_key, enrolled.point_number, number, until))
        if shown.outcome is not PickupOutcome.HANDED_OUT:
            raise NotHandedOut(shown)
        return {"handed": [one.id for one in shown.handed]}


class RoundFailed(Exception):
    """A round with the centre did not come about."""


class NotHandedOut(Exception):
    """A resident with a valid pass got nothing; ``code`` is that of the refusal on the screen."""

    def __init__(self, shown: PickupResult) -> None:
        super().__init__(shown.outcome, shown.refusal)
        self.code = shown.refusal[0] if shown.refusal else shown.outcome.value


def confirm_into(fd: int) -> Callable[[dict[str, object]], None]:
    """Each confirmation is one line, handed to the system in one write: what a screen has shown cannot be unseen."""

    def confirm(said: dict[str, object]) -> None:
        os.write(fd, (json.dumps(said) + "\n").encode())

    return confirm
