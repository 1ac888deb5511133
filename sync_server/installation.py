"""This installation of the server: a holder of stock rights with a name of its own, because it sells by phone."""

from pathlib import Path

from shared.allotments.guard import GuardFile
from shared.allotments.pools import Installation
from shared.kernel.ids import draw_nonce
from shared.sync.journal import CENTRE_DEVICE
from shared.sync.signing import keep_secret

INSTALLATION_FILE = "installation.id"
GUARD_FILE = "guard"
_NAME_CHARACTERS = 8


def open_installation(data: Path, secret: str) -> Installation:
    """The installation in a data directory; its name is drawn once. All server processes of the directory are one.

    Two installations that share a database must not share a name: never copy the file to another machine.
    """
    name = keep_secret(data / INSTALLATION_FILE, lambda: draw_nonce(_NAME_CHARACTERS).encode()).decode().strip()
    guard = GuardFile(data / GUARD_FILE, bytes.fromhex(secret), name)
    return Installation(f"{CENTRE_DEVICE}.{name}", guard)
