"""Scans from a keyboard wedge: a scanner that types. Telling its typing from a person's is a matter of speed."""

from shared.kernel.limits import SCAN_TEXT_BYTES

FAST_SECONDS = 0.05
SHORTEST = 4


class WedgeAssembler:
    """Joins keys to scans. Pure: the moment of each key (monotonic seconds) is passed in.

    A scan is at least four characters, each within 50 ms of the one before, ended by Enter or Tab.
    """

    def __init__(self, fast_s: float = FAST_SECONDS, shortest: int = SHORTEST) -> None:
        self._fast_s = fast_s
        self._shortest = shortest
        self._keys: list[str] = []
        self._last_at = 0.0

    def key(self, key: str, at: float) -> str | None:
        """Take one key (a character, or ``"Enter"``, ``"Tab"``); the scan's text when it ends one, else ``None``."""
        if self._keys and at - self._last_at > self._fast_s:
            self._keys.clear()
        self._last_at = at
        if key in {"Enter", "Tab"}:
            text, keys = "".join(self._keys), len(self._keys)
            self._keys.clear()
            return text if self._shortest <= keys <= SCAN_TEXT_BYTES else None
        if len(key) == 1 and len(self._keys) <= SCAN_TEXT_BYTES:
            self._keys.append(key)
        return None
