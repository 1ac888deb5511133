"""A room small enough to see through: boxes that are put and emptied, and a wish that the centre may refuse."""

import msgspec

from shared.db import Tx
from shared.db.database import Reads
from shared.kernel.errors import Refused
from shared.sync import Fact, FactKind, Room, SyncedTable, put, remove

BOXES = SyncedTable("boxes", "point", ("id",), ("point", "id", "held", "note"))
PRICES = SyncedTable("prices", "region", ("id",), ("region", "id", "fen"))


class Filled(msgspec.Struct, frozen=True, array_like=True):
    """Something was put into a box."""

    box: str
    amount: int
    note: str = ""


class Emptied(msgspec.Struct, frozen=True, array_like=True):
    """A box was taken away."""

    box: str


class Asked(msgspec.Struct, frozen=True, array_like=True):
    """A wish for more."""

    box: str
    amount: int


class Priced(msgspec.Struct, frozen=True, array_like=True):
    """An item got a price."""

    item: str
    fen: int


def held(db: Reads, point: str, box: str) -> int:
    row = db.one("SELECT held FROM boxes WHERE point = ? AND id = ? AND deleted = 0", (point, box))
    return int(row["held"]) if row else 0


def filled(tx: Tx, fact: Fact, what: Filled) -> None:
    if what.note == "endless" and tx.authoritative:
        filled(tx, fact, what)
    if what.amount == 13 or (what.note == "alone" and held(tx, fact.point, what.box)):
        raise ValueError("does not fit")
    put(tx, BOXES, {"point": fact.point, "id": what.box, "held": held(tx, fact.point, what.box) + what.amount,
                    "note": what.note})  # fmt: skip


def emptied(tx: Tx, fact: Fact, what: Emptied) -> None:
    remove(tx, BOXES, (fact.point, what.box))


def asked(tx: Tx, fact: Fact, what: Asked) -> None:
    if tx.authoritative and what.amount > 100:
        raise Refused("TOO_MUCH", "太多了")
    filled(tx, fact, Filled(what.box, what.amount))


def priced(tx: Tx, fact: Fact, what: Priced) -> None:
    put(tx, PRICES, {"region": fact.point, "id": what.item, "fen": what.fen})


ROOM = Room(
    "toy",
    kinds=(
        FactKind("toy.filled.v1", Filled, filled),
        FactKind("toy.emptied.v1", Emptied, emptied),
        FactKind("toy.asked.v1", Asked, asked, wish=True),
        FactKind("toy.priced.v1", Priced, priced, centre_only=True),
    ),
    synced=(BOXES, PRICES),
    migrations=(
        (
            (
                "CREATE TABLE boxes (point TEXT NOT NULL, id TEXT NOT NULL, held BIGINT NOT NULL, note TEXT NOT NULL, "
                "version BIGINT NOT NULL DEFAULT 0, deleted BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (point, id))"
            ),
            "CREATE INDEX boxes_feed ON boxes (point, version)",
            (
                "CREATE TABLE prices (region TEXT NOT NULL, id TEXT NOT NULL, fen BIGINT NOT NULL, "
                "version BIGINT NOT NULL DEFAULT 0, deleted BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (region, id))"
            ),
        ),
    ),
)
