"""Sync where there is no line: in a sealed file on a stick, or through a neighbouring kiosk that has one."""

from kiosk.carry.tables import MIGRATIONS
from shared.sync import Room

ROOM = Room("carry", migrations=MIGRATIONS)
