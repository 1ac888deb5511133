"""Cases come down in the point's feed. The table was made by the room of parcels, whose migrations run first."""

from shared.sync import SyncedTable

CASES = SyncedTable(
    "cases",
    "point",
    ("id",),
    ("point", "id", "kind", "parcel", "first_fact", "second_fact", "opened_at", "closed_at", "detail"),
)

SYNCED = (CASES,)

MIGRATIONS = (
    # what the words of a case are filled with, as JSON
    ("ALTER TABLE cases ADD COLUMN detail TEXT NOT NULL DEFAULT '{}'",),
)
