"""All SQL of orders."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from shared.db import Row, Tx
from shared.db.database import Reads
from shared.db.matching import containing, searched
from shared.kernel.limits import SEARCH_ROWS
from shared.orders.rules import Goods, Order, OrderLine, OrderState, Sale
from shared.orders.tables import ORDER_LINES, ORDERS, SALES
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


# --- what was sold from an allotment ------------------------------------------------------------------------------

_SALE = (
    "SELECT order_id, channel, device, lot, rights, received_fen, sold_by, sold_at, released_at FROM sales "
    "WHERE point = ? AND deleted = 0 "
)
_decode_rights = msgspec.json.Decoder(tuple[tuple[str, int], ...]).decode
_encode_rights = msgspec.json.Encoder().encode


def _sale(row: Row | Mapping[str, Any], order: Order) -> Sale:
    return Sale(
        order,
        row["channel"],
        row["device"],
        row["lot"],
        _decode_rights(row["rights"]),
        row["received_fen"],
        row["sold_by"],
        row["sold_at"],
        row["released_at"],
    )


def sale(db: Reads, point: str, order_id: str) -> Sale | None:
    """What was sold with an order; None where it used up no rights."""
    row, its_order = read(db, SALES, (point, order_id)), order(db, point, order_id)
    return _sale(row, its_order) if row and its_order else None


def recent_sales(db: Reads, point: str, channel: str, limit: int = SEARCH_ROWS) -> list[Sale]:
    """The newest sales of a channel, newest first."""
    found = db.query(_SALE + "AND channel = ? ORDER BY sold_at DESC, order_id DESC LIMIT ?", (point, channel, limit))
    return [_sale(row, its_order) for row in found if (its_order := order(db, point, row["order_id"]))]


def unreleased(db: Reads, point: str) -> list[str]:
    """Orders of the pool that were cancelled while their units are still held."""
    found = db.query(
        "SELECT s.order_id FROM sales AS s JOIN orders AS o ON o.point = s.point AND o.id = s.order_id "
        "WHERE s.point = ? AND s.deleted = 0 AND s.released_at IS NULL AND s.channel <> 'counter' "
        "AND o.state IN ('cancelled', 'refunded') AND o.goods = 'waiting' ORDER BY s.order_id",
        (point,),
    )
    return [row["order_id"] for row in found]


def put_sale(tx: Tx, point: str, sale: Sale) -> None:
    """Write what was sold with an order."""
    values = {
        "point": point,
        "order_id": sale.order.id,
        "channel": sale.channel,
        "device": sale.device,
        "lot": sale.lot,
        "rights": _encode_rights(sale.rights).decode(),
        "received_fen": sale.received_fen,
        "sold_by": sale.sold_by,
        "sold_at": sale.sold_at,
        "released_at": sale.released_at,
    }
    put(tx, SALES, values)
