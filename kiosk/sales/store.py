"""All SQL about baskets and the counter's own list of sales."""

from kiosk.sales.rules import CounterSale
from shared.db import Tx
from shared.db.database import Reads
from shared.orders.rules import COUNTER, OrderLine

_FROM = (
    "FROM sales s JOIN orders o ON o.point = s.point AND o.id = s.order_id "
    "{join}WHERE s.point = ? AND s.deleted = 0 AND s.channel = '{channel}' "
)
_SALE = (
    "SELECT s.order_id, o.number, s.device, o.total_fen, s.received_fen, s.sold_by, s.sold_at, s.released_at "
    + _FROM.format(join="", channel=COUNTER)
)
_LINES = "SELECT l.order_id, l.sku, l.name, l.quantity, l.price_fen " + _FROM.format(
    join="JOIN order_lines l ON l.point = s.point AND l.order_id = s.order_id AND l.deleted = 0 ", channel=COUNTER
)


def basket(db: Reads, staff: str) -> list[tuple[str, int]]:
    """(offer, quantity) in the order in which they were put in."""
    rows = db.query("SELECT offer, quantity FROM sale_baskets WHERE staff = ? ORDER BY place, offer", (staff,))
    return [(row["offer"], int(row["quantity"])) for row in rows]


def set_quantity(tx: Tx, staff: str, offer: str, quantity: int) -> None:
    """How many of an offer somebody has in the basket; 0 takes it out."""
    if quantity <= 0:
        tx.execute("DELETE FROM sale_baskets WHERE staff = ? AND offer = ?", (staff, offer))
        return
    tx.execute(
        "INSERT INTO sale_baskets (staff, offer, quantity, place) VALUES (?, ?, ?, "
        "(SELECT coalesce(max(place), 0) + 1 FROM sale_baskets WHERE staff = ?)) "
        "ON CONFLICT (staff, offer) DO UPDATE SET quantity = excluded.quantity",
        (staff, offer, quantity, staff),
    )


def empty_basket(tx: Tx, staff: str) -> None:
    """Put everything back."""
    tx.execute("DELETE FROM sale_baskets WHERE staff = ?", (staff,))


# --- what was sold here -------------------------------------------------------------------------------------------


def _sales(db: Reads, point: str, where: str, params: tuple[str, ...]) -> list[CounterSale]:
    found = db.query(_SALE + where, (point, *params))
    lines: dict[str, list[OrderLine]] = {}
    for row in db.query(_LINES + where + ", l.line", (point, *params)):
        line = OrderLine(row["sku"], row["name"], row["quantity"], row["price_fen"])
        lines.setdefault(row["order_id"], []).append(line)
    return [
        CounterSale(
            row["order_id"],
            row["number"],
            row["device"],
            tuple(lines.get(row["order_id"], ())),
            row["total_fen"],
            row["received_fen"],
            row["sold_by"],
            row["sold_at"],
            row["released_at"],
        )
        for row in found
    ]


def since(db: Reads, point: str, at: str) -> list[CounterSale]:
    """All counter sales of the point since a time, newest first."""
    return _sales(db, point, "AND s.sold_at >= ? ORDER BY s.sold_at DESC, s.order_id DESC", (at,))


def sale(db: Reads, point: str, id: str) -> CounterSale | None:  # noqa: A002 - the domain's word
    """One counter sale."""
    return next(iter(_sales(db, point, "AND s.order_id = ? ORDER BY s.order_id", (id,))), None)


def newest_by(db: Reads, point: str, staff: str, at: str) -> CounterSale | None:
    """The last sale that somebody made since a time."""
    row = db.one(
        "SELECT order_id FROM sales WHERE point = ? AND deleted = 0 AND channel = ? AND sold_by = ? AND sold_at >= ? "
        "ORDER BY sold_at DESC, order_id DESC LIMIT 1",
        (point, COUNTER, staff, at),
    )
    return sale(db, point, row["order_id"]) if row else None


# --- presses ------------------------------------------------------------------------------------------------------


def by_nonce(db: Reads, nonce: str) -> str | None:
    """The order that one press of the button has made."""
    row = db.one("SELECT order_id FROM sale_presses WHERE nonce = ?", (nonce,))
    return str(row["order_id"]) if row else None


def add_press(tx: Tx, nonce: str, order_id: str, at: str) -> None:
    """Note what a press has made."""
    tx.execute("INSERT INTO sale_presses (nonce, order_id, at) VALUES (?, ?, ?)", (nonce, order_id, at))


def forget_presses(tx: Tx, before: str) -> None:
    """Drop presses that no browser sends again any more."""
    tx.execute("DELETE FROM sale_presses WHERE at < ?", (before,))
