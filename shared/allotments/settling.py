"""Rights on a round, the centre's side: hear what a device used, grant what it needs, ask back what others lack.

Every step is a transaction of its own under the lock of one offer, and doing it twice does nothing more: an answer that
was lost is simply given again. A round that tells nothing costs nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from shared.allotments import operations, pools, store
from shared.allotments.facts import Oversold, Settled
from shared.allotments.messages import Granted, GrantRow, Told, ToldRow, granted_message, read_told
from shared.allotments.pools import Installation
from shared.allotments.rules import (
    AT_RISK,
    NOTHING,
    Counters,
    Holder,
    HolderState,
    Pool,
    Share,
    Supply,
    Verdict,
    first_of_life,
    grant_units,
    keep_units,
    low_mark,
    mean_per_day,
)
from shared.db import Database, Tx
from shared.db.database import Reads
from shared.kernel.clock import Clock, parse_utc, utc_text
from shared.kernel.ids import IdMaker
from shared.kernel.limits import ALLOTMENT_ASK_MINUTES, ALLOTMENT_HISTORY_DAYS
from shared.sync import CentreJournal, House
from shared.sync.journal import CENTRE_DEVICE

ACTOR = "centre"
RECALLED_AT_ONCE = 20


@dataclass
class CentreRider:
    """The centre's part of a round. ``here`` is this installation, whose own word an offer may be waiting for.

    ``house`` is needed to record what people must know as facts; ``begin_life`` begins a new life of the database where
    a device proves that it has forgotten something.
    """

    here: Installation | None = None
    house: House | None = None
    begin_life: Callable[[], object] | None = None

    def tell(self, db: Reads) -> list[Any]:
        """The centre borrows from nobody."""
        return []

    def take(self, tx: Tx, grants: list[Any], *, generation: int, epoch: str) -> None:
        """The centre borrows from nobody."""

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
        """Note what a device told, and answer with what it may use."""
        if not told:
            lot = store.nudged_lot(db, region, device)
            return [] if lot is None else granted_message(Granted(lot, Verdict.TELL_ALL, generation, []))
        said = read_told(told)
        if said is None or self.house is None:
            return []
        journal = CentreJournal(db, clock, IdMaker.at_start(CENTRE_DEVICE), self.house)
        who = Holder(region, device, said.lot, point, hardware, generation, HolderState.LIVE, utc_text(clock.now()))
        return granted_message(Settling(journal, self.here, who, said, self.begin_life).answer())


class CentreForgot(Exception):
    """A device holds more than the centre remembers granting: the database is an older copy of itself."""


@dataclass
class Settling:
    """One device's word, being settled. ``who`` is the holder as it would be after it."""

    journal: CentreJournal
    here: Installation | None
    who: Holder
    said: Told
    begin_life: Callable[[], object] | None

    def answer(self) -> Granted:
        """Settle and answer."""
        db, who = self.journal.db, self.who
        lots = {one.lot: one for one in store.holders(db, who.region, who.device)}
        known = lots.get(who.lot)
        if not who.lot:
            return self._retired(lots, HolderState.LOST)
        if known is not None and known.state is not HolderState.LIVE and not self._may_return(known):
            return self._retired(lots, known.state)
        if known is None and self._written_off(lots):
            return self._retired(lots, HolderState.CLOSED)
        if known is not None and known.hardware != who.hardware:
            operations.put_at_risk(self.journal, known, HolderState.LOST, ACTOR)
            return self._retired(lots, HolderState.LOST)
        first = known is None or known.generation < who.generation
        if first and not self.said.full:
            return Granted(who.lot, Verdict.TELL_ALL, who.generation, [])
        try:
            return Granted(who.lot, Verdict.GOOD, who.generation, self._settle(lots, first))
        except CentreForgot:
            if self.begin_life is not None:
                self.begin_life()
            return Granted(who.lot, Verdict.TELL_ALL, who.generation, [])

    def _settle(self, lots: dict[str, Holder], first: bool) -> list[GrantRow]:
        db, who = self.journal.db, self.who
        rows = [self._hear(row, first) for row in self.said.rows]
        if first:
            self._first_report(lots)
        heard = {(row.offer, row.lot): row for row in rows}
        wants = dict(self.said.wants)
        recall = self.said.full and store.nudged_lot(db, who.region, who.device) == who.lot
        if self.said.full:
            wants = {row.offer: 0 for row in rows if not row.lot} | wants
            if not first:
                with db.writing() as tx:
                    store.nudge(tx, who.region, who.device, who.lot, wanted=False)
        for offer, short in wants.items():
            heard[offer, ""] = self._supply(offer, short, heard.get((offer, "")), recall=recall)
        return list(heard.values())

    # --- who it is ------------------------------------------------------------------------------------------------

    def _may_return(self, known: Holder) -> bool:
        """A device given up for dead goes on with its rights, unless a person has written some of them off."""
        mine = [one for one in store.shares_of_device(self.journal.db, known.device) if one.lot == known.lot]
        if known.state is not HolderState.DEAD or any(one.state is HolderState.CLOSED for one in mine):
            return False
        operations.revive(self.journal, known, ACTOR)
        return True

    def _written_off(self, lots: dict[str, Holder]) -> bool:
        """A lot nobody remembers, of a device that was written off while the centre waited for its word."""
        off = lots.get(pools.NO_LOT)
        holds = any(row.granted for row in self.said.rows if not row.lot)
        return holds and off is not None and off.state is HolderState.CLOSED and off.generation >= self.who.generation

    def _retired(self, lots: dict[str, Holder], state: HolderState) -> Granted:
        """The lot is no good any more: what it may still have sold stays at risk; the device begins a new one."""
        who = self.who
        rows = [self._hear_former(row if row.lot else row._replace(lot=who.lot), state) for row in self.said.rows]
        if not who.lot:
            for lot in lots.values():
                if lot.state is HolderState.LIVE:
                    operations.put_at_risk(self.journal, lot, HolderState.LOST, ACTOR)
        elif who.lot not in lots:
            with self.journal.db.writing() as tx:
                store.put_holder(tx, who._replace(state=state))
        return Granted(who.lot, Verdict.RETIRED, who.generation, rows)

    def _first_report(self, lots: dict[str, Holder]) -> None:
        """All of a lot has been told in this generation: what the device did not name, it never got."""
        who, db = self.who, self.journal.db
        told = {row.offer for row in self.said.rows if not row.lot}
        for share in store.shares_of_device(db, who.device):
            if share.lot == who.lot and share.offer not in told:
                self._hear(ToldRow(share.offer, *NOTHING), first=True)
        for lot in lots.values():
            # a device has one guard: a lot that it no longer sells from is over, whatever was left of it
            if lot.lot != who.lot and lot.state is HolderState.LIVE:
                operations.put_at_risk(self.journal, lot, HolderState.LOST, ACTOR)
        with db.writing() as tx:
            store.put_holder(tx, who)
            if self.here is not None:
                pools.report_installation(tx, self.here, who.region, who.generation, who.heard_at)

    # --- what it has used -----------------------------------------------------------------------------------------

    def _hear(self, row: ToldRow, first: bool) -> GrantRow:
        """Merge one row of the lot in use (or of a former one)."""
        if row.lot:
            return self._hear_former(row, HolderState.LOST)
        db, who = self.journal.db, self.who
        share = pools.share_or_new(db, row.offer, who.device, who.lot, who.point, who.heard_at)
        if first or share.counters.merged(row.counters) != share.counters:
            with db.writing() as tx:
                pool = store.lock_pool(tx, row.offer)
                share = pools.share_or_new(tx, row.offer, who.device, who.lot, who.point, who.heard_at)
                if not first and row.granted > share.counters.granted:
                    raise CentreForgot
                counters = first_of_life(row.counters) if first else share.counters.merged(row.counters)
                share = self._merge(tx, pool, share, counters)
        return _echo(row, share, 0, -1)

    def _hear_former(self, row: ToldRow, state: HolderState) -> GrantRow:
        """Merge a row of a lot that is over: nothing is granted to it, and what it gives back is welcome."""
        db, who = self.journal.db, self.who
        share = store.share(db, row.offer, who.device, row.lot)
        if share is None or share.counters.merged(row.counters) != share.counters:
            with self.journal.writing(who.point) as tx:
                pool = store.lock_pool(tx, row.offer)
                before = pools.share_or_new(tx, row.offer, who.device, row.lot, who.point, who.heard_at)
                if share is None:
                    before = replace(before, state=state)
                after = self._merge(tx, pool, before, before.counters.merged(row.counters))
                after = self._explain_count(tx, after, after.counters.gone - before.counters.gone)
                share = self._compare_with_count(tx, after)
        return _echo(row, share, 0, -1)

    def _merge(self, tx: Tx, pool: Pool | None, before: Share, counters: Counters) -> Share:
        after = replace(before, counters=counters, heard_at=self.who.heard_at)
        if counters == before.counters:
            return before
        pools.change(tx, pool, before, after)
        sold = counters.gone - before.counters.gone
        if sold:
            store.add_sold(tx, before.offer, before.device, self.who.heard_at[:10], sold)
        return after

    def _explain_count(self, tx: Tx, share: Share, sold: int) -> Share:
        """What a person counted for a device whose lot nobody remembered are the sales that it now tells of itself."""
        counted = store.share(tx, share.offer, share.device, pools.NO_LOT)
        if counted is None or counted.signed_gone is None or share.lot == pools.NO_LOT:
            return share
        same = min(counted.counters.gone, max(0, sold))
        after = replace(counted, counters=counted.counters.undoing(same).returning(same))
        pools.change(tx, store.lock_pool(tx, share.offer), counted, after)
        share = replace(share, signed_gone=counted.signed_gone if share.signed_gone is None else share.signed_gone)
        store.put_share(tx, share)
        return share

    def _compare_with_count(self, tx: Tx, share: Share) -> Share:
        """A device came back after a person had counted for it: more sales than counted are a case, never silent.

        One that has nothing left settles its own case.
        """
        offer, device, lot, gone = share.offer, share.device, share.lot, share.counters.gone
        if share.signed_gone is not None and gone > share.signed_gone:
            sku = operations.sku_of(tx, self.who.region, offer)
            payload = Oversold(offer, sku, device, lot, share.signed_gone, gone)
            self.journal.record(tx, payload, point=self.who.point, actor=ACTOR)
            share = replace(share, signed_gone=gone)
            store.put_share(tx, share)
        elif share.state in AT_RISK and share.counters.right <= 0:
            self.journal.record(tx, Settled(offer, device, lot, -1), point=self.who.point, actor=ACTOR)
            share = replace(share, state=HolderState.CLOSED)
            store.put_share(tx, share)
        return share

    # --- what it gets ---------------------------------------------------------------------------------------------

    def _supply(self, offer: str, short: int, heard: GrantRow | None, *, recall: bool) -> GrantRow:
        """Grant what a device needs of an offer, or (``recall``: others lack some) say what it may keep."""
        db, who = self.journal.db, self.who
        row = ToldRow(offer, *_counters(heard))
        pool = store.pool(db, offer)
        share = pools.share_or_new(db, offer, who.device, who.lot, who.point, who.heard_at)
        if pool is None or pool.region != who.region:
            return _echo(row, share, 0, -1)
        if _over(pool, who.heard_at):
            return _echo(row, share, 0, 0)
        supply = self._supply_of(db, pool, share)
        units = grant_units(supply, share.counters.right, short)
        if units and pool.opens_at <= who.heard_at:
            with db.writing() as tx:
                share = self._grant(tx, offer, short, share)
            if self.here is not None:
                seen = store.pool(db, offer)
                self.here.remember({offer: (seen.serial if seen else 0, 0)}, who.generation)
        elif share.counters.right < max(1, short) and pool.free <= 0 and pool.recalled_at <= self._some_minutes_ago():
            self._ask_others(offer, supply)
        keep = keep_units(supply, share.counters.right) if recall and not share.by_hand else None
        return _echo(row, share, low_mark(supply), -1 if keep is None else keep)

    def _ask_others(self, offer: str, supply: Supply) -> None:
        """The pool is empty: those who have far more than they sell are to tell, and will be asked to give back."""
        with self.journal.db.writing() as tx:
            pool = store.lock_pool(tx, offer)
            for share in store.idle_shares(tx, offer, 2 * supply.target, RECALLED_AT_ONCE):
                store.nudge(tx, self.who.region, share.device, share.lot, wanted=True)
            if pool is not None:
                store.put_pool(tx, replace(pool, recalled_at=self.who.heard_at))

    def _some_minutes_ago(self) -> str:
        return utc_text(parse_utc(self.who.heard_at) - timedelta(minutes=ALLOTMENT_ASK_MINUTES))

    def _grant(self, tx: Tx, offer: str, short: int, share: Share) -> Share:
        if self.here is not None:
            pools.report_installation(tx, self.here, self.who.region, self.who.generation, self.who.heard_at)
        pool = store.lock_pool(tx, offer)
        assert pool is not None  # noqa: S101 - it was there before, and offers are never dropped
        pool, good = pools.whole(tx, pool, self.who.generation)
        if self.here is not None and self.here.knows_more(pool):
            raise CentreForgot
        good = good and pools.generation_of(tx) == self.who.generation
        share = store.share(tx, offer, share.device, share.lot) or share
        if not good or share.state is not HolderState.LIVE:
            return share
        units = grant_units(self._supply_of(tx, pool, share), share.counters.right, short)
        more = share.counters._replace(granted=share.counters.granted + units)
        after = replace(share, counters=more, heard_at=self.who.heard_at)
        pools.change(tx, pool, share, after)
        return after

    def _supply_of(self, db: Reads, pool: Pool, share: Share) -> Supply:
        now = parse_utc(self.who.heard_at)
        since = max(parse_utc(share.first_at), now - timedelta(days=ALLOTMENT_HISTORY_DAYS))
        days = store.sold_by_day(db, share.offer, share.device, utc_text(since)[:10])
        known_days = (now.date() - since.date()).days + 1
        left = None
        if pool.cutoff_at is not None:
            left = max(0.0, (parse_utc(pool.cutoff_at) - now).total_seconds() / 86_400)
        return Supply(pool.total, pool.free, pool.sharers, mean_per_day(days, known_days), left)


def _over(pool: Pool, now: str) -> bool:
    return not pool.active or (pool.cutoff_at is not None and pool.cutoff_at <= now)


def _counters(heard: GrantRow | None) -> Counters:
    if heard is None:
        return NOTHING
    return Counters(heard.granted, heard.heard_sold, heard.heard_returned, heard.heard_undone)


def _echo(row: ToldRow, share: Share, low: int, keep: int) -> GrantRow:
    """All that was ever granted, with the counters as they were told, so that the device knows what was heard."""
    return GrantRow(row.offer, share.counters.granted, row.sold, row.returned, row.undone, low, keep, row.lot)
