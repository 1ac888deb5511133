"""Parcels: what physically lies at a point, what happened to it, and what a person must settle."""

from shared.parcels.facts import KINDS
from shared.parcels.tables import MIGRATIONS, SYNCED
from shared.sync import Room

ROOM = Room("parcels", kinds=KINDS, synced=SYNCED, migrations=MIGRATIONS)
