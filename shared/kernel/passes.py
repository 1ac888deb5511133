"""The pickup pass: 49 decimal digits that a kiosk can check without any synced data.

Decimal digits, because a QR code packs them as densely as raw bytes and they survive every keyboard layout of a wedge
scanner; 20 bytes, because that is a version 2 QR code, large enough to be read from a tired phone. The tag is HMAC-80
under a key that belongs to one point: a stolen kiosk can forge passes for its own point only, which a replacement key
ends. Layout of the 160 bits, high to low: 4 form, 20 point number, 28 resident number, 20 expiry in hours since
2024-01-01 UTC, 8 serial, 80 tag.
"""

import hashlib
import hmac
from collections.abc import Container
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from shared.kernel.limits import PASS_CLOCK_TOLERANCE_HOURS, PASS_DIGITS

FORM = 1
POINT_BITS, RESIDENT_BITS, EXPIRY_BITS, SERIAL_BITS, TAG_BITS = 20, 28, 20, 8, 80
EXPIRY_START = datetime(2024, 1, 1, tzinfo=UTC)


class PassVerdict(StrEnum):
    """Every answer that checking a pass can give."""

    VALID = "valid"
    FORGED = "forged"
    EXPIRED = "expired"
    REVOKED = "revoked"
    WRONG_POINT = "wrong_point"
    NOT_A_PASS = "not_a_pass"  # noqa: S105 - a verdict


@dataclass(frozen=True)
class PassResult:
    """The verdict, and what the pass says; the numbers are trustworthy only when the verdict is not FORGED."""

    verdict: PassVerdict
    point_number: int | None = None
    resident_number: int | None = None
    serial: int | None = None
    expires: datetime | None = None


def point_key(master: bytes, point_number: int) -> bytes:
    """The 32-byte key of one point, derived from the centre's master key; only this key goes to the kiosk."""
    return hmac.digest(master, b"linqu pass key" + point_number.to_bytes(4), hashlib.sha256)


def _tag(key: bytes, body: int) -> int:
    return int.from_bytes(hmac.digest(key, b"linqu pass" + body.to_bytes(10), hashlib.sha256)[: TAG_BITS // 8])


def issue(key: bytes, point_number: int, resident_number: int, expires: datetime, serial: int = 0) -> str:
    """A pass for one resident at one point, as 49 digits.

    ``expires`` is rounded up to the hour. Raises ``ValueError`` when a number does not fit its bits.
    """
    hours = -(-int((expires - EXPIRY_START).total_seconds()) // 3600)
    body = FORM
    for value, bits in (
        (point_number, POINT_BITS),
        (resident_number, RESIDENT_BITS),
        (hours, EXPIRY_BITS),
        (serial, SERIAL_BITS),
    ):
        if not 0 <= value < 1 << bits:
            raise ValueError(f"{value} does not fit {bits} bits")
        body = body << bits | value
    return f"{body << TAG_BITS | _tag(key, body):0{PASS_DIGITS}d}"


def looks_like_pass(text: str) -> bool:
    """Whether ``text`` has the outer form of a pass: 49 ASCII digits."""
    return len(text) == PASS_DIGITS and text.isascii() and text.isdigit()


def check(
    text: str,
    key: bytes,
    point_number: int,
    now: datetime,
    *,
    clock_trusted: bool = True,
    revoked: Container[tuple[int, int]] = (),
) -> PassResult:
    """Judge a pass at a point with that point's key and nothing else.

    Expiry allows a day for wrong clocks and is not judged at all while the clock is not trusted: a resident is never
    sent away because a battery is empty. ``revoked`` holds (resident number, serial). Never raises on any text.
    """
    if not looks_like_pass(text) or (number := int(text)) >> 160:
        return PassResult(PassVerdict.NOT_A_PASS)
    body, tag = number >> TAG_BITS, number & (1 << TAG_BITS) - 1
    serial = body & (1 << SERIAL_BITS) - 1
    hours = body >> SERIAL_BITS & (1 << EXPIRY_BITS) - 1
    resident = body >> SERIAL_BITS + EXPIRY_BITS & (1 << RESIDENT_BITS) - 1
    point = body >> SERIAL_BITS + EXPIRY_BITS + RESIDENT_BITS & (1 << POINT_BITS) - 1
    if body >> SERIAL_BITS + EXPIRY_BITS + RESIDENT_BITS + POINT_BITS != FORM:
        return PassResult(PassVerdict.NOT_A_PASS)
    expires = EXPIRY_START + timedelta(hours=hours)
    if point != point_number:
        return PassResult(PassVerdict.WRONG_POINT, point, resident, serial, expires)
    same = hmac.compare_digest(tag.to_bytes(10), _tag(key, body).to_bytes(10))
    if not same:
        verdict = PassVerdict.FORGED
    elif (resident, serial) in revoked:
        verdict = PassVerdict.REVOKED
    elif clock_trusted and now > expires + timedelta(hours=PASS_CLOCK_TOLERANCE_HOURS):
        verdict = PassVerdict.EXPIRED
    else:
        verdict = PassVerdict.VALID
    return PassResult(verdict, point, resident, serial, expires)
