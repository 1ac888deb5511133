"""Imports at go-live: goods, residents and orders from CSV and XLSX files, looked at before anything is written."""

from shared.sync import Room
from sync_server.imports.tables import MIGRATIONS

ROOM = Room("imports", migrations=MIGRATIONS)
