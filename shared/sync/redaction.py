"""A fact without the person: what named somebody is gone for ever, the fact and its place in the chain stay.

The payload of such a fact is wrapped: the byte C1 (which msgpack never begins with), the hash that the whole fact had,
and the payload with those fields emptied. Whoever checks a chain takes the hash from there; whoever applies the fact
finds an ordinary payload. A wrapped fact travels and is kept like any other, so both sides may meet it again.
"""

MARK = b"\xc1"
HASH_BYTES = 16
_HEAD = len(MARK) + HASH_BYTES


def wrapped(blank: bytes, hashed: bytes) -> bytes:
    """The payload of a redacted fact: what is left of it, and the hash that the whole one had."""
    return MARK + hashed + blank


def is_redacted(payload: bytes) -> bool:
    """Whether a payload is that of a redacted fact."""
    return payload[:1] == MARK and len(payload) > _HEAD


def kept_hash(payload: bytes) -> bytes:
    """The hash that a redacted fact had when it was whole."""
    return payload[len(MARK) : _HEAD]


def content(payload: bytes) -> bytes:
    """The packed payload itself, redacted or whole."""
    return payload[_HEAD:] if is_redacted(payload) else payload
