"""What a kiosk may sell by itself: its database and its guard together, each counter at its highest.

Everything here runs within the kiosk's one writing transaction, so that no two processes sell the same unit.
"""

import errno
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from shared.allotments import store
from shared.allotments.guard import GuardFile, Kept
from shared.allotments.rules import Counters, Frozen, refuse_frozen
from shared.db import DiskFull, Tx
from shared.db.database import Reads
from shared.kernel.clock import Clock, parse_utc, utc_text
from shared.kernel.ids import draw_nonce
from shared.kernel.limits import CLOCK_PLAUSIBLE_DAYS
from shared.sync import store as sync_store

LOT_CHARACTERS = 8


@dataclass(frozen=True, slots=True)
class Standing:
    """Which lot of rights this kiosk sells from, and why it must not (``frozen``), if so.

    ``kept`` is the guard where it can be trusted; ``head`` the newest fact when the transaction began. ``own_rights``:
    the rights in the database, if any, are this device's.
    """

    device: str
    region: str
    lot: str
    generation: int
    heard_generation: int
    frozen: Frozen | None
    kept: Kept | None
    head: sync_store.KioskHead
    contact: str
    own_rights: bool

    @property
    def told_whole(self) -> bool:
        """Whether the centre, in its present generation, has heard of all our rights."""
        return self.frozen is None and self.generation == self.heard_generation

    def counters(self, db: Reads, offer: str) -> Counters:
        """What is known of one offer."""
        row = store.right(db, self.lot, offer)
        return self.highest(offer, row.counters if row else Counters())

    def highest(self, offer: str, known: Counters) -> Counters:
        """``known`` by the database, and what the guard remembers."""
        return known.merged(self.kept.of(offer)) if self.kept else known

    def guard_lacks(self, changed: Mapping[str, Counters]) -> bool:
        """Whether the guard does not know these counters yet."""
        return self.kept is None or self.kept.with_counters(changed).counters != self.kept.counters


def standing(db: Reads, guard: GuardFile) -> Standing:
    """How this kiosk stands now. Before enrolment nothing is sold either."""
    state = sync_store.sync_state(db)
    head = sync_store.kiosk_head(db)
    if state is None:
        return Standing("", "", "", 0, 0, Frozen.NO_GUARD, None, head, "", False)
    here = store.lot_here(db, state.device)
    lot, heard = here or ("", 0)
    frozen, kept = _judged(db, guard.read(state.device), lot, head)
    return Standing(
        state.device,
        state.region,
        kept.lot if kept else "",
        state.generation,
        heard if kept and kept.lot == lot else 0,
        frozen,
        kept,
        head,
        state.last_contact or "",
        here is not None,
    )


def _judged(db: Reads, found: Kept | Frozen, lot: str, head: sync_store.KioskHead) -> tuple[Frozen | None, Kept | None]:
    if isinstance(found, Frozen):
        return found, None
    if head.seq < found.seq:
        return Frozen.OLD_DATABASE, found
    # zeros: the fact was dropped long after it was safe at the centre, so there is nothing to compare
    here = sync_store.fact_hash(db, found.seq)
    if found.seq and here not in (found.hash, sync_store.START_OF_CHAIN):
        return Frozen.OLD_DATABASE, found
    if found.lot != lot:
        # the database knows a later lot: the file is an old copy, and who knows what was sold since
        return Frozen.NO_GUARD, None
    return None, found


def frozen(db: Reads, guard: GuardFile) -> Frozen | None:
    """Why this kiosk sells nothing at the moment; None when it may."""
    return standing(db, guard).frozen


def may_sell(db: Reads, guard: GuardFile) -> Standing:
    """How this kiosk stands, if it may sell. Raises ``Refused`` SALE_FROZEN."""
    now = standing(db, guard)
    if now.frozen is not None:
        raise refuse_frozen(now.frozen)
    return now


def likely_now(contact: str, clock: Clock) -> str:
    """UTC text to judge by whether an offer is open: our clock, unless the centre's last word shows it wrong."""
    now = clock.now()
    if not contact:
        return utc_text(now)
    heard = parse_utc(contact)
    wrong = now < heard or now > heard + timedelta(days=CLOCK_PLAUSIBLE_DAYS)
    return contact if wrong else utc_text(now)


def use(tx: Tx, guard: GuardFile, now: Standing, changed: Mapping[str, Counters]) -> None:
    """Write counters, and the guard just before the commit: nothing is ever sold that the guard does not know."""
    for offer, counters in changed.items():
        store.put_counters(tx, now.lot, offer, counters)
    tx.before_commit(lambda: keep(guard, now, changed))


def keep(guard: GuardFile, now: Standing, changed: Mapping[str, Counters]) -> None:
    """Raise the guard. Raises ``DiskFull`` where it can't be written; the caller's transaction then rolls back."""
    assert now.kept is not None  # noqa: S101 - nobody uses rights without a guard
    held = guard.read(now.device)
    newest = held if isinstance(held, Kept) and held.lot == now.lot else now.kept
    kept = newest.with_counters(changed)._replace(
        generation=now.generation, epoch=now.head.epoch, seq=now.head.seq, hash=now.head.hash
    )
    flushed(lambda: guard.write(kept))


def flushed(write: Callable[[], None]) -> None:
    """Run a write of the guard; a full disk is told as such."""
    try:
        write()
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull from error
        raise


def begin_lot(tx: Tx, guard: GuardFile, now: Standing) -> Standing:
    """Start with no rights under a new name: the former ones are no longer ours to use.

    The guard is written just before the commit. A crash between the two leaves a guard whose lot the database does
    not know: the next round begins yet another.
    """
    lot = draw_nonce(LOT_CHARACTERS)
    if not now.own_rights:
        store.forget_rights(tx)
    store.set_lot(tx, now.device, lot, 0)
    kept = Kept("", now.device, lot, now.generation, now.head.epoch, now.head.seq, now.head.hash, {})
    tx.before_commit(lambda: flushed(lambda: guard.write(kept)))
    return replace(now, lot=lot, heard_generation=0, frozen=None, kept=kept, own_rights=True)
