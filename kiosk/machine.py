"""Which machine this is, so that a card in another machine is noticed."""

import hashlib
import uuid
from collections.abc import Sequence
from pathlib import Path

# what lies outside the card: systemd writes the first from the board's own serial number at every boot
HARDWARE_FILES = (Path("/run/linqu/hardware"), Path("/sys/firmware/devicetree/base/serial-number"))
_RANDOM_NODE = 1 << 40  # RFC 9562: set where no network card's address was found and one was drawn


def hardware_id(named: str = "", files: Sequence[Path] = HARDWARE_FILES) -> str:
    """This machine, as 24 hexadecimal digits: stays over reinstalls of Linqu, differs for a card moved elsewhere.

    ``named`` (``LINQU_HARDWARE``) overrides what is found. A board's serial number comes before a network card's
    address, which changes when a card is plugged in.
    """
    found = named.encode()
    for path in files:
        if not found and path.is_file():
            found = path.read_bytes().strip(b"\x00\n ")
    if not found:
        node = uuid.getnode()
        found = b"" if node & _RANDOM_NODE else str(node).encode()
    return hashlib.blake2b(found, digest_size=12).hexdigest()


FORMER_FILES = (Path("/etc/machine-id"), Path("/sys/firmware/devicetree/base/serial-number"))


def former_hardware_id(files: Sequence[Path] = FORMER_FILES) -> str:
    """This machine as versions before copies and clones were told apart had named it when they enrolled."""
    hashed = hashlib.blake2b(str(uuid.getnode()).encode(), digest_size=12)
    for path in files:
        if path.is_file():
            hashed.update(path.read_bytes())
    return hashed.hexdigest()


def hardware_enrolled_as(enrolled: str, named: str = "") -> str:
    """This machine under the name it was enrolled with, if it is that one: after an update it is no other machine.

    ``enrolled`` is what the database says, empty before enrolment.
    """
    return enrolled if enrolled and enrolled == former_hardware_id() else hardware_id(named)
