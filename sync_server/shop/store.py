"""All SQL of channels and of what they asked for."""

from typing import NamedTuple

from shared.db import Row, Tx
from shared.db.database import Reads
from sync_server.shop.rules import Channel

_CHANNEL = "SELECT id, name, made_at, made_by, used_at, revoked_at FROM channels "


def _channel(row: Row) -> Channel:
    return Channel(row["id"], row["name"], row["made_at"], row["made_by"], row["used_at"], row["revoked_at"])


def channels(db: Reads) -> list[Channel]:
    """Every channel, those that still sell first."""
    return [_channel(row) for row in db.query(_CHANNEL + "ORDER BY revoked_at IS NOT NULL, name, id")]


def channel(db: Reads, id: str) -> Channel | None:  # noqa: A002 - the domain's word, as in the row
    """One channel."""
    row = db.one(_CHANNEL + "WHERE id = ?", (id,))
    return _channel(row) if row else None


def by_key_hash(db: Reads, key_hash: str) -> Channel | None:
    """The channel whose key has this hash, taken back or not."""
    row = db.one(_CHANNEL + "WHERE key_hash = ?", (key_hash,))
    return _channel(row) if row else None


def add_channel(tx: Tx, new: Channel, key_hash: str) -> None:
    """Let a channel in."""
    tx.execute(
        "INSERT INTO channels (id, name, key_hash, made_at, made_by) VALUES (?, ?, ?, ?, ?)",
        (new.id, new.name, key_hash, new.made_at, new.made_by),
    )


def revoke_channel(tx: Tx, id: str, at: str) -> bool:  # noqa: A002 - as above
    """Let it in no more; False when it was out already."""
    return tx.execute("UPDATE channels SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", (at, id)) > 0


def note_used(tx: Tx, id: str, at: str) -> None:  # noqa: A002 - as above
    """When a channel was last heard of."""
    tx.execute("UPDATE channels SET used_at = ? WHERE id = ?", (at, id))


class Asked(NamedTuple):
    """A request that was carried out: the digest of what was asked, where, the order, the answer as JSON."""

    asked: str
    point: str
    order_id: str
    answer: str


def request(db: Reads, channel_id: str, key: str) -> Asked | None:
    """What a channel asked for under an idempotency key."""
    row = db.one(
        "SELECT asked, point, order_id, answer FROM shop_requests WHERE channel = ? AND request = ?", (channel_id, key)
    )
    return Asked(row["asked"], row["point"], row["order_id"], row["answer"]) if row else None


def request_of_order(db: Reads, channel_id: str, order_id: str) -> Asked | None:
    """The request that made an order of this channel."""
    row = db.one(
        "SELECT asked, point, order_id, answer FROM shop_requests WHERE order_id = ? AND channel = ?",
        (order_id, channel_id),
    )
    return Asked(row["asked"], row["point"], row["order_id"], row["answer"]) if row else None


def add_request(tx: Tx, channel_id: str, key: str, done: Asked, at: str) -> None:
    """Keep what was asked and answered."""
    tx.execute(
        "INSERT INTO shop_requests (channel, request, asked, point, order_id, answer, at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (channel_id, key, done.asked, done.point, done.order_id, done.answer, at),
    )


def orders_by_channel(db: Reads, since: str) -> dict[str, int]:
    """How many orders each channel has placed since a time."""
    found = db.query("SELECT channel, count(*) AS n FROM shop_requests WHERE at >= ? GROUP BY channel", (since,))
    return {row["channel"]: int(row["n"]) for row in found}
