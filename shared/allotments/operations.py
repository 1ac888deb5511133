"""What people do with offers and rights."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.allotments import pools, standing, store
from shared.allotments.facts import AtRisk, OfferSet, Settled
from shared.allotments.guard import GuardFile
from shared.allotments.rules import (
    AT_RISK,
    Frozen,
    Holder,
    HolderState,
    Offer,
    Pool,
    Share,
    check_offer,
    check_pool,
    signed_off,
)
from shared.catalogue import store as catalogue
from shared.catalogue.rules import Product
from shared.db import Database, Tx
from shared.db.database import Reads
from shared.devices import store as devices
from shared.kernel.clock import utc_text
from shared.kernel.errors import N_, Refused
from shared.kernel.limits import OFFER_UNITS_MAX
from shared.pickup_points import store as pickup_points
from shared.sync import Journal
from shared.sync import store as sync_store

# --- at the kiosk -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ForSale:
    """An offer on a kiosk's screen. ``right``: units this point may sell by itself; 0 while it is frozen.

    ``product`` is None where the catalogue does not know the offer's product (yet).
    """

    offer: Offer
    product: Product | None
    right: int
    open: bool


@dataclass(frozen=True, slots=True)
class Counter:
    """What the counter can sell, and why it must not, if so. ``moment``: UTC text the offers were judged by."""

    goods: list[ForSale]
    frozen: Frozen | None
    moment: str


def counter(journal: Journal, guard: GuardFile) -> Counter:
    """The offers of this kiosk's region with what may be sold of each here and now."""
    db = journal.db
    now = standing.standing(db, guard)
    moment = standing.likely_now(now.contact, journal.clock)
    known = {row.offer: row.counters for row in store.rights(db) if row.lot == now.lot}
    goods = []
    for offer in store.offers(db, now.region):
        held = known.get(offer.id)
        right = now.highest(offer.id, held).right if held is not None and now.frozen is None else 0
        product = catalogue.product(db, now.region, offer.sku)
        goods.append(ForSale(offer, product, max(0, right), offer.open_at(moment)))
    return Counter(goods, now.frozen, moment)


def may_sell_now(journal: Journal, guard: GuardFile, offer: str) -> int:
    """Units of an offer that this kiosk may sell by itself; 0 while it is frozen."""
    now = standing.standing(journal.db, guard)
    return max(0, now.counters(journal.db, offer).right) if now.frozen is None else 0


def note_demand(db: Database, guard: GuardFile, offer: str, units: int) -> None:
    """Somebody wants more than there is a right to: ask the centre with the next round, and make that round now.

    Raises ``Refused`` SALE_QUANTITY.
    """
    if not 0 < units <= OFFER_UNITS_MAX:
        raise Refused("SALE_QUANTITY", N_("数量超出范围。"), N_("请改正数量。"))
    with db.writing() as tx:
        now = standing.standing(tx, guard)
        if now.lot:
            store.add_short(tx, now.lot, offer, units)
        sync_store.want_round(tx)


# --- offers (centre) ----------------------------------------------------------------------------------------------


def set_offer(journal: Journal, tx: Tx, region: str, offer: Offer, actor: str) -> Pool:
    """Make an offer or change it; ``tx`` from ``journal.writing(region)``, a new id from ``journal.ids``.

    The total may be raised at any time, and lowered to what is held: sold, or granted to points. Raises ``Refused``
    OFFER_SKU, OFFER_PRICE, OFFER_TIMES, OFFER_TOTAL.
    """
    if catalogue.product(tx, region, offer.sku) is None:
        raise Refused("OFFER_SKU", N_("商品目录里没有这个商品。"), N_("请先在商品目录中添加。"))
    known = store.lock_pool(tx, offer.id) or Pool(
        offer.id, region, 0, 0, offer.opens_at, offer.cutoff_at, offer.active, pools.generation_of(tx)
    )
    # what came to light after a restore may exceed the total; that is no reason to refuse a higher one
    check_offer(offer, min(known.held, known.total) if offer.total >= known.total else known.held)
    pool = replace(
        known,
        total=offer.total,
        opens_at=offer.opens_at,
        cutoff_at=offer.cutoff_at,
        active=offer.active,
        sharers=max(1, store.count_devices(tx, region)),
    )
    store.put_pool(tx, pool)
    payload = OfferSet(offer.id, offer.sku, offer.price_fen, offer.total, offer.opens_at, offer.cutoff_at, offer.active)
    journal.record(tx, payload, point=region, actor=actor)
    return pool


