"""What must hold: after every step what is cheap to look at, after healing all of it."""

from collections import defaultdict
from collections.abc import Iterator

import msgspec

from shared.allotments import standing
from shared.allotments import store as rights
from shared.allotments.pools import generation_of
from shared.allotments.reports import broken_pools
from shared.allotments.rules import NOTHING, HolderState
from shared.db import open_sqlite
from shared.db.database import Reads
from shared.kernel.errors import Refused
from shared.orders.facts import Sold
from shared.parcels.facts import HandedOut, HandOutUndone
from shared.sync import House, rows
from shared.sync.accept import feeds_of
from shared.sync.journal import CENTRE_DEVICE
from shared.sync.quarantine import Retried
from shared.sync.rebuild import differences, rebuild
from tests.sim import books
from tests.sim.machines import KioskMachine
from tests.sim.world import World

MONEY_BACK = ("orders.sale_undone.v1", "orders.refunded.v1")


class Broken(AssertionError):
    """An invariant does not hold."""


def after_step(world: World) -> None:
    """What is cheap enough for every step."""
    for machine in world.living():
        if machine.up:
            _stock_adds_up(machine.name, machine.kiosk.db)
    if world.centre.running:
        _stock_adds_up("centre", world.centre.centre.db)
        _pools_add_up(world, world.centre.centre.db)
        _note_released(world, world.centre.centre.db)
    _never_oversold(world)


def after_healing(world: World) -> None:
    """Everything, once all lines are up and nothing waits any more."""
    centre = world.centre.centre
    held = books.in_journal(centre.db)
    for machine in world.living():
        if not machine.clone_of:
            _converged(world, machine)
            _rights_agree(world, machine)
    _nothing_lost(world, held)
    _lanes_whole(held)
    _quarantine_explains(world, held)
    _hand_outs(centre.db, held)
    _money(centre.db)
    _stock_adds_up("centre", centre.db)
    _stock_is_what_lies_there(centre.db)
    _sales_add_up(world, centre.db, held)
    _sales_covered(world, centre.db)
    _rebuilds(world, centre.db, centre.house)


# --- nothing lost, nothing doubled ------------------------------------------------------------------------------------


def _nothing_lost(world: World, held: list[books.Held]) -> None:
    double = books.doubles(held)
    if double:
        raise Broken(f"{len(double)} facts are in the journal twice, first {double[0]}")
    there = {one.written for one in held}
    # what lies on a copy of a card whose device was revoked stays there: nobody signs for it any more
    revoked = {row["id"] for row in world.centre.read().query("SELECT id FROM devices WHERE revoked_at IS NOT NULL")}
    missing = [
        fact
        for fact in world.books.confirmed
        if fact not in there and fact not in world.books.lost and fact.device not in revoked
    ]
    if missing:
        raise Broken(f"{len(missing)} confirmed facts are not at the centre, first {missing[0]}")
    applied = {one.written for one in held if not one.parked}
    for fact, by in world.books.confirmed.items():
        if fact in applied and fact.device == world.cloned_devices.get(by):
            raise Broken(f"{fact} was recorded on a copied card at {by} and applied without a person")
    for machine in world.living():
        if not machine.clone_of:
            absent = [fact for fact in books.on_kiosk(machine.read()) if fact not in applied]
            if absent:
                raise Broken(f"{len(absent)} facts of {machine.name} are not in the journal, first {absent[0]}")


def _lanes_whole(held: list[books.Held]) -> None:
    """Within a lane numbers rise without gap, and none is used twice."""
    lanes: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for one in held:
        lanes[one.written.point, one.written.device, one.epoch].append(one.written.seq)
    for lane, seqs in lanes.items():
        if seqs != list(range(seqs[0], seqs[0] + len(seqs))):
            raise Broken(f"lane {lane} holds {seqs}")


