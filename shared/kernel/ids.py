"""Ids short enough for a label, unique without asking anybody.

``<device>.<nonce>.<counter>``: the nonce is drawn at each process start, because a database put back from a backup
would reuse a bare counter. Crockford's base 32 (https://www.crockford.com/base32.html) has no I, L, O, U.
"""

import re
import secrets
import threading

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
NONCE_LENGTH = 5
CODE_PATTERN = re.compile(r"[0-9A-HJKMNP-TV-Z]{1,12}")
ID_PATTERN = re.compile(r"[0-9A-HJKMNP-TV-Z]{1,12}\.[0-9A-HJKMNP-TV-Z]{1,8}\.[0-9A-HJKMNP-TV-Z]{1,8}")


def base32(number: int) -> str:
    """``number`` (≥ 0) in Crockford base 32. Raises ``ValueError`` for a negative number."""
    if number < 0:
        raise ValueError("base 32 is for numbers from 0 on")
    digits = ""
    while True:
        number, rest = divmod(number, 32)
        digits = ALPHABET[rest] + digits
        if number == 0:
            return digits


def draw_nonce(length: int = NONCE_LENGTH) -> str:
    """``length`` random base 32 characters, 5 bits each."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


class IdMaker:
    """Makes the ids of one process. Safe to share between threads."""

    def __init__(self, device: str, nonce: str) -> None:
        if not CODE_PATTERN.fullmatch(device):
            raise ValueError(f"not a device code: {device!r}")
        self._prefix = f"{device}.{nonce}."
        self._counter = 0
        self._lock = threading.Lock()

    @classmethod
    def at_start(cls, device: str) -> "IdMaker":
        """A maker for this run of the process."""
        return cls(device, draw_nonce())

    def new(self) -> str:
        """The next id, e.g. ``K1.7QF3Z.1A``."""
        with self._lock:
            self._counter += 1
            return self._prefix + base32(self._counter)
