"""Residents of a point come down masked, and who was erased. Their details are the centre's own and never travel."""

from shared.sync import SyncedTable

RESIDENTS = SyncedTable("residents", "point", ("id",), ("point", "id", "number", "name_masked", "phone_tail"))

ERASURES = SyncedTable("erasures", "point", ("id",), ("point", "id", "at"))

SYNCED = (RESIDENTS, ERASURES)

MIGRATIONS = (
    (
        (
            "CREATE TABLE residents (point TEXT NOT NULL, id TEXT NOT NULL, number BIGINT NOT NULL, "
            "name_masked TEXT NOT NULL, phone_tail TEXT NOT NULL, "
            "version BIGINT NOT NULL DEFAULT 0, deleted BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (point, id))"
        ),
        "CREATE INDEX residents_version ON residents (point, version) WHERE version > 0",
        "CREATE INDEX residents_number ON residents (point, number)",
        "CREATE INDEX residents_tail ON residents (point, phone_tail)",
        (
            "CREATE TABLE resident_details (id TEXT NOT NULL PRIMARY KEY, number BIGINT NOT NULL UNIQUE, "
            "phone TEXT NOT NULL UNIQUE, name TEXT NOT NULL, created_at TEXT NOT NULL)"
        ),
        # held locked while a number is given, so that two consoles never give the same
        "CREATE TABLE resident_numbers (id BIGINT PRIMARY KEY CHECK (id = 1), last BIGINT NOT NULL)",
        "INSERT INTO resident_numbers (id, last) VALUES (1, 0)",
    ),
    (
        # who was erased, by an id that names nobody: so that every kiosk hears of it, and nothing comes back
        (
            "CREATE TABLE erasures (point TEXT NOT NULL, id TEXT NOT NULL, at TEXT NOT NULL, "
            "version BIGINT NOT NULL DEFAULT 0, deleted BIGINT NOT NULL DEFAULT 0, PRIMARY KEY (point, id))"
        ),
        "CREATE INDEX erasures_version ON erasures (point, version) WHERE version > 0",
        # centre: how far a point's journal has been searched for those who were erased there
        "CREATE TABLE erasure_sweeps (point TEXT NOT NULL PRIMARY KEY, number BIGINT NOT NULL)",
    ),
)
