"""Orders, their lines, and what was sold from an allotment; all come down in the point's feed."""

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

SALES = SyncedTable(
    "sales",
    "point",
    ("order_id",),
    (
        "point",
        "order_id",
        "channel",
        "device",
        "lot",
        "rights",
        "received_fen",
        "sold_by",
        "sold_at",
        "released_at",
    ),
)

SYNCED = (ORDERS, ORDER_LINES, SALES)

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
    (
        # orders that used up rights to offers: which, whose and from which lot; `rights` is JSON: [[offer, units], …]
        (
            "CREATE TABLE sales (point TEXT NOT NULL, order_id TEXT NOT NULL, channel TEXT NOT NULL, "
            "device TEXT NOT NULL, lot TEXT NOT NULL, rights TEXT NOT NULL, received_fen BIGINT NOT NULL, "
            "sold_by TEXT NOT NULL, sold_at TEXT NOT NULL, released_at TEXT, "
            "version BIGINT NOT NULL DEFAULT 0, deleted BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (point, order_id))"
        ),
        "CREATE INDEX sales_version ON sales (point, version) WHERE version > 0",
        "CREATE INDEX sales_at ON sales (point, sold_at)",
    ),
)
