"""pyzbar, the last resort for a symbol that is located but unread. Works without the system library, and says so."""

from functools import cache
from types import ModuleType

from hardware.pictures import Gray


@cache
def library() -> ModuleType | None:
    """pyzbar's module, or ``None`` when libzbar0 is not installed (importing it raises ImportError then)."""
    try:
        from pyzbar import pyzbar
    except (ImportError, OSError):
        return None
    module: ModuleType = pyzbar
    return module


def available() -> bool:
    """False when the system library libzbar0 is missing; the devices page shows it."""
    return library() is not None


def qr_text(gray: Gray) -> str | None:
    """The text of the first QR code in ``gray``, or ``None``."""
    loaded = library()
    if loaded is None:
        return None
    try:
        found = loaded.decode(gray, symbols=[loaded.ZBarSymbol.QRCODE])
        return next((bytes(code.data).decode("utf-8", "replace") for code in found), None)
    except (loaded.PyZbarError, ValueError, TypeError, AssertionError, MemoryError):
        return None
