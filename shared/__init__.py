"""The ground floor: what both roofs, the kiosk and the sync server, stand on."""

__version__ = "0.1.0"
