"""Orders and their lines; both come down in the point's feed."""

from shared.sync import SyncedTable

ORDERS = SyncedTable(
    "orders",
    "point",
    ("id",),
    ("point", "id", "number", "resident", "state", "goods", "total_fen", "placed_at", "collected_at"),
)
ORDER_LINES = SyncedTable(
    "order_lines", "point", ("order_id", "line"), ("point", "order_id", "line", "sku", "name", "quantity", "price_fen")
)

SYNCED = (ORDERS, ORDER_LINES)

MIGRATIONS = (
    (
        (
            "CREATE TABLE orders (point TEXT NOT NULL, id TEXT NOT NULL, number TEXT NOT NULL, resident TEXT NOT NULL, "
            "state TEXT NOT NULL, goods TEXT NOT NULL, total_fen BIGINT NOT NULL, placed_at TEXT NOT NULL, "
            "collected_at TEXT, "
            "version BIGINT NOT NULL DEFAULT 0, deleted BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (point, id))"
        ),
        "CREATE INDEX orders_version ON orders (point, version) WHERE version > 0",
        "CREATE INDEX orders_number ON orders (point, number)",
        "CREATE INDEX orders_resident ON orders (point, resident)",
        "CREATE INDEX orders_placed ON orders (point, placed_at)",
        (
            "CREATE TABLE order_lines (point TEXT NOT NULL, order_id TEXT NOT NULL, line BIGINT NOT NULL, "
            "sku TEXT NOT NULL, name TEXT NOT NULL, quantity BIGINT NOT NULL, price_fen BIGINT NOT NULL, "
            "version BIGINT NOT NULL DEFAULT 0, deleted BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (point, order_id, line))"
        ),
        "CREATE INDEX order_lines_version ON order_lines (point, version) WHERE version > 0",
    ),
)
