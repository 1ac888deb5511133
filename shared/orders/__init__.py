"""Orders: what residents bought, and how far it has come."""

from shared.orders.facts import KINDS
from shared.orders.tables import MIGRATIONS, SYNCED
from shared.sync import Room

ROOM = Room("orders", kinds=KINDS, synced=SYNCED, migrations=MIGRATIONS)
