"""A kiosk's database filled like a real point's, without a centre, for figures that need only the counter."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from kiosk.house import kiosk_house
from shared.db import Database, SqliteDatabase, open_sqlite
from shared.kernel.clock import SystemClock
from shared.kernel.ids import IdMaker
from shared.orders.tables import ORDERS
from shared.parcels.tables import PARCELS
from shared.stock.tables import STOCK_LEVELS
from shared.sync import KioskJournal, store
from shared.sync.rebuild import migrate_house

POINT, REGION = "JN-HL01", "jinan"
SKUS = 264
BLOCK = 20_000
SHELVES, LAYERS = 8, 5
PARCELS_OF_ONE = 3


@contextmanager
def kiosk_journal(folder: Path) -> Iterator[KioskJournal]:
    """An enrolled kiosk on an empty, encrypted database in ``folder``."""
    folder.mkdir(parents=True)
    db: SqliteDatabase = open_sqlite(folder / "kiosk.db", key=secrets.token_hex(32), authoritative=False)
    house = kiosk_house()
    migrate_house(db, house)
    with db.writing() as tx:
        store.enrol_state(tx, device="K1", hardware="hw", epoch="E1", point=POINT, region=REGION, generation=1)
    yield KioskJournal(db, SystemClock(), IdMaker.at_start("K1"), house)
    db.close()


def resident_id(number: int) -> str:
    """Whose a filled parcel is, where nobody is registered: three parcels each."""
    return f"R{number // PARCELS_OF_ONE:08d}"


def fill(
    db: Database,
    now: str,
    parcels: int,
    *,
    point: str = POINT,
    waiting: int | None = None,
    resident_of: Callable[[int], str] = resident_id,
) -> None:
    """Own goods at the point, one order each, written as rows come down; the last ``waiting`` lie ready (None: all).

    In key order and with the indexes made afterwards: a million parcels take a minute instead of an hour.
    """
    collected = 0 if waiting is None else parcels - waiting
    with db.writing() as tx:
        tx.executemany(STOCK_LEVELS.upsert, [(point, f"SKU{n:04d}", 10**6, 0, 0) for n in range(SKUS)])
    with _without_indexes(db, ("parcels", "orders")):
        for start in range(0, parcels, BLOCK):
            numbers = range(start, min(start + BLOCK, parcels))
            with db.writing() as tx:
                for table, row in ((PARCELS, _parcel), (ORDERS, _order)):
                    values = (row(point, number, now, resident_of(number), number < collected) for number in numbers)
                    tx.executemany(table.insert, [(*(one[c] for c in table.columns), 0, 0) for one in values])


@contextmanager
def _without_indexes(db: Database, tables: tuple[str, ...]) -> Iterator[None]:
    """Drop the tables' own indexes for a while; what the schema says is what is made again."""
    marks = ", ".join("?" * len(tables))
    indexes = db.query(
        f"SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({marks})",
        tables,
    )
    db.run_script([f"DROP INDEX {index['name']}" for index in indexes])
    yield
    for index in indexes:
        db.run_script([index["sql"]])


def parcel_id(number: int) -> str:
    """The id of a filled parcel."""
    return f"P{number:08d}"


def _parcel(point: str, number: int, now: str, resident: str, collected: bool) -> dict[str, object]:
    shelf, layer = number % SHELVES + 1, number // SHELVES % LAYERS + 1
    return {
        "point": point,
        "id": parcel_id(number),
        "waybill": f"LQ{number:012d}",
        "carrier": "OWN",
        "resident": resident,
        "order_id": f"O{number:08d}",
        "state": "collected" if collected else "ready",
        "shelf": shelf,
        "layer": layer,
        "pickup_code": f"{shelf}-{layer}-{number % 9999 + 1:04d}",
        "cold": 0,
        "contents": f'[["SKU{number % SKUS:04d}","章丘大葱",2]]',
        "name_masked": "王*明",
        "phone_tail": f"{number // PARCELS_OF_ONE % 10000:04d}",
        "expected_at": now,
        "inbound_at": now,
        "collected_at": now if collected else None,
        "collected_way": "pass" if collected else "",
        "collected_fact": f"K1:E0:{number}" if collected else "",
        "note": "",
    }


def _order(point: str, number: int, now: str, resident: str, collected: bool) -> dict[str, object]:
    return {
        "point": point,
        "id": f"O{number:08d}",
        "number": f"20261122{number:08d}",
        "resident": resident,
        "state": "collected" if collected else "ready",
        "total_fen": 1980,
        "goods": "collected" if collected else "ready",
        "placed_at": now,
        "collected_at": now if collected else None,
    }
