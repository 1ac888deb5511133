"""Kiosks, centre, people, network and disks on a virtual clock, with the real code inside; a seed says what happens."""
