"""A kiosk's database filled like a real point's, without a centre, for figures that need only the counter."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kiosk.house import kiosk_house
from shared.db import SqliteDatabase, open_sqlite
from shared.kernel.clock import SystemClock, utc_text
from shared.kernel.ids import IdMaker
from shared.orders.tables import ORDERS
from shared.parcels.tables import PARCELS
from shared.stock.tables import STOCK_LEVELS
from shared.sync import KioskJournal, store
from shared.sync.rebuild import migrate_house

POINT, REGION = "JN-HL01", "jinan"
SKUS = 264
BLOCK = 20_000


@contextmanager
def kiosk_journal(folder: Path) -> Iterator[KioskJournal]:
    """An enrolled kiosk on an empty, encrypted database in ``folder``."""
    folder.mkdir(parents=True)
    db: SqliteDatabase = open_sqlite(folder / "kiosk.db", key=secrets.token_hex(32), authoritative=False)
    house = kiosk_house()
    migrate_house(db, house)
    with db.writing() as tx:
        store.enrol_state(tx, device="K1", hardware="hw", epoch="E1", point=POINT, region=REGION, generation=1)
    yield KioskJournal(db, SystemClock(), IdMaker.at_start("K1"), house, "K1", "E1")
    db.close()


def fill(journal: KioskJournal, parcels: int) -> None:
    """Own goods waiting on the shelves, one order each: the state after a delivery, written as rows come down."""
    now = utc_text(journal.clock.now())
    with journal.db.writing() as tx:
        tx.executemany(STOCK_LEVELS.upsert, [(POINT, f"SKU{n:04d}", 10**6, 0, 0) for n in range(SKUS)])
    for start in range(0, parcels, BLOCK):
        numbers = range(start, min(start + BLOCK, parcels))
        with journal.db.writing() as tx:
            tx.executemany(PARCELS.upsert, [(*_parcel(number, now), 0, 0) for number in numbers])
            tx.executemany(ORDERS.upsert, [(*_order(number, now), 0, 0) for number in numbers])


def _parcel(number: int, now: str) -> tuple[object, ...]:
    sku = f"SKU{number % SKUS:04d}"
    values = {
        "point": POINT,
        "id": f"P{number}",
        "waybill": f"LQ{number:012d}",
        "carrier": "OWN",
        "resident": f"R{number // 3}",
        "order_id": f"O{number}",
        "state": "ready",
        "shelf": number % 8 + 1,
        "layer": number % 5 + 1,
        "pickup_code": f"{number % 8 + 1}-{number % 5 + 1}-{number % 9999 + 1:04d}",
        "cold": 0,
        "contents": f'[["{sku}","章丘大葱",2]]',
        "name_masked": "王*明",
        "phone_tail": f"{number % 10000:04d}",
        "expected_at": now,
        "inbound_at": now,
        "collected_at": None,
        "collected_way": "",
        "collected_fact": "",
        "note": "",
    }
    return tuple(values[column] for column in PARCELS.columns)


def _order(number: int, now: str) -> tuple[object, ...]:
    values = {
        "point": POINT,
        "id": f"O{number}",
        "number": f"20261122{number:08d}",
        "resident": f"R{number // 3}",
        "state": "ready",
        "total_fen": 1980,
        "goods": "ready",
        "placed_at": now,
        "collected_at": None,
    }
    return tuple(values[column] for column in ORDERS.columns)
