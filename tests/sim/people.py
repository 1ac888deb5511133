"""What people do: staff and residents at kiosks, operators and phones at the centre. All through real operations."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from kiosk.host import Kiosk
from kiosk.pickup.operations import collect_by_code
from shared.catalogue.operations import set_product
from shared.catalogue.rules import Product
from shared.db.database import Reads
from shared.kernel.errors import Refused
from shared.orders import operations as orders
from shared.orders.rules import OrderLine
from shared.parcels import operations as parcels
from shared.parcels.rules import Content, Recipient, Way
from shared.pickup_points.operations import set_shelf_layer
from shared.pickup_points.rules import ShelfLayer
from shared.residents.operations import register
from shared.sync import Journal, quarantine
from sync_server.host import Centre
from tests.sim import books
from tests.sim.machines import KioskMachine
from tests.sim.template import POINTS, REGION, SKUS, STAFF
from tests.sim.world import World

T = TypeVar("T")
HERE = ("arrived", "ready", "overdue")


# --- how anything is done ---------------------------------------------------------------------------------------------


def at_kiosk(world: World, machine: KioskMachine, what: str, work: Callable[[Kiosk], object]) -> None:
    """Somebody does something at a kiosk: confirmed when it returns, refused in words, or cut off by a crash."""

    def attempt() -> str:
        with machine.being() as kiosk:
            before = head(kiosk.db)
            try:
                work(kiosk)
            except Refused as refused:
                return f"refused {refused.code}"
            world.books.confirm(books.on_kiosk(kiosk.db, before), machine.name)
            return f"done, fact {head(kiosk.db)}"

    said = machine.run(attempt)
    world.note(f"{machine.name}: {what}: {said or 'no answer'}")
    world.count("kiosk work" if said and said.startswith("done") else "kiosk work refused or cut off")


def head(db: Reads) -> int:
    """The number of a kiosk's newest fact."""
    row = db.one("SELECT coalesce(max(seq), 0) AS seq FROM facts")
    assert row is not None
    return int(row["seq"])


def at_centre(world: World, what: str, work: Callable[[Centre], object]) -> None:
    """Somebody does something at the centre."""

    def attempt() -> str:
        centre = world.centre.centre
        before = _numbers(centre.db)
        try:
            work(centre)
        except Refused as refused:
            return f"refused {refused.code}"
        world.books.confirm(_own_since(centre.db, before), "centre")
        return "done"

    said = world.centre.run(attempt)
    world.note(f"centre: {what}: {said or 'no answer'}")
    world.count("centre work" if said == "done" else "centre work refused or cut off")


def _numbers(db: Reads) -> dict[str, int]:
    return {
        row["point"]: row["number"] for row in db.query("SELECT point, max(number) AS number FROM journal GROUP BY 1")
    }


def _own_since(db: Reads, before: dict[str, int]) -> list[books.Written]:
    return [
        held.written
        for held in books.in_journal(db)
        if held.written.device == "0" and held.number > before.get(held.written.point, 0)
    ]


def _pick(world: World, db: Reads, sql: str, *params: object) -> str | None:
    found = db.query(sql, params)
    return str(world.rng.choice(found)["id"]) if found else None


def _parcel(world: World, db: Reads, point: str, states: Sequence[str]) -> str | None:
    """A parcel in one of the states; now and then any parcel, or one that nobody knows."""
    chance = world.rng.random()
    if chance < 0.02:
        return "K9.NOBODY.1"
    if chance < 0.08:
        states = ("expected", *HERE, "collected", "exception", "returned")
    marks = ", ".join("?" * len(states))
    sql = f"SELECT id FROM parcels WHERE point = ? AND deleted = 0 AND state IN ({marks}) ORDER BY id"
    return _pick(world, db, sql, point, *states)


def _order(world: World, db: Reads, point: str) -> str | None:
    return _pick(world, db, "SELECT id FROM orders WHERE point = ? AND deleted = 0 ORDER BY id", point)


def _waybill(world: World, point: str) -> str:
    known = world.waybills[point]
    if known and world.rng.random() < 0.6:
        return world.rng.choice(known)
    known.append(f"SF{world.next_number():013d}")
    return known[-1]


# --- with parcels, at a kiosk or at the centre ------------------------------------------------------------------------