def set_right_of_point(journal: Journal, offer: str, device: str, units: int, actor: str) -> Share:
    """Give a device ``units`` more of an offer by hand, because the goods lie at its point: nobody recalls them.

    What it already holds stays; it hears of the grant with its next round. Raises ``Refused`` OFFER_UNKNOWN,
    OFFER_FROZEN, HOLDER_UNKNOWN, SALE_QUANTITY, SALE_NONE_LEFT, SALE_TOO_FEW.
    """
    if not 0 < units <= OFFER_UNITS_MAX:
        raise Refused("SALE_QUANTITY", N_("数量超出范围。"), N_("请改正数量。"))
    with journal.db.writing() as tx:
        pool = pools.lock(tx, [offer])[offer]
        generation = pools.generation_of(tx)
        pool, good = pools.whole(tx, pool, generation)
        if not good:
            raise _frozen()
        live = [one for one in store.holders(tx, pool.region, device) if one.state is HolderState.LIVE]
        if not live:
            raise Refused("HOLDER_UNKNOWN", N_("这台设备还没有报告过配额。"), N_("请先让它联网同步一次，再分配。"))
        check_pool(pool.free, units)
        now = utc_text(journal.clock.now())
        before = pools.share_or_new(tx, offer, device, live[-1].lot, live[-1].point, now)
        counters = before.counters._replace(granted=before.counters.granted + units)
        after = replace(before, counters=counters, by_hand=True)
        pools.change(tx, pool, before, after)
        store.nudge(tx, pool.region, device, after.lot, wanted=True)
    return after


def _frozen() -> Refused:
    return Refused(
        "OFFER_FROZEN",
        N_("中心刚从备份恢复，正在与各自提点对账，该商品暂停分配。"),
        N_("请等设备联网，或对失联设备清点核销。"),
    )


# --- devices that are silent for ever (centre) --------------------------------------------------------------------


def declare_dead(journal: Journal, device: str, actor: str) -> list[Share]:
    """A device is lost, destroyed or revoked: what it could still sell is at risk, and a case says how much.

    Nothing is taken back by this; :func:`sign_off` does that once a person has counted. A device that comes back after
    all goes on with its rights. Raises ``Refused`` DEVICE_UNKNOWN.
    """
    known = devices.device(journal.db, device)
    point = pickup_points.point(journal.db, known.point) if known else None
    if known is None or point is None:
        raise Refused("DEVICE_UNKNOWN", N_("没有这台设备，或已停用。"), N_("请刷新设备列表。"))
    lots = [one for one in store.holders(journal.db, point.region, device) if one.state is HolderState.LIVE]
    risky: list[Share] = []
    for lot in lots:
        risky += put_at_risk(journal, lot, HolderState.DEAD, actor)
    if not lots:
        now = utc_text(journal.clock.now())
        with journal.db.writing() as tx:
            holder = Holder(point.region, device, pools.NO_LOT, known.point, "", 0, HolderState.DEAD, now)
            store.put_holder(tx, holder)
    return risky


def put_at_risk(journal: Journal, lot: Holder, state: HolderState, actor: str) -> list[Share]:
    """Mark all that a lot holds as at risk; a case for each offer of which it could still sell something."""
    risky = []
    for share in store.shares_of_device(journal.db, lot.device):
        if share.lot != lot.lot or share.state is not HolderState.LIVE:
            continue
        with journal.writing(lot.point or lot.region) as tx:
            store.lock_pool(tx, share.offer)
            now = store.share(tx, share.offer, share.device, share.lot) or share
            now = replace(now, state=state)
            store.put_share(tx, now)
            if now.counters.right > 0:
                risky.append(now)
                sku = sku_of(tx, lot.region, now.offer)
                payload = AtRisk(now.offer, sku, now.device, now.lot, *now.counters)
                journal.record(tx, payload, point=lot.point or lot.region, actor=actor)
    with journal.db.writing() as tx:
        store.put_holder(tx, lot._replace(state=state))
    return risky


def revive(journal: Journal, lot: Holder, actor: str) -> None:
    """A device that was given up has come back with its rights: nothing is at risk any more."""
    for share in store.shares_of_device(journal.db, lot.device):
        if share.lot == lot.lot and share.state in AT_RISK:
            with journal.writing(lot.point or lot.region) as tx:
                store.lock_pool(tx, share.offer)
                now = store.share(tx, share.offer, share.device, share.lot) or share
                store.put_share(tx, replace(now, state=HolderState.LIVE))
                payload = Settled(share.offer, share.device, share.lot, -1)
                journal.record(tx, payload, point=lot.point or lot.region, actor=actor)
    with journal.db.writing() as tx:
        store.put_holder(tx, lot._replace(state=HolderState.LIVE))


