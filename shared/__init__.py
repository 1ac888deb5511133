"""The ground floor: what both roofs, the kiosk and the sync server, stand on."""
