"""Parcels come down in the point's feed; ``pickup_numbers`` is a kiosk's own. ``cases`` is a room of its own by now.

Finding what lies at the point goes through a partial index: its queries repeat ``state <> 'collected'``, so that the
parcels handed out over the years cost nothing, neither in a search nor when one more joins them.
"""

from shared.sync import SyncedTable

PARCELS = SyncedTable(
    "parcels",
    "point",
    ("id",),
    (
        "point",
        "id",
        "waybill",
        "carrier",
        "resident",
        "order_id",
        "state",
        "shelf",
        "layer",
        "pickup_code",
        "cold",
        "contents",
        "name_masked",
        "phone_tail",
        "expected_at",
        "inbound_at",
        "collected_at",
        "collected_way",
        "collected_fact",
        "note",
    ),
)

SYNCED = (PARCELS,)

MIGRATIONS = (
    (
        (
            "CREATE TABLE parcels (point TEXT NOT NULL, id TEXT NOT NULL, waybill TEXT NOT NULL, "
            "carrier TEXT NOT NULL, resident TEXT NOT NULL, order_id TEXT NOT NULL, "
            "state TEXT NOT NULL, shelf BIGINT, layer BIGINT, "
            "pickup_code TEXT NOT NULL, cold BIGINT NOT NULL, contents TEXT NOT NULL, name_masked TEXT NOT NULL, "
            "phone_tail TEXT NOT NULL, expected_at TEXT, inbound_at TEXT, collected_at TEXT, "
            "collected_way TEXT NOT NULL, collected_fact TEXT NOT NULL, note TEXT NOT NULL, "
            "version BIGINT NOT NULL DEFAULT 0, deleted BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (point, id))"
        ),
        "CREATE INDEX parcels_version ON parcels (point, version) WHERE version > 0",
        "CREATE INDEX parcels_open ON parcels (point, state, shelf, layer) WHERE state <> 'collected'",
        "CREATE INDEX parcels_waybill ON parcels (point, waybill)",
        "CREATE INDEX parcels_code ON parcels (point, pickup_code)",
        "CREATE INDEX parcels_resident ON parcels (point, resident)",
        "CREATE INDEX parcels_order ON parcels (point, order_id)",
        "CREATE INDEX parcels_tail ON parcels (point, phone_tail)",
        "CREATE INDEX parcels_inbound ON parcels (point, inbound_at)",
        "CREATE INDEX parcels_collected ON parcels (point, collected_at) WHERE collected_at IS NOT NULL",
        (
            "CREATE TABLE cases (point TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, parcel TEXT NOT NULL, "
            "first_fact TEXT NOT NULL, second_fact TEXT NOT NULL, opened_at TEXT NOT NULL, closed_at TEXT, "
            "version BIGINT NOT NULL DEFAULT 0, deleted BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (point, id))"
        ),
        "CREATE INDEX cases_version ON cases (point, version) WHERE version > 0",
        "CREATE INDEX cases_parcel ON cases (point, parcel)",
        "CREATE INDEX cases_open ON cases (point, opened_at) WHERE closed_at IS NULL",
        "CREATE TABLE pickup_numbers (point TEXT NOT NULL PRIMARY KEY, last BIGINT NOT NULL)",
    ),
)
