"""Sync that arrives as a sealed file: carried on a stick, or passed on by a neighbouring kiosk."""

from shared.sync import Room
from sync_server.carry.tables import MIGRATIONS

ROOM = Room("carry", migrations=MIGRATIONS)
