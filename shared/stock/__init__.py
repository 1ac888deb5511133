"""Stock: the ledger of what lies at a point. Its movements are made by the facts of other rooms."""

from shared.stock.tables import MIGRATIONS, SYNCED
from shared.sync import Room

ROOM = Room("stock", synced=SYNCED, migrations=MIGRATIONS)
