"""Allotments: units of an offer that one point may sell by itself, so that nothing is ever sold twice."""

from shared.allotments.facts import KINDS
from shared.allotments.tables import MIGRATIONS, SYNCED
from shared.sync import Room

ROOM = Room("allotments", kinds=KINDS, synced=SYNCED, migrations=MIGRATIONS)
