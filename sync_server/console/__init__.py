"""The operators' console: is everything all right, and if not, what to do."""

from shared.sync import Room
from sync_server.console.tables import MIGRATIONS

ROOM = Room("console", migrations=MIGRATIONS)
