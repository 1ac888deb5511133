"""Sales from bounded rights: over the counter at kiosks, by phone at the centre; offers, and counts by hand.

What was really sold is written down here, not read from the product: no restore and no lost disk takes a bag out of a
resident's hands.
"""

from kiosk.host import Kiosk
from kiosk.sales import operations as counter
from kiosk.sales import store as counter_sales
from kiosk.sales.rules import CounterSale
from shared.allotments import operations as allotments
from shared.allotments import store as rights
from shared.allotments.rules import AT_RISK, HolderState, Offer
from shared.devices import operations as devices
from shared.orders import operations as orders
from shared.orders import store as order_store
from shared.pickup_points.rules import Staff, StaffRole
from sync_server.host import Centre
from tests.sim.machines import KioskMachine
from tests.sim.people import at_centre, at_kiosk, started
from tests.sim.template import POINTS, REGION, SKUS, STAFF
from tests.sim.world import World

SELLER = Staff(STAFF, "小王", "", StaffRole.STAFF, active=True)
CHANNEL = "miniapp"
CASH_FEN = 10_000_00


# --- at kiosks --------------------------------------------------------------------------------------------------------


def sale(world: World, machine: KioskMachine) -> None:
    """Somebody buys something over the counter."""
    kiosk = started(machine)
    offers = sorted(world.truth.totals)
    if kiosk is None or not offers:
        return
    wanted = world.rng.sample(offers, world.rng.randint(1, min(2, len(offers))))
    units = {offer: world.rng.choice((1, 1, 2, 3, 5)) for offer in wanted}
    nonce = f"press {world.next_number()}"
    # two screens at once: what one has in the basket, the other may have sold meanwhile
    by_basket = world.rng.random() < 0.6
    at_kiosk(world, machine, f"sale {units}", lambda k: _sell(world, k, units, nonce if by_basket else ""))


def _sell(world: World, kiosk: Kiosk, units: dict[str, int], nonce: str) -> None:
    if not nonce:
        journal, point = kiosk.journal(), kiosk.point_code
        with journal.writing(point) as tx:
            done = orders.sell_at_counter(
                journal, tx, kiosk.guard, point, list(units.items()), received_fen=CASH_FEN, actor=STAFF
            )
        world.truth.sold(done.order.id, (done.device, done.lot), dict(done.rights))
        world.count("sale over the counter")
        return
    counter.empty(kiosk, STAFF)
    for offer, quantity in units.items():
        counter.put(kiosk, STAFF, offer, quantity)
    total = counter.counter(kiosk, STAFF).basket.total_fen
    order = counter.sell(kiosk, SELLER, nonce, total_fen=total, cash_fen=CASH_FEN)
    sold = order_store.sale(kiosk.db, kiosk.point_code, order)
    assert sold is not None
    world.truth.sold(order, (sold.device, sold.lot), dict(sold.rights))
    world.count("sale over the counter")


def undo_sale(world: World, machine: KioskMachine) -> None:
    """Somebody brings something back."""
    kiosk = started(machine)
    if kiosk is None:
        return
    found = [
        one
        for one in counter_sales.since(kiosk.db, kiosk.point_code, "")
        if counter.can_undo(kiosk, one) and one.id in world.truth.units and one.id not in world.truth.back
    ]
    if found:
        one = world.rng.choice(sorted(found, key=lambda it: it.id))
        at_kiosk(world, machine, f"undo sale {one.id}", lambda k: _undo(world, k, one))
        # cut off after its commit: whoever starts the machine again sees that the goods came back
        row = machine.read().one("SELECT released_at FROM sales WHERE order_id = ?", (one.id,))
        if row is not None and row["released_at"] is not None:
            world.truth.back.add(one.id)


def _undo(world: World, kiosk: Kiosk, one: CounterSale) -> None:
    counter.undo(kiosk, SELLER, one)
    world.truth.back.add(one.id)
    world.count("sale undone")


# --- at the centre ----------------------------------------------------------------------------------------------------


