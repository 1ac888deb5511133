"""The centre's side of rights: taking units from an offer's pool and giving them back, each offer under its own lock.

Nobody holds a pool while waiting for a feed: who needs both takes the feed (``journal.writing``) first. Several pools
are taken in the order of their ids.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from shared.allotments import store
from shared.allotments.guard import GuardFile, Kept
from shared.allotments.rules import (
    Counters,
    Holder,
    HolderState,
    Offer,
    Pool,
    Share,
    check_pool,
    check_sale,
    first_of_life,
)
from shared.allotments.standing import flushed
from shared.db import Tx
from shared.db.database import Reads
from shared.kernel.errors import N_, Refused
from shared.sync import store as sync_store

NO_LOT = ""


@dataclass(frozen=True)
class Installation:
    """This installation of the server as a holder of rights: what its data directory remembers of phone sales.

    Of each offer the guard keeps how much was sold by phone here, and (in the place of what was granted) the highest
    serial of the pool that was seen here: a database that stands lower is an older copy of itself.
    """

    holder: str
    guard: GuardFile

    def sold(self, offer: str) -> int:
        """Units of an offer sold by phone here, by the guard's memory."""
        return self._memory().get(offer, (0, 0, 0))[1]

    def offers(self) -> list[str]:
        """The offers of which anything is remembered."""
        return sorted(self._memory())

    def remember(self, seen: Mapping[str, tuple[int, int]], generation: int) -> None:
        """Raise what is remembered: (serial of the pool, units sold) of offers; on the disk when this returns."""
        start = Kept("", self.holder, NO_LOT, generation, "", 0, b"", {})
        raised = {offer: Counters(serial, sold) for offer, (serial, sold) in seen.items()}
        flushed(lambda: self.guard.raise_to(raised, start))

    def serial(self, offer: str) -> int:
        """The highest serial of a pool that was seen here."""
        return self._memory().get(offer, (0, 0, 0))[0]

    def knows_more(self, pool: Pool) -> bool:
        """Whether units have left this pool that its database has forgotten."""
        return self.serial(pool.offer) > pool.serial

    def finds_older_copy(self, db: Reads) -> bool:
        """Whether the database has forgotten anything that was seen here. Asked when the server starts."""
        memory = self._memory()
        return any(pool.offer in memory and memory[pool.offer][0] > pool.serial for pool in store.pools(db))

    def _memory(self) -> dict[str, tuple[int, int, int]]:
        kept = self.guard.read(self.holder)
        return kept.counters if isinstance(kept, Kept) else {}


class Missing(NamedTuple):
    """Somebody whose word a frozen offer waits for: a device, or an installation of the server (no point)."""

    device: str
    point: str


def lock(tx: Tx, offers: Iterable[str]) -> dict[str, Pool]:
    """The pools of offers, locked in the order of their ids. Raises ``Refused`` OFFER_UNKNOWN."""
    found: dict[str, Pool] = {}
    for offer in sorted(set(offers)):
        pool = store.lock_pool(tx, offer)
        if pool is None:
            raise Refused("OFFER_UNKNOWN", N_("没有这个在售商品。"), N_("请刷新商品列表。"))
        found[offer] = pool
    return found


def change(tx: Tx, pool: Pool | None, before: Share, after: Share) -> Pool | None:
    """Write a share, and what its pool holds in all with it. ``pool`` is locked; None for an offer nobody knows."""
    if after != before:
        store.put_share(tx, after)
    difference = after.counters.held - before.counters.held
    if pool is None or not difference:
        return pool
    pool = replace(pool, held=pool.held + difference, serial=pool.serial + (difference > 0))
    store.put_pool(tx, pool)
    return pool


def share_or_new(db: Reads, offer: str, device: str, lot: str, point: str, now: str) -> Share:
    """What a lot holds of an offer, or nothing yet."""
    known = store.share(db, offer, device, lot)
    return known or Share(offer, device, lot, point, Counters(), HolderState.LIVE, False, None, now, now)


def generation_of(db: Reads) -> int:
    """The generation of the centre's database."""
    life = sync_store.server_life(db)
    assert life is not None  # noqa: S101 - init has run before anybody sells
    return life.generation


def missing(db: Reads, region: str, generation: int, limit: int = 200) -> list[Missing]:
    """Whose word is missing in this generation; while anybody's is, an offer made before it stays frozen."""
    devices = [Missing(*one) for one in store.unheard_devices(db, region, generation, limit)]
    lots = [Missing(one.device, one.point) for one in store.unheard_lots(db, region, generation, limit)]
    return list(dict.fromkeys((*devices, *lots)))[:limit]