def parcel_work(world: World, journal: Journal, point: str) -> tuple[str, Callable[[], object]]:
    """Something that staff do with parcels, ready to be done."""
    rng, db = world.rng, journal.db
    what = rng.choices(list(world.profile.parcels), list(world.profile.parcels.values()))[0]
    states = {
        "undo hand-out": ("collected",),
        "clear exception": ("exception",),
        "return": (*HERE, "exception"),
    }.get(what, HERE)
    if what == "overdue":
        return what, lambda: parcels.mark_overdue(journal, point, STAFF, hours=1)
    one = _parcel(world, db, point, states)
    if what == "inbound" or one is None:
        waybill, who = _waybill(world, point), Recipient("", "王*明", f"{rng.randrange(10):04d}")
        return f"inbound {waybill}", lambda: parcels.receive_parcel(journal, point, waybill, STAFF, recipient=who)
    if what == "hand out":
        more = (_parcel(world, db, point, HERE) for _ in range(rng.randrange(3)))
        some = [one, *(other for other in more if other)]
        return f"hand out {some}", lambda: parcels.hand_over(journal, point, some, STAFF, way=Way.STAFF)
    place = (1, rng.choice((1, 2)))
    work: dict[str, Callable[[], object]] = {
        "undo hand-out": lambda: parcels.undo_hand_over(journal, point, [one], STAFF),
        "undo inbound": lambda: parcels.undo_inbound(journal, point, one, STAFF),
        "move": lambda: parcels.move_parcel(journal, point, one, place, STAFF),
        "exception": lambda: parcels.mark_exception(journal, point, one, "破损", STAFF),
        "clear exception": lambda: parcels.clear_exception(journal, point, one, STAFF),
        "return": lambda: parcels.return_parcel(journal, point, one, "退回", STAFF),
    }
    return f"{what} {one}", work[what]


def kiosk_work(world: World, machine: KioskMachine) -> None:
    """One thing done at a kiosk."""
    kiosk = started(machine)
    if kiosk is None:
        return
    chance = world.rng.random()
    point = kiosk.point_code
    order = _order(world, kiosk.db, point)
    if chance < 0.08 and order:
        at_kiosk(world, machine, f"cancel order {order}", lambda k: _cancel(k.journal(), point, order))
    elif chance < 0.16:
        _collect(world, machine, kiosk, point)
    else:
        what, work = parcel_work(world, kiosk.journal(), point)
        at_kiosk(world, machine, what, lambda _: work())


def started(machine: KioskMachine) -> Kiosk | None:
    """The running kiosk; None when it died at its start."""

    def start() -> Kiosk:
        with machine.being() as kiosk:
            return kiosk

    return machine.run(start)


def _collect(world: World, machine: KioskMachine, kiosk: Kiosk, point: str) -> None:
    """A resident types a pickup code and a phone tail."""
    sql = (
        "SELECT pickup_code, phone_tail FROM parcels WHERE point = ? AND pickup_code <> '' AND deleted = 0 ORDER BY id"
    )
    known = kiosk.db.query(sql, (point,))
    if known:
        row = world.rng.choice(known)
        code, tail = row["pickup_code"], row["phone_tail"]
        at_kiosk(world, machine, f"collect {code}", lambda k: collect_by_code(k, code, tail))


def _cancel(journal: Journal, point: str, order: str) -> None:
    with journal.writing(point) as tx:
        orders.cancel_order(journal, tx, point, order, "不要了", STAFF)


# --- at the centre ----------------------------------------------------------------------------------------------------


def _place(world: World, centre: Centre, point: str) -> None:
    number = world.next_number()
    rng, journal = world.rng, centre.journal
    lines = [OrderLine(sku, sku.title(), rng.randint(1, 3), 100) for sku in rng.sample(SKUS, rng.randint(1, 2))]
    paid = rng.random() < 0.6
    waybill = f"LQ{number:010d}"
    world.waybills[point].append(waybill)
    contents = [Content(line.sku, line.name, line.quantity) for line in lines]
    with journal.writing(point) as tx:
        order = orders.place_order(
            journal, tx, point, number=f"N{number}", resident="", lines=lines, paid=paid, actor="phone"
        )
        who = Recipient("", "李*", "0001")
        parcels.expect_parcel(
            journal, tx, point, waybill=waybill, recipient=who, actor="phone", carrier="OWN", order_id=order.id,
            contents=contents,
        )  # fmt: skip