def sign_off(journal: Journal, offer: str, device: str, lot: str, counted_sold: int, actor: str) -> Share:
    """A person has counted: ``counted_sold`` units in all were sold by this lot; the rest returns to the pool.

    Closes the case. Should the device come back with more sales than that, a case ``oversold_risk`` opens with the
    numbers. Raises ``Refused`` HOLDER_UNKNOWN, HOLDER_LIVE (declare it dead first), COUNT_RANGE.
    """
    share = store.share(journal.db, offer, device, lot)
    pool = store.pool(journal.db, offer)
    if share is None or pool is None:
        raise Refused("HOLDER_UNKNOWN", N_("这台设备没有该商品的配额。"), N_("请刷新后再看。"))
    with journal.writing(share.point or pool.region) as tx:
        locked = store.lock_pool(tx, offer)
        share = store.share(tx, offer, device, lot) or share
        if share.state not in AT_RISK:
            raise Refused(
                "HOLDER_LIVE", N_("这台设备的配额还在使用，或已核销。"), N_("请先把设备登记为失联，再清点核销。")
            )
        known, most = share.counters.gone, max(share.counters.held, share.counters.gone)
        if not known <= counted_sold <= most:
            raise Refused(
                "COUNT_RANGE",
                N_("清点数应在 %(known)s（已报告售出）与 %(most)s（授予减退回）之间。"),
                N_("请重新清点。"),
                known=known,
                most=most,
            )
        now = utc_text(journal.clock.now())
        after = replace(
            share,
            counters=signed_off(share.counters, counted_sold),
            state=HolderState.CLOSED,
            signed_gone=counted_sold,
            heard_at=now,
        )
        pools.change(tx, locked, share, after)
        payload = Settled(offer, device, lot, counted_sold)
        journal.record(tx, payload, point=share.point or pool.region, actor=actor)
    return after


def sign_off_device(
    journal: Journal, region: str, device: str, counted: Sequence[tuple[str, int]], actor: str
) -> list[Share]:
    """Write off all that a silent device (or a vanished server installation) may hold, so that frozen offers go on.

    ``counted``: units of each offer that were ever sold by it in all, as a person found; of offers not named what is
    known to be sold. It counts as heard in this generation. Raises ``Refused`` DEVICE_UNKNOWN, OFFER_UNKNOWN.
    """
    known = devices.device(journal.db, device)
    lots = store.holders(journal.db, region, device)
    if known is None and not lots:
        raise Refused("DEVICE_UNKNOWN", N_("没有这台设备，或已停用。"), N_("请刷新设备列表。"))
    for lot in lots:
        if lot.state is HolderState.LIVE:
            put_at_risk(journal, lot, HolderState.DEAD, actor)
    shares = store.shares_of_device(journal.db, device)
    told: dict[str, int] = {}
    for share in shares:
        told[share.offer] = told.get(share.offer, 0) + share.counters.gone
    # what was counted beyond all that was ever told: of lots at risk as far as they go, else of one nobody remembers
    more = {offer: max(0, gone - told.get(offer, 0)) for offer, gone in counted}
    done = []
    for share in shares:
        if share.state in AT_RISK:
            extra = min(more.get(share.offer, 0), share.counters.held - share.counters.gone)
            more[share.offer] = more.get(share.offer, 0) - extra
            done.append(sign_off(journal, share.offer, device, share.lot, share.counters.gone + extra, actor))
    now = utc_text(journal.clock.now())
    with journal.db.writing() as tx:
        generation = pools.generation_of(tx)
        for offer, gone in sorted(more.items()):
            if gone:
                done.append(_write_down(tx, offer, device, known.point if known else "", gone, now))
        for lot in lots:
            store.put_holder(tx, lot._replace(state=HolderState.CLOSED, generation=generation, heard_at=now))
        point = known.point if known else ""
        store.put_holder(tx, Holder(region, device, pools.NO_LOT, point, "", generation, HolderState.CLOSED, now))
    return done


def _write_down(tx: Tx, offer: str, device: str, point: str, gone: int, now: str) -> Share:
    """Units that a person found gone, of a right that the restored database never heard of."""
    pool = pools.lock(tx, [offer])[offer]
    before = pools.share_or_new(tx, offer, device, pools.NO_LOT, point, now)
    counters = signed_off(before.counters, before.counters.gone + gone)
    after = replace(before, counters=counters, state=HolderState.CLOSED, signed_gone=counters.gone)
    pools.change(tx, pool, before, after)
    return after


def sku_of(db: Reads, region: str, offer: str) -> str:
    """The product an offer is of; the offer's id where the centre has forgotten it."""
    known = store.offer(db, region, offer)
    return known.sku if known else offer
