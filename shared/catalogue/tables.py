"""The table of products; it comes down in the region's feed."""

from shared.sync import SyncedTable

PRODUCTS = SyncedTable(
    "products",
    "region",
    ("sku",),
    (
        "region",
        "sku",
        "name",
        "brand",
        "category",
        "spec",
        "price_fen",
        "origin",
        "barcode",
        "temperature",
        "picture",
        "active",
    ),
)

SYNCED = (PRODUCTS,)

MIGRATIONS = (
    (
        (
            "CREATE TABLE products (region TEXT NOT NULL, sku TEXT NOT NULL, name TEXT NOT NULL, brand TEXT NOT NULL, "
            "category TEXT NOT NULL, spec TEXT NOT NULL, price_fen BIGINT NOT NULL, origin TEXT NOT NULL, "
            "barcode TEXT NOT NULL, temperature TEXT NOT NULL, picture TEXT NOT NULL, active BIGINT NOT NULL, "
            "version BIGINT NOT NULL DEFAULT 0, deleted BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (region, sku))"
        ),
        "CREATE INDEX products_version ON products (region, version) WHERE version > 0",
        "CREATE INDEX products_barcode ON products (region, barcode)",
        "CREATE INDEX products_category ON products (region, category)",
    ),
)
