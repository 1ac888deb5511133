"""Rights on a round, the kiosk's side: tell what was used, take what is granted, give back what is asked for."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from shared.allotments import standing, store
from shared.allotments.guard import GuardFile
from shared.allotments.messages import Granted, GrantRow, Told, ToldRow, read_granted, told_message
from shared.allotments.rules import Counters, RightRow, Verdict
from shared.allotments.standing import Standing
from shared.db import Database, Tx
from shared.db.database import Reads
from shared.kernel.clock import Clock, parse_utc, utc_text
from shared.kernel.limits import ALLOTMENT_ASK_MINUTES
from shared.sync import store as sync_store


@dataclass(frozen=True)
class KioskRider:
    """A kiosk's part of a round. Nothing is said where the centre has heard it all and nothing is wanted."""

    guard: GuardFile

    def tell(self, db: Reads) -> list[Any]:
        """What the centre should hear: with an intact guard only what is new to it, else all, and that it is gone."""
        now = standing.standing(db, self.guard)
        if not now.device:
            return []
        if now.kept is None:
            had = store.rights(db) if now.own_rights else []
            return told_message(Told("", True, [_row(row, row.counters, "") for row in had], []))
        again = _some_minutes_before(now.contact)
        found = store.rights_to_tell(db, now.lot, now.region, now.contact, again)
        wants = [(row.offer, row.short) for row in found if row.lot == now.lot and _asks(row, again)]
        wants += [(offer, 0) for offer in store.offers_without_right(db, now.lot, now.region, now.contact)]
        if not now.told_whole:
            return told_message(Told(now.lot, True, _everything(db, now), wants))
        rows = [_known(now, row) for row in found]
        return told_message(Told(now.lot, False, rows, wants)) if rows or wants else []

    def take(self, tx: Tx, grants: list[Any], *, generation: int, epoch: str) -> None:
        """Take the answer, in the transaction that takes the round's rows."""
        granted = read_granted(grants)
        if granted is None or granted.generation != generation:
            return
        now = standing.standing(tx, self.guard)
        if not now.device or now.generation != generation or granted.lot != now.lot:
            return
        if granted.verdict is Verdict.RETIRED:
            self._begin_anew(tx, now, granted)
            return
        if granted.verdict is Verdict.TELL_ALL:
            store.set_lot(tx, now.device, now.lot, 0)
            sync_store.want_round(tx)
            return
        self._take_rows(tx, now, granted)

    def settle(
        self,
        db: Database,
        clock: Clock,
        *,
        point: str,
        region: str,
        device: str,
        epoch: str,
        hardware: str,
        generation: int,
        told: list[Any],
    ) -> list[Any]:
        """A kiosk lends to nobody."""
        return []

    def _take_rows(self, tx: Tx, now: Standing, granted: Granted) -> None:
        changed: dict[str, Counters] = {}
        gave_back = False
        for row in granted.rows:
            if not row.lot:
                after = now.counters(tx, row.offer).merged(Counters(granted=row.granted))
                left_over = max(0, after.right - row.keep) if row.keep >= 0 else 0
                gave_back = gave_back or left_over > 0
                changed[row.offer] = after.returning(left_over)
        if not now.told_whole and now.kept is not None:
            # what the guard remembers and the database forgot is written down again
            changed = {offer: now.counters(tx, offer) for offer in now.kept.counters} | changed
        for offer, counters in changed.items():
            store.put_counters(tx, now.lot, offer, counters)
        for row in granted.rows:
            store.note_heard(tx, row.lot or now.lot, row.offer, _heard(row), row.low, now.contact)
        if not now.told_whole:
            store.set_lot(tx, now.device, now.lot, now.generation)
        if gave_back:
            sync_store.want_round(tx)
        if not now.told_whole or now.guard_lacks(changed):
            tx.before_commit(lambda: standing.keep(self.guard, now, changed))

    def _begin_anew(self, tx: Tx, now: Standing, granted: Granted) -> None:
        """The lot is no longer good. With an intact guard what is left of it is given back; then begins a new one."""
        for row in granted.rows:
            if row.lot:
                store.note_heard(tx, row.lot, row.offer, _heard(row), 0, now.contact)
        if now.kept is not None:
            offers = {row.offer for row in store.rights(tx) if row.lot == now.lot} | set(now.kept.counters)
            for offer in sorted(offers):
                left = now.counters(tx, offer)
                store.put_counters(tx, now.lot, offer, left.returning(max(0, left.right)))
        standing.begin_lot(tx, self.guard, now)
        sync_store.want_round(tx)


def _asks(row: RightRow, again: str) -> bool:
    """Whether to ask for more now: somebody went without, it sold below the mark, or it is time to ask once more."""
    return bool(row.short) or (row.unheard and row.counters.right < row.low) or row.asked_at <= again


def _everything(db: Reads, now: Standing) -> list[ToldRow]:
    """All rights of this kiosk, of former lots too, with what only the guard remembers."""
    found = store.rights(db)
    here = {row.offer for row in found if row.lot == now.lot}
    rows = [_known(now, row) for row in found]
    remembered = now.kept.counters if now.kept else {}
    return rows + [ToldRow(offer, *now.highest(offer, Counters())) for offer in sorted(set(remembered) - here)]


def _known(now: Standing, row: RightRow) -> ToldRow:
    """One row of this kiosk; the guard knows of the lot in use only."""
    return _row(row, now.highest(row.offer, row.counters) if row.lot == now.lot else row.counters, now.lot)


def _row(row: RightRow, counters: Counters, lot: str) -> ToldRow:
    return ToldRow(row.offer, *counters, "" if row.lot == lot else row.lot)


def _heard(row: GrantRow) -> tuple[int, int, int]:
    return row.heard_sold, row.heard_returned, row.heard_undone


def _some_minutes_before(contact: str) -> str:
    return utc_text(parse_utc(contact) - timedelta(minutes=ALLOTMENT_ASK_MINUTES)) if contact else ""
