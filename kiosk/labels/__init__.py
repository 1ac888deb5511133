"""Labels: what is to be printed, what became of it, and the process that prints."""

from kiosk.labels.tables import ROOM

__all__ = ["ROOM"]
