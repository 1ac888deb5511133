"""Copies of this kiosk's database: by hand, onto a stick by itself, and back."""

from kiosk.copies.tables import MIGRATIONS
from shared.sync import Room

ROOM = Room("copies", migrations=MIGRATIONS)
