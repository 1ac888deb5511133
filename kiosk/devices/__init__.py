"""How the kiosk itself is: camera, printer, disk, clock, network. For staff, and for the centre's board."""
