"""Facts go up, rows come down, and the same ``apply`` runs on both sides."""

from shared.sync.journal import CentreJournal, Journal, KioskJournal
from shared.sync.rooms import Fact, FactKind, House, Room, SyncedTable
from shared.sync.rows import add, note_absent, put, read, remove

__all__ = [
    "CentreJournal",
    "Fact",
    "FactKind",
    "House",
    "Journal",
    "KioskJournal",
    "Room",
    "SyncedTable",
    "add",
    "note_absent",
    "put",
    "read",
    "remove",
]
