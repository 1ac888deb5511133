"""What operators do that concerns themselves: sign in and out, be made; and what they do that leaves no fact."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from shared.allotments import operations as allotments
from shared.db import Database, Tx
from shared.devices import operations as devices
from shared.devices import store as device_store
from shared.kernel import passes
from shared.kernel.clock import Clock, utc_text
from shared.kernel.errors import N_, Refused
from shared.kernel.limits import OPERATOR_SESSION_HOURS, PASS_DAYS_MAX
from shared.pickup_points import store as pickup_points
from shared.residents import store as residents
from shared.sync import quarantine, rows
from sync_server.console import store
from sync_server.console.rules import Action, SignIn, Tries, check_operator, lock_seconds, seconds_locked, session_over
from sync_server.host import Centre
from sync_server.ledger import Revoked
from sync_server.shop import channels
from sync_server.shop.rules import Channel

PASSWORD_BYTES = 12
TOKEN_BYTES = 24
NAME_KEPT = 64
SEEN_EVERY_SECONDS = 30
LANE_FACTS_AT_ONCE = 2_000


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobody() -> str:
    """A hash that no password has, so that an unknown name takes as long as a known one."""
    return _hasher().hash(secrets.token_hex(TOKEN_BYTES))


def _hash(token: str) -> str:
    return hashlib.blake2b(token.encode(), digest_size=16).hexdigest()


# --- operators ----------------------------------------------------------------------------------------------------


def make_operator(db: Database, clock: Clock, name: str, password: str) -> None:
    """Make an operator, or give one a new password and end all of their sessions. Raises ``BadInput``."""
    check_operator(name, password)
    hashed = _hasher().hash(password)
    with db.writing() as tx:
        store.put_operator(tx, name, hashed, utc_text(clock.now()))
        store.end_sessions_of(tx, name)


def first_operator(centre: Centre, name: str) -> str | None:
    """Make the first operator with a drawn password and return it; None when there is an operator already."""
    if store.count_operators(centre.db):
        return None
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    check_operator(name, password)
    hashed = _hasher().hash(password)
    # of several servers that begin on one database only one makes the operator, and says a password that works
    with centre.db.alone() as tx:
        if store.count_operators(tx):
            return None
        store.put_operator(tx, name, hashed, utc_text(centre.clock.now()))
    return password


def sign_in(centre: Centre, name: str, password: str) -> tuple[SignIn, str]:
    """Try to sign in: WELCOME with a new session token, or WRONG, or LOCKED with the seconds left as text.

    The try is counted before the password is looked at, so that many requests at once get no free ones.
    """
    name = name[:NAME_KEPT]
    now = centre.clock.now()
    with centre.db.writing() as tx:
        store.hold_tries(tx, name, utc_text(now))
        before = store.tries(tx, name)
        locked = seconds_locked(before, now)
        failed = (before.failed if before else 0) + 1
        if not locked:
            store.set_tries(tx, name, Tries(failed, now, now + timedelta(seconds=lock_seconds(failed))))
    if locked:
        return SignIn.LOCKED, str(locked)
    if not _matches(centre, name, password):
        wait = lock_seconds(failed)
        return (SignIn.LOCKED, str(wait)) if wait else (SignIn.WRONG, "")
    return SignIn.WELCOME, _begin(centre, name)


def _matches(centre: Centre, name: str, password: str) -> bool:
    hashed = store.password_hash(centre.db, name)
    try:
        _hasher().verify(hashed or _nobody(), password)
    except VerificationError:
        return False
    return hashed is not None


def _begin(centre: Centre, name: str) -> str:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    now = centre.clock.now()
    with centre.db.writing() as tx:
        store.forget_tries(tx, name, utc_text(now - timedelta(days=1)))
        store.forget_sessions(tx, utc_text(now - timedelta(hours=OPERATOR_SESSION_HOURS)))
        store.add_session(tx, _hash(token), name, utc_text(now))
        note(tx, centre, name, Action.SIGNED_IN, "")
    return token


def who_is_there(centre: Centre, token: str, *, in_use: bool) -> str | None:
    """The operator whose session this is. ``in_use`` False (a page that refreshes itself) does not prolong it."""
    hashed, now = _hash(token), centre.clock.now()
    session = store.session(centre.db, hashed)
    if session is None or session_over(session.made_at, session.seen_at, now):
        return None
    if in_use and (now - session.seen_at).total_seconds() > SEEN_EVERY_SECONDS:
        with centre.db.writing() as tx:
            store.touch_session(tx, hashed, utc_text(now))
    return session.operator


def sign_out(centre: Centre, token: str, operator: str) -> None:
    """End a session at the server, whatever the browser keeps."""
    with centre.db.writing() as tx:
        store.end_session(tx, _hash(token))
        note(tx, centre, operator, Action.SIGNED_OUT, "")


def note(tx: Tx, centre: Centre, operator: str, action: Action, subject: str) -> None:
    """Write down what an operator did; ``subject`` holds no personal data."""
    store.add_log(tx, centre.ids.new(), utc_text(centre.clock.now()), operator, action.value, subject)


# --- devices and passes -------------------------------------------------------------------------------------------


def make_claim(centre: Centre, point: str, operator: str) -> str:
    """A claim code for a new kiosk at a point, shown once. Raises ``Refused`` POINT_UNKNOWN."""
    if pickup_points.point(centre.db, point) is None:
        raise Refused("POINT_UNKNOWN", N_("没有这个自提点。"), N_("请从列表中选择自提点。"))
    code = devices.make_claim(centre.db, centre.clock, point, operator)
    with centre.db.writing() as tx:
        note(tx, centre, operator, Action.CLAIM_MADE, point)
    return code


def revoke_device(centre: Centre, device: str, operator: str) -> None:
    """A kiosk is trusted no more; what it could still sell is at risk. Raises ``Refused`` DEVICE_UNKNOWN."""
    devices.revoke(centre.db, centre.clock, device, operator)
    centre.ledger.add(Revoked(utc_text(centre.clock.now()), device))
    allotments.declare_dead(centre.journal, device, operator)
    with centre.db.writing() as tx:
        note(tx, centre, operator, Action.DEVICE_REVOKED, device)


def name_device(centre: Centre, device: str, name: str) -> None:
    """Call a kiosk something people know."""
    with centre.db.writing() as tx:
        device_store.set_name(tx, device, name)


def issue_pass(centre: Centre, point: str, resident: str, days: int, operator: str) -> str:
    """A pickup pass for a resident at a point, good for ``days`` days; written down with who issued it.

    Raises ``Refused`` POINT_UNKNOWN, RESIDENT_UNKNOWN, PASS_DAYS.
    """
    place = pickup_points.point(centre.db, point)
    if place is None:
        raise Refused("POINT_UNKNOWN", N_("没有这个自提点。"), N_("请从列表中选择自提点。"))
    who = residents.resident(centre.db, point, resident)
    if who is None:
        raise Refused("RESIDENT_UNKNOWN", N_("这个自提点没有这位居民。"), N_("请回到居民列表重新查找。"))
    if not 1 <= days <= PASS_DAYS_MAX:
        raise Refused("PASS_DAYS", N_("凭证有效期要在 1 到 %(most)s 天之间。"), most=PASS_DAYS_MAX)
    expires = centre.clock.now() + timedelta(days=days)
    digits = passes.issue(centre.point_key(place.number), place.number, who.number, expires)
    with centre.db.writing() as tx:
        note(tx, centre, operator, Action.PASS_ISSUED, f"{point} {who.number} {days}d")
    return digits


# --- sales channels -----------------------------------------------------------------------------------------------


def add_channel(centre: Centre, name: str, operator: str) -> tuple[Channel, str]:
    """Let a channel in; it and its key. Raises ``Refused`` CHANNEL_NAME, CHANNEL_EXISTS."""
    made, key = channels.add_channel(centre.db, centre.clock, name, operator)
    with centre.db.writing() as tx:
        note(tx, centre, operator, Action.CHANNEL_ADDED, made.id)
    return made, key


def revoke_channel(centre: Centre, channel_id: str, operator: str) -> Channel:
    """Take a channel's key back. Raises ``Refused`` CHANNEL_UNKNOWN."""
    done = channels.revoke_channel(centre.db, centre.clock, channel_id)
    with centre.db.writing() as tx:
        note(tx, centre, operator, Action.CHANNEL_REVOKED, channel_id)
    return done


