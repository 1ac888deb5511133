"""The shop: what phones sell from the pool, through channels that operators let in."""

from shared.sync import Room
from sync_server.shop.tables import MIGRATIONS

ROOM = Room("shop", migrations=MIGRATIONS)
