"""Letting channels in and out. A key is shown once; only its hash is kept."""

import hashlib
import secrets

from shared.db import Database
from shared.kernel.clock import Clock, parse_utc, utc_text
from shared.kernel.errors import N_, Refused
from shared.kernel.ids import draw_nonce
from shared.kernel.limits import CHANNEL_SEEN_SECONDS
from sync_server.shop import store
from sync_server.shop.rules import KEY_PREFIX, Channel, KeyUnknown, clean_channel_name, read_bearer

KEY_BYTES = 32


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def add_channel(db: Database, clock: Clock, name: str, by: str) -> tuple[Channel, str]:
    """A new channel and its key, which nobody can read again. Raises ``Refused`` CHANNEL_NAME, CHANNEL_EXISTS."""
    name = clean_channel_name(name)
    key = KEY_PREFIX + secrets.token_urlsafe(KEY_BYTES)
    made = Channel(draw_nonce(8), name, utc_text(clock.now()), by)
    with db.writing() as tx:
        if any(one.name == name and one.revoked_at is None for one in store.channels(tx)):
            raise Refused("CHANNEL_EXISTS", N_("已有同名的渠道“%(name)s”。"), N_("请换一个名称。"), name=name)
        store.add_channel(tx, made, _hash(key))
    return made, key


def revoke_channel(db: Database, clock: Clock, channel_id: str) -> Channel:
    """Its key opens nothing from now on; its orders stay. Raises ``Refused`` CHANNEL_UNKNOWN."""
    with db.writing() as tx:
        known = store.channel(tx, channel_id)
        if known is None or not store.revoke_channel(tx, channel_id, utc_text(clock.now())):
            raise Refused("CHANNEL_UNKNOWN", N_("没有这个渠道，或已经停用。"), N_("请刷新后再看。"))
    return known


def revoke_by_name(db: Database, clock: Clock, name: str) -> Channel:
    """The same, for the command line."""
    known = next((one for one in store.channels(db) if one.name == name and one.revoked_at is None), None)
    return revoke_channel(db, clock, known.id if known else "")


def who_asks(db: Database, clock: Clock, header: str) -> Channel:
    """The channel whose key stands in an ``Authorization`` header. Raises ``KeyUnknown``."""
    known = store.by_key_hash(db, _hash(read_bearer(header)))
    if known is None or known.revoked_at is not None:
        raise KeyUnknown
    now = clock.now()
    if known.used_at is None or (now - parse_utc(known.used_at)).total_seconds() > CHANNEL_SEEN_SECONDS:
        with db.writing() as tx:
            store.note_used(tx, known.id, utc_text(now))
    return known
