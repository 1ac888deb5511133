"""Catalogue: the products of a region."""

from shared.catalogue.facts import KINDS
from shared.catalogue.tables import MIGRATIONS, SYNCED
from shared.sync import Room

ROOM = Room("catalogue", kinds=KINDS, synced=SYNCED, migrations=MIGRATIONS)
