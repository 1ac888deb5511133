"""A resident was erased at the centre: take everything of the person out of this kiosk too."""

from kiosk.erasure.tables import MIGRATIONS
from shared.sync import Room

ROOM = Room("erasure", migrations=MIGRATIONS)
