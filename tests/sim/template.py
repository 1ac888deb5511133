"""The world as every seed finds it: a centre with two points, goods and residents, and three enrolled kiosks."""

import random
import shutil
from pathlib import Path

from kiosk.sync.enrol import enrol
from kiosk.sync.rules import Trouble
from shared.allotments.operations import set_offer
from shared.allotments.rules import Offer
from shared.catalogue.operations import set_product
from shared.catalogue.rules import Product
from shared.devices.operations import make_claim
from shared.kernel.clock import ManualClock
from shared.pickup_points.operations import open_point, set_shelf_layer
from shared.pickup_points.rules import ShelfLayer
from shared.residents.operations import register
from sync_server.host import init_centre
from tests.sim.machines import ADDRESS, KioskMachine
from tests.sim.profiles import CALM
from tests.sim.world import START, World

POINTS = ("JN-HL01", "JN-LX02")
REGION = "jinan"
SKUS = ("APPLE", "PEAR", "RICE")
KIOSKS = (("A1", POINTS[0]), ("A2", POINTS[0]), ("B1", POINTS[1]))
KEY_BYTES = 32
STAFF = "S1"
BLANK = "blank"


def make_template(folder: Path) -> World:
    """Build the world in ``folder``; nothing in it depends on a seed."""
    world = World(folder, 0, CALM)
    world.healing = True
    with world.inside():
        _key(folder / "centre" / "server.key", "centre")
        init_centre(world.centre.config)
        _stock_up(world)
        for number, (sku, total) in enumerate((("APPLE", 12), ("RICE", 30)), start=1):
            _offer(world, Offer(f"F{number}", sku, 250 * number, total, "2026-01-01T00:00:00.000Z"))
        for name, point in KIOSKS:
            add_kiosk(world, name, point)
        # a machine with empty tables: making them takes longer than enrolling it
        blank = KioskMachine(world, BLANK, folder / BLANK, ManualClock(START), hardware=BLANK)
        with blank.being():
            blank.die()
    world.close()
    return world


def _offer(world: World, offer: Offer) -> None:
    journal = world.centre.centre.journal
    with journal.writing(REGION) as tx:
        set_offer(journal, tx, REGION, offer, "operator")
    world.truth.totals[offer.id] = offer.total


def _key(path: Path, name: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(random.Random(f"key of {name}").randbytes(KEY_BYTES))


def add_kiosk(world: World, name: str, point: str) -> KioskMachine:
    """A new machine is enrolled at a point and reads its first data."""
    clock = ManualClock(START)
    clock.advance(world.now)
    machine = KioskMachine(world, name, world.folder / name, clock, hardware=f"hw-{name}")
    if (world.folder / BLANK).exists():
        shutil.copytree(world.folder / BLANK, machine.folder)
    _key(machine.folder / "device.key", name)
    world.kiosks.append(machine)
    code = make_claim(world.centre.centre.db, world.centre.clock, point, "operator")
    with machine.being() as kiosk:
        enrol(kiosk, ADDRESS, code)
    trouble = world.round(machine)
    assert world.healing is False or trouble is Trouble.NONE, trouble
    return machine


def _stock_up(world: World) -> None:
    journal = world.centre.centre.journal
    with journal.writing(REGION) as tx:
        for number, sku in enumerate(SKUS, start=1):
            set_product(journal, tx, REGION, Product(sku, sku.title(), price_fen=100 * number), "operator")
    for number, point in enumerate(POINTS, start=1):
        with journal.writing(point) as tx:
            open_point(journal, tx, point, number=number, name=point, region=REGION, actor="operator")
            for layer in (1, 2):
                set_shelf_layer(journal, tx, point, ShelfLayer(1, layer, "", 40, False), "operator")
            set_shelf_layer(journal, tx, point, ShelfLayer(2, 1, "", 20, True), "operator")
            for who in range(3):
                register(journal, tx, point, "王小明", f"1380000{number}{who:03d}", "operator")
        world.waybills[point] = []
