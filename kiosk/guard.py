"""This kiosk's guard: what it remembers of its sales outside the database, bound to this machine."""

from pathlib import Path

from shared.allotments.guard import GuardFile

GUARD_FILE = "guard"


def open_guard(data: Path, secret: bytes, hardware: str) -> GuardFile:
    """The guard in a data directory. A copy of the card in another machine, or another device's file, is told apart."""
    return GuardFile(data / GUARD_FILE, secret, hardware)
