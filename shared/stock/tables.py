"""Levels and movements; both come down in the point's feed."""

from shared.sync import SyncedTable

STOCK_LEVELS = SyncedTable("stock_levels", "point", ("sku",), ("point", "sku", "on_hand"))
STOCK_MOVEMENTS = SyncedTable(
    "stock_movements", "point", ("sku", "id"), ("point", "sku", "id", "quantity", "reason", "reference", "at")
)

SYNCED = (STOCK_LEVELS, STOCK_MOVEMENTS)

MIGRATIONS = (
    (
        (
            "CREATE TABLE stock_levels (point TEXT NOT NULL, sku TEXT NOT NULL, on_hand BIGINT NOT NULL, "
            "version BIGINT NOT NULL DEFAULT 0, deleted BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (point, sku))"
        ),
        "CREATE INDEX stock_levels_version ON stock_levels (point, version) WHERE version > 0",
        (
            "CREATE TABLE stock_movements (point TEXT NOT NULL, sku TEXT NOT NULL, id TEXT NOT NULL, "
            "quantity BIGINT NOT NULL, reason TEXT NOT NULL, reference TEXT NOT NULL, at TEXT NOT NULL, "
            "version BIGINT NOT NULL DEFAULT 0, deleted BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (point, sku, id)) "
            "WITHOUT ROWID"
        ),
        "CREATE INDEX stock_movements_version ON stock_movements (point, version) WHERE version > 0",
    ),
)
