"""What staff have in hand at this counter: a basket each, and which press of the button sold what. Never leaves it."""

from shared.sync import Room

ROOM = Room(
    "counter sales",
    migrations=(
        (
            (
                "CREATE TABLE sale_baskets (staff TEXT NOT NULL, offer TEXT NOT NULL, quantity BIGINT NOT NULL, "
                "place BIGINT NOT NULL, PRIMARY KEY (staff, offer))"
            ),
            # one press sells once, however often it arrives
            "CREATE TABLE sale_presses (nonce TEXT PRIMARY KEY, order_id TEXT NOT NULL, at TEXT NOT NULL)",
        ),
    ),
)
