"""All SQL of stock."""

from collections.abc import Sequence

from shared.db import Row, Tx
from shared.db.database import Reads
from shared.kernel.limits import SEARCH_ROWS
from shared.stock.rules import Level, Line, Movement, Reason, totals
from shared.stock.tables import STOCK_LEVELS, STOCK_MOVEMENTS
from shared.sync import Fact, add, put, read

_LEVEL = "SELECT sku, on_hand FROM stock_levels WHERE point = ? AND deleted = 0 "
_MOVEMENT = (
    "SELECT id, sku, quantity, reason, reference, at FROM stock_movements WHERE point = ? AND deleted = 0 AND sku = ? "
)


def _movement(row: Row) -> Movement:
    return Movement(row["id"], row["sku"], row["quantity"], Reason(row["reason"]), row["reference"], row["at"])


def levels(db: Reads, point: str) -> list[Level]:
    """What lies at a point, by product."""
    return [Level(row["sku"], int(row["on_hand"])) for row in db.query(_LEVEL + "ORDER BY sku", (point,))]


def on_hand(db: Reads, point: str, sku: str) -> int:
    """Units of a product at a point; 0 when it has never been there."""
    row = read(db, STOCK_LEVELS, (point, sku))
    return int(row["on_hand"]) if row else 0


def movements(db: Reads, point: str, sku: str, limit: int = SEARCH_ROWS) -> list[Movement]:
    """The newest movements of a product, newest first."""
    return [_movement(row) for row in db.query(_MOVEMENT + "ORDER BY at DESC, id DESC LIMIT ?", (point, sku, limit))]


def ledger_sum(db: Reads, point: str, sku: str) -> int:
    """What all movements of a product add up to; always equals :func:`on_hand`."""
    row = db.one(
        "SELECT coalesce(sum(quantity), 0) AS total FROM stock_movements WHERE point = ? AND deleted = 0 AND sku = ?",
        (point, sku),
    )
    return int(row["total"]) if row else 0


def move(tx: Tx, fact: Fact, lines: Sequence[Line], reason: Reason) -> None:
    """Write movements and their effect on the levels. Called at most once while a fact is applied.

    Ids derive from the fact, so that both sides write the same rows. A level may fall below zero: what physically
    happened is not refused, and a negative level shows that something was never counted in.
    """
    for n, line in enumerate(lines):
        add(
            tx,
            STOCK_MOVEMENTS,
            {
                "point": fact.point,
                "id": f"{fact.id}.{n}",
                "sku": line.sku,
                "quantity": line.quantity,
                "reason": reason.value,
                "reference": line.reference,
                "at": fact.at,
            },
        )
    for sku, change in totals(lines).items():
        now = on_hand(tx, fact.point, sku) + change
        put(tx, STOCK_LEVELS, {"point": fact.point, "sku": sku, "on_hand": now})
