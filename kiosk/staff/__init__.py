"""Staff at the touch screen: who is there, proved by a PIN."""

from kiosk.staff.tables import ROOM

__all__ = ["ROOM"]
