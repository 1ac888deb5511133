"""A room with the work set's orders, for the figures only: its facts and rows go through the product's own kernel.

Linqu's rooms know no record like the peers' one; this carries its twelve fields, no more and no less.
"""

import msgspec

from shared.db import Tx
from shared.sync import Fact, FactKind, Room, SyncedTable, rows
from tests.bench.workset import FIELDS

KEY = "order_no"
TABLE = SyncedTable("bench_orders", "point", (KEY,), ("point", KEY, *(name for name in FIELDS if name != KEY)))
NUMBERS = ("qty", "price_cents")


class Placed(msgspec.Struct, frozen=True, array_like=True):
    """An order was placed: all that is known of it."""

    id: str
    pickup_point: str
    order_no: str
    status: str
    customer: str
    phone: str
    sku: str
    qty: int
    price_cents: int
    created_at: str
    locker: str
    note: str


class Readied(msgspec.Struct, frozen=True, array_like=True):
    """An order lies ready."""

    order_no: str
    note: str


def _placed(tx: Tx, fact: Fact, it: Placed) -> None:
    rows.put(tx, TABLE, {"point": fact.point, **{name: getattr(it, name) for name in FIELDS}})


def _readied(tx: Tx, fact: Fact, it: Readied) -> None:
    before = rows.read(tx, TABLE, (fact.point, it.order_no))
    if before is None:
        raise LookupError(it.order_no)
    rows.put(tx, TABLE, {**{name: before[name] for name in TABLE.columns}, "status": "ready", "note": it.note})


def _columns() -> str:
    return ", ".join(f"{name} {'BIGINT' if name in NUMBERS else 'TEXT'} NOT NULL" for name in TABLE.columns)


ROOM = Room(
    "bench_orders",
    kinds=(FactKind("bench.placed.v1", Placed, _placed), FactKind("bench.readied.v1", Readied, _readied)),
    synced=(TABLE,),
    migrations=(
        (
            (
                f"CREATE TABLE bench_orders ({_columns()}, version BIGINT NOT NULL DEFAULT 0, "
                "deleted BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (point, order_no))"
            ),
            "CREATE INDEX bench_orders_version ON bench_orders (point, version) WHERE version > 0",
        ),
    ),
)