def _quarantine_explains(world: World, held: list[books.Held]) -> None:
    """What was not applied stands in quarantine, and nothing stands there that the journal does not hold."""
    db = world.centre.read()
    parked = {(row["device"], row["seq"], row["kind"]) for row in db.query("SELECT device, seq, kind FROM quarantine")}
    there = {(one.written.device, one.written.seq, one.written.kind) for one in held}
    for fact in world.books.poisoned:
        if fact not in world.books.lost and (fact.device, fact.seq, fact.kind) not in parked:
            raise Broken(f"poison {fact} is not in quarantine")
    for one in parked:
        if one not in there:
            raise Broken(f"quarantine holds {one}, the journal does not")
    applied = {one.written for one in held if not one.parked}
    for row in db.query("SELECT * FROM quarantine WHERE reason = 'CLONE' AND resolved_at IS NULL"):
        fact = books.Written(
            row["point"], row["device"], row["seq"], row["kind"], row["at"], row["actor"], bytes(row["payload"])
        )
        if fact in applied:
            raise Broken(f"{fact} is applied and still waits for a person")


# --- the shop ---------------------------------------------------------------------------------------------------------


def _applied(held: list[books.Held]) -> Iterator[tuple[str, str, bytes, str]]:
    """Point, kind, payload and id of each fact that was meant to be applied, by itself or by an operator."""
    for one in held:
        fact = one.written
        if fact.kind == "sync.retried.v1" and fact.device == CENTRE_DEVICE:
            it = msgspec.msgpack.decode(fact.payload, type=Retried)
            yield fact.point, it.kind, it.payload, f"{it.device}:{it.seq}:{it.mark}"
        elif not one.parked:
            yield fact.point, fact.kind, fact.payload, one.id


def _hand_outs(db: Reads, held: list[books.Held]) -> None:
    """Of two hand-outs of one parcel that nobody took back, one has opened a case."""
    outs: dict[tuple[str, str], set[str]] = defaultdict(set)
    undone: set[tuple[str, str]] = set()
    for point, kind, payload, fact_id in _applied(held):
        if kind == "parcels.handed_out.v1":
            for parcel in msgspec.msgpack.decode(payload, type=HandedOut).parcels:
                outs[point, parcel].add(fact_id)
        elif kind == "parcels.hand_out_undone.v1":
            undone.update(_undone(payload))
    cases = {
        (row["point"], row["parcel"], row["second_fact"])
        for row in db.query("SELECT point, parcel, second_fact FROM cases")
    }
    for (point, parcel), names in outs.items():
        standing = {name for name in names if (parcel, name) not in undone}
        if len(standing) > 1 and sum((point, parcel, name) in cases for name in standing) < len(standing) - 1:
            raise Broken(f"parcel {parcel} was handed out by {sorted(standing)} without a case")


def _undone(payload: bytes) -> Iterator[tuple[str, str]]:
    try:
        it = msgspec.msgpack.decode(payload, type=HandOutUndone)
    except msgspec.ValidationError:
        return
    yield from zip(it.parcels, it.hand_outs, strict=False)


def _money(db: Reads) -> None:
    """An order costs what its lines add up to."""
    wrong = db.query(
        "SELECT o.id, o.total_fen, coalesce(sum(l.quantity * l.price_fen), 0) AS lines_fen FROM orders o "
        "LEFT JOIN order_lines l ON l.point = o.point AND l.order_id = o.id AND l.deleted = 0 "
        "WHERE o.deleted = 0 GROUP BY o.point, o.id, o.total_fen "
        "HAVING o.total_fen <> coalesce(sum(l.quantity * l.price_fen), 0)"
    )
    if wrong:
        raise Broken(f"order {dict(wrong[0])} does not add up")


def _stock_adds_up(where: str, db: Reads) -> None:
    """A level is what its ledger adds up to."""
    wrong = db.query(
        "SELECT l.point, l.sku, l.on_hand, coalesce(sum(m.quantity), 0) AS ledger FROM stock_levels l "
        "LEFT JOIN stock_movements m ON m.point = l.point AND m.sku = l.sku AND m.deleted = 0 "
        "WHERE l.deleted = 0 GROUP BY l.point, l.sku, l.on_hand HAVING l.on_hand <> coalesce(sum(m.quantity), 0)"
    )
    if wrong:
        raise Broken(f"stock at {where}: {dict(wrong[0])}")


