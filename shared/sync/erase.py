"""Take what names a person out of facts that are kept, on both sides. Rows are the rooms' own business."""

from collections.abc import Sequence, Set
from typing import Any

import msgspec

from shared.db import Tx
from shared.sync import store
from shared.sync.journal import chain_hash
from shared.sync.redaction import content, is_redacted, wrapped
from shared.sync.rooms import House
from shared.sync.wire import FactLine, pack_batch, unpack_batch

_encode = msgspec.msgpack.Encoder().encode
Heads = dict[tuple[str, str], bytes]


class JournalDamaged(Exception):
    """Nothing may be rewritten on a row that does not give its own hash."""


def naming_kinds(house: House) -> list[str]:
    """The kinds of facts that may name people."""
    return [kind.name for kind in house.kinds.values() if kind.blank is not None]


def blank_payload(house: House, kind_name: str, payload: bytes, hashed: bytes, ids: Set[str]) -> bytes | None:
    """The redacted form of a payload; None where it says nothing about ``ids``, or nothing any more.

    That it is marked as redacted does not mean that it is: whoever holds a device's key can say so.
    """
    kind = house.kinds.get(kind_name)
    if kind is None or kind.blank is None:
        return None
    try:
        blank: Any = kind.blank(kind.decode(payload), ids)
    except msgspec.MsgspecError:
        # what can't be read was parked when it came, and names nobody that anybody could tell
        return None
    if blank is None or (is_redacted(payload) and _encode(blank) == content(payload)):
        return None
    return wrapped(_encode(blank), hashed)


def blank_batch(house: House, batch: store.JournalRow, heads: Heads, ids: Set[str]) -> tuple[bytes | None, int]:
    """A journal row's body without ``ids``, and how many facts were changed; None where none was.

    ``heads`` remembers where each lane's chain stands, for rows from before a row named the hash that it begins with.
    """
    lane = (batch.device, batch.epoch)
    chain = batch.chain_before or heads.get(lane, store.START_OF_CHAIN)
    first_seq, lines = unpack_batch(batch.body)
    changed = 0
    for index, line in enumerate(lines):
        chain = chain_hash(chain, line.kind, line.at, line.actor, line.payload)
        blank = blank_payload(house, line.kind, line.payload, chain, ids)
        if blank is not None:
            lines[index] = FactLine(line.kind, line.at, line.actor, blank)
            changed += 1
    if chain != bytes(batch.chain_after):
        raise JournalDamaged(f"row {batch.number} of {batch.point} does not give the hash it names")
    heads[lane] = chain
    return (pack_batch(first_seq, lines) if changed else None), changed


def blank_parked(tx: Tx, house: House, point: str, ids: Set[str], kinds: Sequence[str]) -> int:
    """Blank what quarantine holds, settled or not. Nobody hashes a parked copy: it is left unwrapped."""
    changed = 0
    for row in store.parked_of_kinds_at(tx, point, kinds):
        blank = blank_payload(house, row["kind"], bytes(row["payload"]), bytes(store.HASH_BYTES), ids)
        if blank is not None:
            store.set_parked_payload(tx, point, row["device"], row["epoch"], row["seq"], content(blank))
            changed += 1
    return changed


def blank_kept(tx: Tx, house: House, ids: Set[str], until: int) -> int:
    """At a kiosk: blank kept facts up to ``until`` (the centre has them all) and drop their undo images."""
    changed = 0
    for row in store.facts_of_kinds(tx, naming_kinds(house), until):
        blank = blank_payload(house, row["kind"], bytes(row["payload"]), bytes(row["hash"]), ids)
        if blank is not None:
            store.set_payload(tx, row["seq"], blank)
            changed += 1
    store.forget_images(tx, until)
    return changed
