"""Pickup points: the places, their shelves and their staff."""

from shared.pickup_points.facts import KINDS
from shared.pickup_points.tables import MIGRATIONS, SYNCED
from shared.sync import Room

ROOM = Room("pickup_points", kinds=KINDS, synced=SYNCED, migrations=MIGRATIONS)
