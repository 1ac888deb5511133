"""Fills a fresh centre: points, shelves, staff by its own operations; goods, residents, orders by its importer."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from argon2 import PasswordHasher

from deploy.demo.import_files import UTF8_WITH_BOM, goods_table, orders_table, residents_table, write_csv, write_xlsx
from deploy.demo.neighbourhood import Neighbourhood, Point
from shared.devices import operations as devices
from shared.pickup_points import operations as pickup_points
from shared.pickup_points.rules import ShelfLayer, Staff, StaffRole
from sync_server.config import read_config
from sync_server.host import Centre, open_centre

REGION = "jinan"
ACTOR = "demo"
SIZES = {"small": "小件", "medium": "中件", "large": "大件"}


def open_points(neighbourhood: Neighbourhood, environ: Mapping[str, str], root: Path) -> tuple[str, dict[str, str]]:
    """Initialise the centre that ``environ`` describes and open the points; the operator's password and a claim code
    for each point. ``root`` is the checkout. Raises ``CalledProcessError`` when the command fails."""
    said = _command(environ, root, "init", "--operator", "operator")
    password = next(line.split()[-1] for line in said.splitlines() if "密码" in line)
    centre = open_centre(read_config(environ))
    for number, point in enumerate(neighbourhood.points, start=1):
        _open_point(centre, point, number)
    codes = {
        point.code: devices.make_claim(centre.db, centre.clock, point.code, ACTOR) for point in neighbourhood.points
    }
    centre.db.close()
    return password, codes


def fill_centre(
    neighbourhood: Neighbourhood, environ: Mapping[str, str], root: Path, files: Path
) -> Iterator[tuple[str, Callable[[], str]]]:
    """Write the import files as three shops would send them; for each, what it is and the work of importing it."""
    files.mkdir(parents=True, exist_ok=True)
    write_csv(files / "goods.csv", goods_table(neighbourhood), UTF8_WITH_BOM)
    write_csv(files / "residents.csv", residents_table(neighbourhood), "gb18030")
    write_xlsx(files / "orders.xlsx", orders_table(neighbourhood))
    counts = {
        "goods": ("goods.csv", len(neighbourhood.goods), "UTF-8 with BOM"),
        "residents": ("residents.csv", len(neighbourhood.residents), "GB18030"),
        "orders": ("orders.xlsx", len(neighbourhood.paid_orders), "XLSX"),
    }
    for kind, (name, count, form) in counts.items():
        yield (
            f"centre imports {count} {kind} ({form})",
            partial(_command, environ, root, "import", kind, str(files / name)),
        )


def _command(environ: Mapping[str, str], root: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "sync_server", *arguments],
        env=dict(environ),
        cwd=root,
        check=False,
        text=True,
        capture_output=True,
    )
    if done.returncode:
        print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
        done.check_returncode()
    return done.stdout


def _open_point(centre: Centre, point: Point, number: int) -> None:
    hasher = PasswordHasher()
    with centre.journal.writing(point.code) as tx:
        pickup_points.open_point(
            centre.journal,
            tx,
            point.code,
            number=number,
            name=point.name,
            region=REGION,
            address=point.address,
            phone="0531-00000000",
            opening="07:00-21:00",
            actor=ACTOR,
        )
        for shelf in point.shelves:
            for layer in range(1, shelf.layers + 1):
                name = "冷柜" if shelf.cold else SIZES[shelf.size_class]
                pickup_points.set_shelf_layer(
                    centre.journal,
                    tx,
                    point.code,
                    ShelfLayer(shelf.digit, layer, name, shelf.capacity, shelf.cold),
                    ACTOR,
                )
        for index, member in enumerate(point.staff, start=1):
            role = StaffRole.LEADER if index == 1 else StaffRole.STAFF
            staff = Staff(f"S{index}", member.name, hasher.hash(member.pin), role, True)
            pickup_points.set_staff(centre.journal, tx, point.code, staff, ACTOR)
