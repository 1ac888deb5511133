"""Real faults: processes that are killed, disks that lie, networks that break (rows R01 and up)."""
