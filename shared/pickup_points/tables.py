"""The tables of pickup points; all three come down in the point's feed."""

from shared.sync import SyncedTable

PICKUP_POINTS = SyncedTable(
    "pickup_points", "point", (), ("point", "number", "name", "address", "region", "phone", "opening")
)
SHELF_LAYERS = SyncedTable(
    "shelf_layers", "point", ("shelf", "layer"), ("point", "shelf", "layer", "name", "capacity", "cold")
)
STAFF = SyncedTable("staff", "point", ("id",), ("point", "id", "name", "pin_hash", "role", "active"))

SYNCED = (PICKUP_POINTS, SHELF_LAYERS, STAFF)

MIGRATIONS = (
    (
        (
            "CREATE TABLE pickup_points (point TEXT NOT NULL PRIMARY KEY, number BIGINT NOT NULL, name TEXT NOT NULL, "
            "address TEXT NOT NULL, region TEXT NOT NULL, phone TEXT NOT NULL, opening TEXT NOT NULL, "
            "version BIGINT NOT NULL DEFAULT 0, deleted BIGINT NOT NULL DEFAULT 0)"
        ),
        "CREATE INDEX pickup_points_version ON pickup_points (point, version) WHERE version > 0",
        (
            "CREATE TABLE shelf_layers (point TEXT NOT NULL, shelf BIGINT NOT NULL, layer BIGINT NOT NULL, "
            "name TEXT NOT NULL, capacity BIGINT NOT NULL, cold BIGINT NOT NULL, "
            "version BIGINT NOT NULL DEFAULT 0, deleted BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (point, shelf, layer))"
        ),
        "CREATE INDEX shelf_layers_version ON shelf_layers (point, version) WHERE version > 0",
        (
            "CREATE TABLE staff (point TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, pin_hash TEXT NOT NULL, "
            "role TEXT NOT NULL, active BIGINT NOT NULL, "
            "version BIGINT NOT NULL DEFAULT 0, deleted BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (point, id))"
        ),
        "CREATE INDEX staff_version ON staff (point, version) WHERE version > 0",
    ),
)
