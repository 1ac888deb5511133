"""One showing of a pass is one scan, however many frames it fills."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from hardware.decoding.reading import QR, Outcome, Reading
from shared.kernel.limits import SCAN_HOLD_SECONDS, SCAN_REARM_SECONDS


class Verdict(StrEnum):
    """What a frame means after debouncing."""

    NOTHING = "nothing"
    FRESH = "fresh"
    HELD = "held"
    CONFLICT = "conflict"
    TOO_LONG = "too_long"


@dataclass(frozen=True)
class Seen:
    """The verdict on one frame; ``reading`` is there for FRESH, HELD and TOO_LONG."""

    verdict: Verdict
    reading: Reading | None = None


@dataclass
class _Held:
    reported_at: float
    seen_at: float


class Debouncer:
    """Reports a payload once, then not again until it was away for a second and three seconds have passed.

    Two different QR codes in one frame are refused: nobody can say whose parcels are meant. The one that stays counts
    once it has been alone for a second. A QR code outranks bar codes beside it (our label on a courier's box). Time
    is passed in, monotonic seconds. Only hashes are kept.
    """

    def __init__(self, hold_s: float = SCAN_HOLD_SECONDS, rearm_s: float = SCAN_REARM_SECONDS) -> None:
        self._hold_s = hold_s
        self._rearm_s = rearm_s
        self._held: dict[bytes, _Held] = {}
        self._conflict_at: float | None = None

    def see(self, readings: list[Reading], now: float) -> Seen:
        """The verdict on the readings of one frame taken at ``now``."""
        self._forget(now)
        chosen = _of_one_kind([one for one in readings if one.outcome is not Outcome.UNREADABLE])
        if not chosen:
            return Seen(Verdict.NOTHING)
        if len(chosen) > 1:
            self._conflict_at = now
            news = self._touch(_hash(*sorted(one.text for one in chosen)), now)
            return Seen(Verdict.CONFLICT if news else Verdict.HELD)
        one = chosen[0]
        if self._conflict_at is not None and now - self._conflict_at < self._rearm_s:
            return Seen(Verdict.HELD, one)
        if not self._touch(_hash(one.outcome, one.text), now):
            return Seen(Verdict.HELD, one)
        return Seen(Verdict.TOO_LONG if one.outcome is Outcome.TOO_LONG else Verdict.FRESH, one)

    def _touch(self, key: bytes, now: float) -> bool:
        """Note that ``key`` is in view; True when that is news."""
        held = self._held.get(key)
        if held is None:
            self._held[key] = _Held(now, now)
            return True
        held.seen_at = now
        return False

    def _forget(self, now: float) -> None:
        self._held = {
            key: held
            for key, held in self._held.items()
            if now - held.reported_at < self._hold_s or now - held.seen_at < self._rearm_s
        }


def _of_one_kind(readings: list[Reading]) -> list[Reading]:
    codes = [one for one in readings if one.symbology == QR]
    return codes or readings


def _hash(*texts: str) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for text in texts:
        digest.update(text.encode("utf-8", "surrogatepass") + b"\x00")
    return digest.digest()
