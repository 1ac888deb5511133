"""Cases: what the rules cannot settle and a person must, whichever room it comes from."""

from shared.cases.tables import MIGRATIONS, SYNCED
from shared.sync import Room

ROOM = Room("cases", synced=SYNCED, migrations=MIGRATIONS)
