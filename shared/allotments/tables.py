"""Offers come down in the region's feed. Counters are neither facts nor rows that travel: they merge by themselves.

At a kiosk: ``rights`` (its own counters, a row for each lot and offer) and ``rights_state`` (which lot it sells from).
At the centre everything else, keyed by the offer first, so that a database that shards by offer keeps a grant on one
shard.
"""

from shared.sync import SyncedTable

OFFERS = SyncedTable(
    "offers",
    "region",
    ("id",),
    ("region", "id", "sku", "price_fen", "total", "opens_at", "cutoff_at", "active"),
)

SYNCED = (OFFERS,)

MIGRATIONS = (
    (
        (
            "CREATE TABLE offers (region TEXT NOT NULL, id TEXT NOT NULL, sku TEXT NOT NULL, "
            "price_fen BIGINT NOT NULL, total BIGINT NOT NULL, opens_at TEXT NOT NULL, cutoff_at TEXT, "
            "active BIGINT NOT NULL, version BIGINT NOT NULL DEFAULT 0, deleted BIGINT NOT NULL DEFAULT 0, "
            "PRIMARY KEY (region, id))"
        ),
        "CREATE INDEX offers_version ON offers (region, version) WHERE version > 0",
        "CREATE INDEX offers_sku ON offers (region, sku)",
        # kiosk: its own counters, and what of them the centre has heard
        (
            "CREATE TABLE rights (lot TEXT NOT NULL, offer TEXT NOT NULL, granted BIGINT NOT NULL, "
            "sold BIGINT NOT NULL, returned BIGINT NOT NULL, undone BIGINT NOT NULL, "
            "heard_sold BIGINT NOT NULL DEFAULT 0, heard_returned BIGINT NOT NULL DEFAULT 0, "
            "heard_undone BIGINT NOT NULL DEFAULT 0, low BIGINT NOT NULL DEFAULT 0, "
            "short BIGINT NOT NULL DEFAULT 0, asked_at TEXT NOT NULL DEFAULT '', PRIMARY KEY (lot, offer))"
        ),
        (
            "CREATE TABLE rights_state (id BIGINT PRIMARY KEY CHECK (id = 1), device TEXT NOT NULL, "
            "lot TEXT NOT NULL, generation BIGINT NOT NULL)"
        ),
        # centre: what is held in all, updated with every grant and return; its row is the lock of the offer
        (
            "CREATE TABLE offer_pools (offer TEXT NOT NULL PRIMARY KEY, region TEXT NOT NULL, total BIGINT NOT NULL, "
            "held BIGINT NOT NULL, opens_at TEXT NOT NULL, cutoff_at TEXT, active BIGINT NOT NULL, "
            "generation BIGINT NOT NULL, serial BIGINT NOT NULL)"
        ),
        "CREATE INDEX offer_pools_region ON offer_pools (region)",
        (
            "CREATE TABLE allotments (offer TEXT NOT NULL, device TEXT NOT NULL, lot TEXT NOT NULL, "
            "point TEXT NOT NULL, granted BIGINT NOT NULL, sold BIGINT NOT NULL, returned BIGINT NOT NULL, "
            "undone BIGINT NOT NULL, state TEXT NOT NULL, by_hand BIGINT NOT NULL, signed_gone BIGINT, "
            "first_at TEXT NOT NULL, heard_at TEXT NOT NULL, PRIMARY KEY (offer, device, lot))"
        ),
        "CREATE INDEX allotments_device ON allotments (device)",
        (
            "CREATE TABLE allotment_days (offer TEXT NOT NULL, device TEXT NOT NULL, day TEXT NOT NULL, "
            "sold BIGINT NOT NULL, PRIMARY KEY (offer, device, day))"
        ),
        # centre: every lot of rights there is or was, and the last generation in which its holder reported
        (
            "CREATE TABLE holders (region TEXT NOT NULL, device TEXT NOT NULL, lot TEXT NOT NULL, point TEXT NOT NULL, "
            "hardware TEXT NOT NULL, generation BIGINT NOT NULL, state TEXT NOT NULL, heard_at TEXT NOT NULL, "
            "nudged BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (region, device, lot))"
        ),
    ),
    (
        # centre: what would take a look at every device of the region to know anew with each grant
        "ALTER TABLE offer_pools ADD COLUMN sharers BIGINT NOT NULL DEFAULT 1",
        "ALTER TABLE offer_pools ADD COLUMN waits_for TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE offer_pools ADD COLUMN recalled_at TEXT NOT NULL DEFAULT ''",
    ),
)
