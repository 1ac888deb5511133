"""Residents collect by themselves: a pass before the camera, or pickup code and phone tail on the keypad."""

from kiosk.pickup.tables import MIGRATIONS
from shared.sync import Room

ROOM = Room("pickup", migrations=MIGRATIONS)
