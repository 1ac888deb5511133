"""Residents: who buys and collects, masked at every point."""

from shared.residents.facts import KINDS
from shared.residents.tables import MIGRATIONS, SYNCED
from shared.sync import Room

ROOM = Room("residents", kinds=KINDS, synced=SYNCED, migrations=MIGRATIONS)