def phone_order(world: World, only: str = "") -> None:
    """Somebody orders by phone; now and then the phone asks once more with the same key."""
    point, offers = world.rng.choice(POINTS), sorted(world.truth.totals)
    if not offers:
        return
    key = world.rng.randrange(1, world.serial + 2)
    units = {only: 1} if only else {world.rng.choice(offers): world.rng.choice((1, 1, 2, 3))}
    key = world.serial if only else key

    def work(centre: Centre) -> None:
        with centre.journal.writing(point) as tx:
            placed = orders.place_phone_order(
                centre.journal, tx, centre.installation, point, channel=CHANNEL, key=f"{point} {key}", resident="",
                basket=list(units.items()), paid=True, actor="phone",
            )  # fmt: skip
        known = order_store.sale(centre.db, point, placed.order.id)
        assert known is not None
        if placed.new or placed.order.id not in world.truth.units:
            world.truth.sold(placed.order.id, (known.device, known.lot), dict(known.rights))
            world.count("sale by phone")

    at_centre(world, f"phone order {units} for {point}", work)


def last_orders(world: World) -> None:
    """One more unit of each offer by phone, so that the centre has looked into its own guard."""
    for offer in sorted(world.truth.totals):
        world.serial += 1
        phone_order(world, offer)


def phone_cancel(world: World) -> None:
    """Somebody cancels by phone, or the centre looks through what kiosks have cancelled."""
    point = world.rng.choice(POINTS)

    def work(centre: Centre) -> None:
        found = centre.db.query(
            "SELECT order_id FROM sales WHERE point = ? AND channel = ? AND released_at IS NULL ORDER BY order_id",
            (point, CHANNEL),
        )
        if not found or world.rng.random() < 0.3:
            orders.release_cancelled(centre.journal, point, "centre")
        else:
            order = world.rng.choice(found)["order_id"]
            with centre.journal.writing(point) as tx:
                orders.cancel_phone_order(centre.journal, tx, point, order, "不要了", "phone")

    at_centre(world, f"phone orders cancelled for {point}", work)


def new_offer(world: World, centre: Centre) -> None:
    """Make an offer of a few units."""
    offer = Offer(f"O{world.next_number()}", world.rng.choice(SKUS), 250, world.rng.choice((6, 12, 30)), "2026-01-01")
    _set(world, centre, offer)


def change_offer(world: World) -> None:
    """An operator makes an offer, or changes one."""

    def work(centre: Centre) -> None:
        known = rights.offers(centre.db, REGION)
        if not known or (len(known) < 4 and world.rng.random() < 0.3):
            new_offer(world, centre)
            return
        one = world.rng.choice(sorted(known, key=lambda it: it.id))
        total = max(0, one.total + world.rng.choice((-6, -2, 3, 8)))
        _set(world, centre, Offer(one.id, one.sku, one.price_fen, total, one.opens_at, None, world.rng.random() < 0.9))

    at_centre(world, "offer", work)


def _set(world: World, centre: Centre, offer: Offer) -> None:
    with centre.journal.writing(REGION) as tx:
        allotments.set_offer(centre.journal, tx, REGION, offer, "operator")
    world.truth.totals[offer.id] = max(offer.total, world.truth.totals.get(offer.id, 0))


def give_right(world: World) -> None:
    """An operator gives a point units by hand, because they lie there."""
    offers = sorted(world.truth.totals)
    if offers:
        offer, device = world.rng.choice(offers), world.rng.choice(world.device_names())
        at_centre(
            world, f"right to {offer} for {device}",
            lambda centre: allotments.set_right_of_point(
                centre.journal, offer, device, world.rng.randint(1, 4), "operator"
            ),
        )  # fmt: skip


def write_off(world: World) -> None:
    """A person goes and counts: what destroyed kiosks and lost guards may have sold, they have sold or not."""

    def work(centre: Centre) -> None:
        for device in sorted(world.dead_devices):
            lots = rights.holders(centre.db, REGION, device)
            if any(lot.state is HolderState.LIVE for lot in lots):
                devices.revoke(centre.db, centre.clock, device, "operator")
                allotments.declare_dead(centre.journal, device, "operator")
                return
        for share in rights.shares_in_state(centre.db, REGION, AT_RISK):
            truth = world.truth.counted(share.offer, share.device, share.lot)
            allotments.sign_off(
                centre.journal, share.offer, share.device, share.lot, max(truth, share.counters.gone), "operator"
            )
            world.count("right counted by hand")
            return

    at_centre(world, "count by hand", work)
