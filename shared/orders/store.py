"""All SQL of orders."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from shared.db import Row, Tx
from shared.db.database import Reads
from shared.db.matching import containing, searched
from shared.kernel.limits import SEARCH_ROWS
from shared.orders.rules import Goods, Order, OrderLine, OrderState
from shared.orders.tables import ORDER_LINES, ORDERS
from shared.sync import put, read

_COLUMNS = "SELECT point, id, number, resident, state, goods, total_fen, placed_at, collected_at "
_FROM = "FROM orders WHERE deleted = 0 "
_ORDER = _COLUMNS + _FROM
_COUNT = "SELECT count(*) AS n " + _FROM
_LINES = (
    "SELECT sku, name, quantity, price_fen FROM order_lines "
    "WHERE point = ? AND order_id = ? AND deleted = 0 ORDER BY line"
)


def _order(row: Row | Mapping[str, Any]) -> Order:
    return Order(
        row["id"],
        row["number"],
        row["resident"],
        OrderState(row["state"]),
        Goods(row["goods"]),
        row["total_fen"],
        row["placed_at"],
        row["collected_at"],
    )


def order(db: Reads, point: str, id: str) -> Order | None:  # noqa: A002 - the domain's word, as in the row
    """One order of a point."""
    row = read(db, ORDERS, (point, id))
    return _order(row) if row else None


def by_number(db: Reads, point: str, number: str) -> Order | None:
    """The order under the number people read."""
    row = db.one(_ORDER + "AND point = ? AND number = ?", (point, number))
    return _order(row) if row else None


def states(db: Reads, point: str, ids: Collection[str]) -> dict[str, OrderState]:
    """The states of several orders of a point; unknown ids are left out."""
    found = {one: read(db, ORDERS, (point, one)) for one in ids}
    return {one: OrderState(row["state"]) for one, row in found.items() if row}


def lines(db: Reads, point: str, order_id: str) -> list[OrderLine]:
    """The lines of an order, as ordered."""
    found = db.query(_LINES, (point, order_id))
    return [OrderLine(row["sku"], row["name"], row["quantity"], row["price_fen"]) for row in found]


def of_resident(db: Reads, point: str, resident: str, limit: int = SEARCH_ROWS) -> list[Order]:
    """A resident's orders at a point, newest first."""
    found = db.query(
        _ORDER + "AND point = ? AND resident = ? ORDER BY placed_at DESC, id DESC LIMIT ?", (point, resident, limit)
    )
    return [_order(row) for row in found]


def _chosen(point: str | None, state: OrderState | None, search: str) -> tuple[str, list[Any]]:
    where, params = "", []
    if point is not None:
        where += "AND point = ? "
        params.append(point)
    if state is not None:
        where += "AND state = ? "
        params.append(state.value)
    if text := searched(search):
        where += "AND number LIKE ? ESCAPE '!' "
        params.append(containing(text))
    return where, params


def orders(
    db: Reads,
    point: str | None = None,
    *,
    state: OrderState | None = None,
    search: str = "",
    limit: int = SEARCH_ROWS,
    offset: int = 0,
) -> list[tuple[str, Order]]:
    """(point, order), newest first; ``point`` None means all points. ``search`` looks in the number."""
    where, params = _chosen(point, state, search)
    found = db.query(_ORDER + where + "ORDER BY placed_at DESC, id DESC LIMIT ? OFFSET ?", (*params, limit, offset))
    return [(row["point"], _order(row)) for row in found]


def count_orders(db: Reads, point: str | None = None, *, state: OrderState | None = None, search: str = "") -> int:
    """How many orders :func:`orders` would give without its limit."""
    where, params = _chosen(point, state, search)
    row = db.one(_COUNT + where, params)
    return int(row["n"]) if row else 0


def counts(db: Reads, point: str | None = None) -> dict[OrderState, int]:
    """How many orders are in each state."""
    where, params = _chosen(point, None, "")
    found = db.query("SELECT state, count(*) AS n " + _FROM + where + "GROUP BY state", params)
    return dict.fromkeys(OrderState, 0) | {OrderState(row["state"]): int(row["n"]) for row in found}


def put_order(tx: Tx, point: str, order: Order) -> None:
    """Write an order."""
    put(
        tx,
        ORDERS,
        {
            "point": point,
            "id": order.id,
            "number": order.number,
            "resident": order.resident,
            "state": order.state.value,
            "goods": order.goods.value,
            "total_fen": order.total_fen,
            "placed_at": order.placed_at,
            "collected_at": order.collected_at,
        },
    )


def put_lines(tx: Tx, point: str, order_id: str, lines: Sequence[OrderLine]) -> None:
    """Write the lines of an order."""
    for number, line in enumerate(lines, start=1):
        put(
            tx,
            ORDER_LINES,
            {
                "point": point,
                "order_id": order_id,
                "line": number,
                "sku": line.sku,
                "name": line.name,
                "quantity": line.quantity,
                "price_fen": line.price_fen,
            },
        )