def _stock_is_what_lies_there(db: Reads) -> None:
    """Own goods on hand are what the own parcels that lie there contain, less what was sold over the counter."""
    there: dict[tuple[str, str], int] = defaultdict(int)
    for row in db.query(
        "SELECT s.point, l.sku, l.quantity FROM sales s JOIN order_lines l ON l.point = s.point "
        "AND l.order_id = s.order_id WHERE s.channel = 'counter' AND s.released_at IS NULL AND s.deleted = 0"
    ):
        there[row["point"], row["sku"]] -= row["quantity"]
    for row in db.query(
        "SELECT point, contents FROM parcels WHERE deleted = 0 AND carrier = 'OWN' "
        "AND state IN ('arrived', 'ready', 'overdue', 'exception')"
    ):
        for sku, _, quantity in msgspec.json.decode(row["contents"]):
            there[row["point"], sku] += quantity
    levels = {
        (row["point"], row["sku"]): row["on_hand"]
        for row in db.query("SELECT point, sku, on_hand FROM stock_levels WHERE deleted = 0")
    }
    for key in {*there, *levels}:
        if there.get(key, 0) != levels.get(key, 0):
            raise Broken(f"{key}: {there.get(key, 0)} lie there, the level says {levels.get(key, 0)}")


# --- rights ---------------------------------------------------------------------------------------------------------


def _note_released(world: World, db: Reads) -> None:
    """Cancelled phone orders will not be handed out, whoever has cancelled them."""
    rows = db.query("SELECT order_id FROM sales WHERE released_at IS NOT NULL AND channel <> 'counter'")
    world.truth.back.update(row["order_id"] for row in rows)


def _never_oversold(world: World) -> None:
    """Residents never have more units of an offer than there ever were."""
    for offer, gone in world.truth.gone().items():
        if gone > world.truth.totals[offer]:
            raise Broken(f"{gone} units of offer {offer} were sold, there were {world.truth.totals[offer]}")


def _pools_add_up(world: World, db: Reads) -> None:
    """What the pool says is held is what its holders hold, and the rest of the total is free."""
    if not any(world.counts[one] for one in ("crash", "kiosk restore", "centre restore", "right counted by hand")):
        for pool in rights.pools(db):
            if pool.free < 0:
                raise Broken(f"{pool.held} of {pool.total} units of offer {pool.offer} were given away")
    broken = broken_pools(db)
    if broken:
        raise Broken(f"the pools of {broken} do not agree with their holders")


def _rights_agree(world: World, machine: KioskMachine) -> None:
    """What a kiosk knows of its rights, the centre knows, and the other way round.

    What may differ makes the kiosk sell less than it could: a grant that has not arrived yet, a sale that the guard
    noted and a crash took back, an undone sale that an older copy has forgotten.
    """
    db = world.centre.centre.db
    with machine.being() as kiosk:
        now = standing.standing(kiosk.db, kiosk.guard)
        if now.frozen is not None:
            raise Broken(f"{machine.name} still sells nothing: {now.frozen}")
        offers = {row.offer for row in rights.rights(kiosk.db) if row.lot == now.lot} | set(world.truth.totals)
        here = {offer: now.counters(kiosk.db, offer) for offer in offers}
    there = {one.offer: one.counters for one in rights.shares_of_device(db, now.device) if one.lot == now.lot}
    for offer in sorted(offers | set(there)):
        ours, theirs = here.get(offer, NOTHING), there.get(offer, NOTHING)
        if ours.returned != theirs.returned or ours.sold < theirs.sold or ours.granted > theirs.granted:
            raise Broken(f"{machine.name} says of {offer} {ours}, the centre {theirs}")


