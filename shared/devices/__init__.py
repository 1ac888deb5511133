"""Devices: enrolled kiosks, how they are, and how new ones come in."""

from shared.devices.tables import MIGRATIONS
from shared.sync import Room

ROOM = Room("devices", migrations=MIGRATIONS)
