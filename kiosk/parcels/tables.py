"""What staff did at this counter, for undo, for the list beside the scanner, and against doing it twice."""

from shared.sync import Room

ROOM = Room(
    "counter",
    migrations=(
        (
            (
                "CREATE TABLE counter_actions (number INTEGER PRIMARY KEY AUTOINCREMENT, nonce TEXT NOT NULL UNIQUE, "
                "kind TEXT NOT NULL, outcome TEXT NOT NULL, waybill TEXT NOT NULL, staff TEXT NOT NULL, "
                "staff_name TEXT NOT NULL, at TEXT NOT NULL, at_ms BIGINT NOT NULL, note TEXT NOT NULL, "
                "undone_at TEXT)"
            ),
            "CREATE INDEX counter_actions_at ON counter_actions (kind, at)",
            (
                "CREATE TABLE counter_action_parcels (number BIGINT NOT NULL, parcel TEXT NOT NULL, "
                "PRIMARY KEY (number, parcel))"
            ),
            "CREATE INDEX counter_action_parcels_parcel ON counter_action_parcels (parcel)",
        ),
    ),
)
