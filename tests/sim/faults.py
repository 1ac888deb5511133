"""What goes wrong: machines, disks, clocks, lines, and facts that cannot be applied."""

import shutil
from collections.abc import Callable
from datetime import timedelta

import msgspec

from kiosk.sync.enrol import enrol
from kiosk.sync.rules import Trouble
from shared.devices.operations import make_claim
from shared.kernel.clock import ManualClock, utc_text
from shared.kernel.errors import Refused
from shared.sync import Fact, Journal, store
from shared.sync.journal import chain_hash
from tests.sim import books, people, sales
from tests.sim.crashes import Moment
from tests.sim.machines import ADDRESS, KioskMachine
from tests.sim.rooms import AT_CENTRE, EVERYWHERE, Stumbled
from tests.sim.template import POINTS, SKUS, STAFF, add_kiosk
from tests.sim.world import World

JUMPS_HOURS = (-24 * 365 * 20, -24 * 400, -3, -0.1, 0.1, 5, 24 * 60, 24 * 365 * 9)
SMALL_JUMPS_HOURS = (-0.1, 0.1, 2)
MOST_TRANSACTIONS = 4
MOST_KIOSKS = 6
NO_IMAGES = msgspec.msgpack.encode([])


def _one(world: World) -> KioskMachine:
    return world.rng.choice(world.living())


def kiosk_work(world: World) -> None:
    """Somebody does something at a kiosk."""
    people.kiosk_work(world, _one(world))


def some_round(world: World) -> None:
    """A kiosk syncs."""
    world.round(_one(world))


def late_request(world: World) -> None:
    """A request that was given up arrives."""
    if world.network.late:
        world.note(world.network.deliver_late())


def line(world: World) -> None:
    """A kiosk's line goes."""
    machine = _one(world)
    machine.online = False
    world.note(f"{machine.name} is offline")


def line_back(world: World) -> None:
    """A kiosk's line comes back."""
    away = [machine for machine in world.living() if not machine.online]
    if away:
        machine = world.rng.choice(away)
        machine.online = True
        world.note(f"{machine.name} is online")


def swirl(world: World) -> None:
    """Every line goes or comes back by itself."""
    for machine in world.living():
        machine.online = world.rng.random() < 0.6
    world.note("swirl: " + ", ".join(f"{one.name} {'on' if one.online else 'off'}" for one in world.living()))


def kiosk_crash(world: World) -> None:
    """A kiosk will die at one of its next transactions."""
    machine = _one(world)
    machine.light(world.rng.randrange(MOST_TRANSACTIONS), world.rng.choice(list(Moment)))


def centre_crash(world: World) -> None:
    """The centre will die at one of its next transactions."""
    world.centre.light(world.rng.randrange(MOST_TRANSACTIONS), world.rng.choice(list(Moment)))


def kiosk_backup(world: World) -> None:
    """Somebody copies a kiosk's card."""
    machine = _one(world)
    machine.run(machine.backup)
    world.note(f"{machine.name}: backup {len(machine.backups)}")


def centre_backup(world: World) -> None:
    """The centre is backed up."""
    by_command = world.rng.random() < 0.7
    world.centre.run(lambda: world.centre.backup(by_command=by_command))
    world.note(f"centre: backup {len(world.centre.backups)}{'' if by_command else ' by copying the file'}")


def clock(world: World) -> None:
    """A machine's wall clock jumps."""
    machine = world.rng.choice((world.centre, *world.living()))
    hours = world.rng.choice(SMALL_JUMPS_HOURS if machine is world.centre else JUMPS_HOURS)
    machine.clock.set_wall(machine.clock.now() + timedelta(hours=hours))
    world.note(f"{machine.name}: clock jumps {hours} h")


def poison(world: World) -> None:
    """A fact that nobody can apply lies in a kiosk's outbox."""
    machine = _one(world)
    if world.rng.random() < 0.4:
        stumbled = Stumbled(world.rng.choice(SKUS), world.rng.randint(1, 5), AT_CENTRE)
        people.at_kiosk(world, machine, "stumble", lambda kiosk: _stumble(kiosk.journal(), kiosk.point_code, stumbled))
        world.count("poison")
        return
    kind, payload = world.rng.choice(POISONS)
    machine.run(lambda: _poison(world, machine, kind, payload))


def _stumble(journal: Journal, point: str, stumbled: Stumbled) -> None:
    """A fact that this kiosk can apply and the centre cannot."""
    with journal.writing(point) as tx:
        journal.record(tx, stumbled, point=point, actor=STAFF)


POISONS: tuple[tuple[str, object], ...] = (
    ("sim.unheard_of.v9", ("x", 1)),
    ("parcels.inbound.v1", (1, 2, 3)),
    ("parcels.hand_out_undone.v1", (("K1.X.1",), ())),
    ("orders.paid.v1", ("nobody's order",)),
    ("catalogue.product.v1", ()),
    ("sim.stumbled.v1", ("APPLE", 5, EVERYWHERE)),
    ("sim.stumbled.v1", ("PEAR", 7, EVERYWHERE)),
)


def _poison(world: World, machine: KioskMachine, kind: str, payload: object) -> None:
    with machine.being() as kiosk:
        state = kiosk.enrolled_state()
        before = people.head(kiosk.db)
        with kiosk.db.writing() as tx:
            head = store.kiosk_head(tx)
            at = utc_text(kiosk.clock.now())
            fact = Fact(state.point, state.device, state.epoch, head.seq + 1, kind, at, STAFF, msgspec.Struct())
            packed = msgspec.msgpack.encode(payload)
            store.add_fact(tx, fact, packed, chain_hash(head.hash, kind, at, STAFF, packed), NO_IMAGES)
        new = books.on_kiosk(kiosk.db, before)
        world.books.confirm(new, machine.name)
        world.books.poisoned.update(new)
        world.note(f"{machine.name}: poison {kind}")
        world.count("poison")