# --- quarantine ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LaneSettled:
    """How many parked facts of a lane were settled, and how many still wait."""

    settled: int
    left: int


def retry_lane(centre: Centre, point: str, device: str, epoch: str, operator: str) -> LaneSettled:
    """Apply what is parked of one lane, in order, as far as one press goes; what does not fit stays parked.

    Raises ``Refused`` with the first cause where nothing fits, NOT_PARKED where nothing is parked.
    """
    journal, settled, first = centre.journal, 0, None
    with journal.writing(point) as tx:
        for seq in store.parked_of_lane(tx, point, device, epoch, LANE_FACTS_AT_ONCE):
            try:
                with tx.savepoint():
                    quarantine.retry(journal, tx, point, device, epoch, seq, operator)
                settled += 1
            except Refused as refused:
                rows.forget_reads(tx)
                first = first or refused
        if not settled:
            raise first or Refused("NOT_PARKED", N_("这条记录已经处理过。"), N_("请刷新页面。"))
        left = store.parked_of_lane(tx, point, device, epoch, LANE_FACTS_AT_ONCE)
    return LaneSettled(settled, len(left))


def discard_lane(centre: Centre, point: str, device: str, epoch: str, reason: str, operator: str) -> LaneSettled:
    """Leave all that is parked of one lane. Raises ``Refused`` NOT_PARKED, REASON_MISSING."""
    journal = centre.journal
    with journal.writing(point) as tx:
        found = store.parked_of_lane(tx, point, device, epoch, LANE_FACTS_AT_ONCE)
        if not found:
            raise Refused("NOT_PARKED", N_("这条记录已经处理过。"), N_("请刷新页面。"))
        for seq in found:
            quarantine.discard(journal, tx, point, device, epoch, seq, reason, operator)
        left = store.parked_of_lane(tx, point, device, epoch, LANE_FACTS_AT_ONCE)
    return LaneSettled(len(found), len(left))
