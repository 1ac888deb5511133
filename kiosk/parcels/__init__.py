"""The counter: parcels come in, lie on shelves and go out through the hands of staff."""

from kiosk.parcels.tables import ROOM

__all__ = ["ROOM"]