def _change_order(world: World, centre: Centre, point: str) -> None:
    journal = centre.journal
    order = _order(world, centre.db, point) or "none"
    change = world.rng.choice((orders.pay_order, orders.cancel_order, orders.refund_order))
    with journal.writing(point) as tx:
        if change is orders.pay_order:
            orders.pay_order(journal, tx, point, order, "phone")
        elif change is orders.cancel_order:
            orders.cancel_order(journal, tx, point, order, "不要了", "phone")
        else:
            orders.refund_order(journal, tx, point, order, "退款", "operator")


def _announce(world: World, centre: Centre, point: str) -> None:
    waybill = _waybill(world, point)
    with centre.journal.writing(point) as tx:
        who = Recipient("", "赵*", f"{world.rng.randrange(10):04d}")
        parcels.expect_parcel(centre.journal, tx, point, waybill=waybill, recipient=who, actor="import")


def _price(world: World, centre: Centre, point: str) -> None:
    sku = world.rng.choice(SKUS)
    with centre.journal.writing(REGION) as tx:
        product = Product(sku, sku.title(), price_fen=world.rng.randrange(1, 9999))
        set_product(centre.journal, tx, REGION, product, "operator")


def _shelf(world: World, centre: Centre, point: str) -> None:
    layer = ShelfLayer(1, world.rng.choice((1, 2, 3)), "", world.rng.choice((0, 10, 40)), False)
    with centre.journal.writing(point) as tx:
        set_shelf_layer(centre.journal, tx, point, layer, "operator")


def _resident(world: World, centre: Centre, point: str) -> None:
    with centre.journal.writing(point) as tx:
        register(centre.journal, tx, point, "陈大文", f"139{world.rng.randrange(40):08d}", "operator")


def _close_case(world: World, centre: Centre, point: str) -> None:
    sql = "SELECT id FROM cases WHERE point = ? AND deleted = 0 AND closed_at IS NULL ORDER BY id"
    case = _pick(world, centre.db, sql, point)
    if case:
        with centre.journal.writing(point) as tx:
            parcels.close_case(centre.journal, tx, point, case, "已处理", "operator")


def _settle_parked(world: World, centre: Centre, point: str) -> None:
    """An operator looks at a parked fact: applies it after all, or leaves it with a reason."""
    sql = (
        "SELECT device, epoch, seq FROM quarantine WHERE point = ? AND resolved_at IS NULL ORDER BY device, epoch, seq"
    )
    found = centre.db.query(sql, (point,))
    if not found:
        return
    row = world.rng.choice(found)
    which = (row["device"], row["epoch"], row["seq"])
    apply = world.rng.random() < 0.6
    with centre.journal.writing(point) as tx:
        if apply:
            quarantine.retry(centre.journal, tx, point, *which, "operator")
        else:
            quarantine.discard(centre.journal, tx, point, *which, "看过了", "operator")


def _handle_parcel(world: World, centre: Centre, point: str) -> None:
    parcel_work(world, centre.journal, point)[1]()


CENTRE_WORK: dict[str, tuple[Callable[[World, Centre, str], None], int]] = {
    "place order": (_place, 10),
    "change order": (_change_order, 8),
    "announce": (_announce, 5),
    "price": (_price, 3),
    "shelf": (_shelf, 2),
    "resident": (_resident, 2),
    "close case": (_close_case, 3),
    "parcel": (_handle_parcel, 6),
    "parked": (_settle_parked, 4),
}


def centre_work(world: World) -> None:
    """One thing done at the centre."""
    what = world.rng.choices(list(CENTRE_WORK), [weight for _, weight in CENTRE_WORK.values()])[0]
    point = world.rng.choice(POINTS)
    at_centre(world, f"{what} at {point}", lambda centre: CENTRE_WORK[what][0](world, centre, point))


def something(world: World, machine: KioskMachine) -> None:
    """What happens while an answer is on its way: at the same kiosk, at the centre, or another kiosk's round."""
    chance = world.rng.random()
    if chance < 0.6:
        for _ in range(world.rng.randint(1, 3)):
            if machine.up:
                kiosk_work(world, machine)
    elif chance < 0.85:
        centre_work(world)
    else:
        others = [one for one in world.living() if one is not machine and not one.clone_of]
        if others:
            world.round(world.rng.choice(others))