def _restore(world: World, *, guard: bool) -> None:
    copied = [machine for machine in world.living() if machine.usable_backups()]
    if not copied:
        return
    machine = world.rng.choice(copied)
    found = machine.usable_backups()
    number, by_command = world.rng.randrange(len(found)), world.rng.random() < 0.5
    machine.run(lambda: machine.restore(found[number], by_command=by_command))
    if not guard:
        for path in machine.folder.glob("*guard*"):
            path.unlink()
    world.note(
        f"{machine.name}: restored from backup {number + 1} of {len(found)}{'' if guard else ', guard file lost'}"
    )
    world.count("kiosk restore")
    world.books.put_back(machine.name, books.on_kiosk(machine.read()))
    world.count_losses(f"{machine.name} restored")


def kiosk_restore(world: World) -> None:
    """A kiosk gets an older copy of its database back; its guard file stays."""
    _restore(world, guard=True)


def kiosk_restore_without_guard(world: World) -> None:
    """A kiosk gets an older copy of its database back, and its guard file is lost."""
    _restore(world, guard=False)


def centre_restore(world: World) -> None:
    """The centre gets an older copy of its database back."""
    found = world.centre.usable_backups()
    if not found:
        return
    number, by_command = world.rng.randrange(len(found)), world.rng.random() < 0.5
    world.centre.run(lambda: world.centre.restore(found[number], by_command=by_command))
    world.note(f"centre: restored from backup {number + 1} of {len(found)}{' by command' if by_command else ''}")
    world.count("centre restore")
    world.count_losses("centre restored")


def clone(world: World) -> None:
    """A card is copied onto other hardware, and both machines run."""
    if len(world.living()) >= MOST_KIOSKS:
        return
    original = _one(world)
    name = f"{original.name}c{world.next_number()}"
    state = store.sync_state(original.read())
    assert state is not None
    world.cloned_devices[name] = state.device
    original.die()
    shutil.copytree(original.folder, world.folder / name)
    wall = ManualClock(original.clock.now())
    machine = KioskMachine(
        world, name, world.folder / name, wall, hardware=f"hw-{name}", clone_of=original.clone_of or original.name
    )
    world.kiosks.append(machine)
    world.note(f"{name} runs on a copy of {original.name}'s card")
    world.count("clone")


def clone_enrolled(world: World) -> None:
    """A machine that runs on a copied card is enrolled anew, once its facts are safe."""
    found = [machine for machine in world.living() if machine.trouble == Trouble.CLONE]
    if not found:
        return
    machine = world.rng.choice(found)

    def work() -> str:
        with machine.being() as kiosk:
            state = kiosk.enrolled_state()
            code = make_claim(world.centre.centre.db, world.centre.clock, state.point, "operator")
            try:
                answer = enrol(kiosk, ADDRESS, code)
            except Refused as refused:
                return f"refused {refused.code}"
            machine.clone_of = ""
            # copies of the other device's database fit this machine's key no more
            machine.backups.clear()
            machine.trouble = ""
            return f"is now {answer.device}"

    world.note(f"{machine.name} enrols anew: {machine.run(work)}")


def dead_kiosk(world: World) -> None:
    """A kiosk is destroyed with its disk."""
    if len(world.living()) > 2:
        machine = _one(world)
        state = store.sync_state(machine.read())
        if state is not None and not machine.clone_of:
            world.dead_devices.add(state.device)
        machine.die()
        machine.gone = True
        world.note(f"{machine.name} is destroyed")
        world.count("destroyed kiosk")
        world.count_losses(f"{machine.name} destroyed")


def new_kiosk(world: World) -> None:
    """A new machine is enrolled."""
    if len(world.living()) >= MOST_KIOSKS:
        return
    name, point = f"N{world.next_number()}", world.rng.choice(POINTS)
    calm, world.healing = world.healing, True
    world.centre.light(-1, Moment.BODY)
    add_kiosk(world, name, point)
    world.healing = calm
    world.note(f"{name} is enrolled at {point}")


EVENTS: dict[str, Callable[[World], None]] = {
    "kiosk work": kiosk_work,
    "centre work": people.centre_work,
    "round": some_round,
    "sale": lambda world: sales.sale(world, _one(world)),
    "undo sale": lambda world: sales.undo_sale(world, _one(world)),
    "phone order": sales.phone_order,
    "phone cancel": sales.phone_cancel,
    "offer": sales.change_offer,
    "right by hand": sales.give_right,
    "count by hand": sales.write_off,
    "late request": late_request,
    "line": line,
    "line back": line_back,
    "swirl": swirl,
    "kiosk crash": kiosk_crash,
    "centre crash": centre_crash,
    "kiosk backup": kiosk_backup,
    "centre backup": centre_backup,
    "clock": clock,
    "poison": poison,
    "kiosk restore": kiosk_restore,
    "kiosk restore without guard": kiosk_restore_without_guard,
    "centre restore": centre_restore,
    "clone": clone,
    "clone enrolled": clone_enrolled,
    "dead kiosk": dead_kiosk,
    "new kiosk": new_kiosk,
}