def whole(tx: Tx, pool: Pool, generation: int) -> tuple[Pool, bool]:
    """The pool and whether units may leave it: everybody who may hold rights has told what they are."""
    if pool.generation >= generation:
        return pool, True
    if pool.waits_for and store.still_unheard(tx, pool.region, generation, pool.waits_for):
        return pool, False
    absent = missing(tx, pool.region, generation, 1)
    after = replace(pool, waits_for=absent[0].device) if absent else replace(pool, generation=generation, waits_for="")
    store.put_pool(tx, after)
    return after, not absent


def report_installation(tx: Tx, here: Installation, region: str, generation: int, now: str) -> None:
    """Tell the database what was sold by phone here, once in each generation: after a restore it may know less.

    Cancelled orders count as the database knows them: one whose cancellation was lost can be cancelled once more.
    """
    known = {holder.lot: holder for holder in store.holders(tx, region, here.holder)}
    mine = known.get(NO_LOT)
    if mine is not None and mine.generation >= generation:
        return
    locked = {}
    for offer in here.offers():
        pool = store.lock_pool(tx, offer)
        if pool is not None and pool.region == region:
            locked[offer] = pool
    for offer, before_pool in locked.items():
        pool = before_pool
        before = share_or_new(tx, offer, here.holder, NO_LOT, "", now)
        sold = max(before.counters.sold, here.sold(offer))
        told = first_of_life(before.counters._replace(granted=sold, sold=sold))
        if told != before.counters:
            pool = change(tx, pool, before, replace(before, counters=told, heard_at=now)) or pool
        if here.knows_more(pool):
            store.put_pool(tx, replace(pool, serial=here.serial(offer)))
    store.put_holder(tx, Holder(region, here.holder, NO_LOT, "", "", generation, HolderState.LIVE, now))


def sell_from(tx: Tx, here: Installation, units: Mapping[str, int], now: str) -> dict[str, Offer]:
    """Take units of offers from their pools for a phone order; the offers as they are sold.

    The guard of this installation is raised just before the commit. Raises ``Refused`` OFFER_UNKNOWN, SALE_QUANTITY,
    OFFER_CLOSED, OFFER_FROZEN, SALE_NONE_LEFT, SALE_TOO_FEW.
    """
    generation = generation_of(tx)
    known = {offer: store.pool(tx, offer) for offer in units}
    for region in sorted({pool.region for pool in known.values() if pool}):
        report_installation(tx, here, region, generation, now)
    seen: dict[str, tuple[int, int]] = {}
    found: dict[str, Offer] = {}
    for offer, locked in lock(tx, units).items():
        found[offer] = check_sale(store.offer(tx, locked.region, offer), units[offer], now)
        pool, good = whole(tx, locked, generation)
        if not good or here.knows_more(pool):
            raise Refused(
                "OFFER_FROZEN",
                N_("中心刚从备份恢复，正在与各自提点对账，该商品暂停从中心销售。"),
                N_("请稍后再试，或到自提点购买。"),
            )
        before = share_or_new(tx, offer, here.holder, NO_LOT, "", now)
        # the guard knows of more where a sale was cut off before its commit: those units stay unsold until counted
        counters = before.counters.merged(Counters(sold=here.sold(offer)))
        counters = counters._replace(granted=max(counters.granted, counters.sold))
        pool = change(tx, pool, before, replace(before, counters=counters)) or pool
        check_pool(pool.free, units[offer])
        more = Counters(counters.granted + units[offer], counters.sold + units[offer], *counters[2:])
        change(tx, pool, replace(before, counters=counters), replace(before, counters=more, heard_at=now))
        # the serial from before: should the commit fail, the database has forgotten nothing
        seen[offer] = (pool.serial, more.sold)
    tx.before_commit(lambda: here.remember(seen, generation))
    return found


def give_back(tx: Tx, device: str, lot: str, rights: Sequence[tuple[str, int]], now: str) -> None:
    """Units of a cancelled phone order go back to their pools. What the pool forgot is not given back."""
    for offer, units in sorted(rights):
        pool = store.lock_pool(tx, offer)
        before = store.share(tx, offer, device, lot)
        if pool is None or before is None:
            continue
        back = min(units, before.counters.gone)
        after = before.counters.undoing(back).returning(back)
        change(tx, pool, before, replace(before, counters=after, heard_at=now))
