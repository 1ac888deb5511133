"""Selling at the counter: staff pick goods or scan them, take cash, hand over a receipt. With or without network."""

from kiosk.sales.tables import ROOM

__all__ = ["ROOM"]