def _sales_covered(world: World, db: Reads) -> None:
    """What residents have of a lot, that lot holds: nobody else may sell it again."""
    generation = generation_of(db)
    for device, lot in sorted(set(world.truth.holder.values())):
        for offer in sorted(world.truth.totals):
            sold = world.truth.counted(offer, device, lot)
            share, pool = rights.share(db, offer, device, lot), rights.pool(db, offer)
            if pool is None or pool.generation < generation:
                continue  # frozen: it waits for the word of somebody
            if device in world.dead_devices and (share is None or share.state is not HolderState.CLOSED):
                continue  # nobody has counted yet
            if sold > (share.counters.held if share else 0):
                raise Broken(f"{device} sold {sold} of {offer} from lot {lot!r}: {share and share.counters}")


def _sales_add_up(world: World, db: Reads, held: list[books.Held]) -> None:
    """Every counter sale of the journal is an order with that money, refunded exactly where it was undone."""
    undone = {_order_of(payload) for _, kind, payload, _ in _applied(held) if kind in MONEY_BACK}
    sold = {
        row["order_id"]: row
        for row in db.query(
            "SELECT s.order_id, s.received_fen, s.released_at, o.total_fen, o.state FROM sales s "
            "JOIN orders o ON o.point = s.point AND o.id = s.order_id WHERE s.channel = 'counter'"
        )
    }
    for _, kind, payload, _ in _applied(held):
        if kind == "orders.sold.v1":
            it = msgspec.msgpack.decode(payload, type=Sold)
            row = sold.get(it.order)
            if row is None or (row["total_fen"], row["received_fen"]) != (it.total_fen, it.received_fen):
                raise Broken(f"sale {it.order} took {it.total_fen} fen, the order says {dict(row) if row else row}")
            if (row["state"] == "refunded") is not (it.order in undone):
                raise Broken(f"sale {it.order} is {row['state']}, undone: {it.order in undone}")


def _order_of(payload: bytes) -> str:
    order, *_ = msgspec.msgpack.decode(payload)
    return str(order)


# --- both sides equal -------------------------------------------------------------------------------------------------


def _converged(world: World, machine: KioskMachine) -> None:
    """The digest of every feed of the kiosk is the centre's."""
    centre = world.centre.centre
    with machine.being() as kiosk:
        state = kiosk.enrolled_state()
        for feed in feeds_of(state):
            ours, theirs = rows.digest(kiosk.db, kiosk.house, feed), rows.digest(centre.db, centre.house, feed)
            if ours != theirs:
                raise Broken(f"{machine.name}: {feed} differs: {difference(world, machine, feed)}")


def difference(world: World, machine: KioskMachine, feed: str) -> str:
    """The first rows in which a kiosk and the centre differ."""
    kiosk, centre = machine.kiosk, world.centre.centre
    scope = feed.partition(":")[2]
    for table in kiosk.house.tables_of(feed):
        ours = {rows.values_of(row, table.columns) for row in kiosk.db.query(table.select_live, (scope,))}
        theirs = {rows.values_of(row, table.columns) for row in centre.db.query(table.select_live, (scope,))}
        if ours != theirs:
            here, there = sorted(map(str, ours - theirs))[:2], sorted(map(str, theirs - ours))[:2]
            return f"{table.name}: only here {here}, only there {there}"
    return "nothing"


def _rebuilds(world: World, db: Reads, house: House) -> None:
    """The journal, replayed from nothing, arrives at the rows that stand there."""
    path = world.folder / "rebuilt.db"
    path.unlink(missing_ok=True)
    empty = open_sqlite(path, key=None, authoritative=True)
    try:
        rebuild(db, house, empty)
        wrong = differences(db, empty, house)
    except Refused as refused:
        raise Broken(f"rebuild refused: {refused}") from refused
    finally:
        empty.close()
    if wrong:
        raise Broken(f"rebuild differs in {wrong}")
