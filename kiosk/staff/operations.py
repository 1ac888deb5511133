"""Sign in, prove it is still you, sign out."""

import hashlib
import logging
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kiosk.host import Kiosk
from kiosk.staff import store
from kiosk.staff.rules import NobodyThere, PinLocked, PinWrong, anchored, one_more, rest_ms, still_open, tries_left
from shared.db import DiskFull
from shared.kernel.clock import Clock, utc_text
from shared.kernel.limits import STAFF_IDLE_SECONDS, STAFF_TOUCH_SECONDS
from shared.pickup_points import store as pickup_points
from shared.pickup_points.rules import Staff

log = logging.getLogger(__name__)


def _ms(clock: Clock) -> int:
    return int(clock.monotonic() * 1000)


def _hash(token: str) -> str:
    return hashlib.blake2b(token.encode(), digest_size=16).hexdigest()


def who_works_here(kiosk: Kiosk) -> list[Staff]:
    """Everybody who may sign in, by name."""
    return [member for member in pickup_points.staff(kiosk.db, kiosk.point_code) if member.active]


def member(kiosk: Kiosk, staff: str) -> Staff | None:
    """One of them."""
    found = pickup_points.staff_member(kiosk.db, kiosk.point_code, staff)
    return found if found is not None and found.active else None


def check_pin(kiosk: Kiosk, staff: str, pin: str) -> Staff:
    """The person, if this is their PIN.

    The try is written down before the PIN is looked at, so that neither many requests at once nor pulling the plug
    gives a free one. Raises :class:`PinWrong`, :class:`PinLocked`, :class:`NobodyThere`.
    """
    person = member(kiosk, staff)
    if person is None:
        raise NobodyThere
    now = _ms(kiosk.clock)
    with kiosk.db.writing() as tx:
        before = anchored(store.tries(tx, staff), now)
        counted = before if rest_ms(before, now) else one_more(before, now)
        store.set_tries(tx, staff, counted)
    if rest_ms(before, now):
        raise PinLocked(rest_ms(before, now))
    if not _matches(person, pin):
        if rest_ms(counted, now):
            raise PinLocked(rest_ms(counted, now))
        raise PinWrong(tries_left(counted))
    with kiosk.db.writing() as tx:
        store.forget_tries(tx, staff)
    return person


def _matches(person: Staff, pin: str) -> bool:
    try:
        return PasswordHasher().verify(person.pin_hash, pin)
    except InvalidHashError:
        log.error("the PIN of staff %s cannot be checked: unreadable hash", person.id)
        return False
    except VerificationError:
        return False


def lock_rest_ms(kiosk: Kiosk, staff: str) -> int:
    """How long this person still has to wait, in milliseconds."""
    now = _ms(kiosk.clock)
    return rest_ms(anchored(store.tries(kiosk.db, staff), now), now)


def sign_in(kiosk: Kiosk, staff: str, pin: str) -> str:
    """Begin a session; its new token. Raises what :func:`check_pin` raises."""
    person = check_pin(kiosk, staff, pin)
    token = secrets.token_urlsafe(24)
    now = _ms(kiosk.clock)
    with kiosk.db.writing() as tx:
        store.forget_idle(tx, now - STAFF_IDLE_SECONDS * 1000, now)
        store.add_session(tx, _hash(token), person.id, utc_text(kiosk.clock.now()), now)
    return token


def sign_out(kiosk: Kiosk, token: str) -> None:
    """End a session, here and at once."""
    with kiosk.db.writing() as tx:
        store.end_session(tx, _hash(token))


def who_is_there(kiosk: Kiosk, token: str, *, in_use: bool) -> Staff | None:
    """Whose session this is, unless it has been idle too long. ``in_use`` starts the idle time anew."""
    hashed, now = _hash(token), _ms(kiosk.clock)
    found = store.session(kiosk.db, hashed)
    if found is None or not still_open(found.seen_ms, now):
        return None
    if in_use and now - found.seen_ms > STAFF_TOUCH_SECONDS * 1000:
        try:
            with kiosk.db.writing() as tx:
                store.touch_session(tx, hashed, now)
        except DiskFull:
            # Pages must open all the same: what they show helps; the session ends earlier, that is all.
            log.warning("disk full: the session of %s is not kept open", found.staff)
    return member(kiosk, found.staff)
